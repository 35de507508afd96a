"""tokenize: `corpusmill tokenize IN... -o OUT --tokenizer FILE --eos TOKEN`: options and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.run_job import run_job


@options.shared(options.RUNNING)
def tokenize(
    inputs: options.Inputs,
    out: options.Out,
    *,
    tokenizer: Annotated[
        str, typer.Option(metavar="FILE", help="What the tokenizer is: .tiktoken, and so on.")
    ],
    eos: Annotated[
        str,
        typer.Option(help="Behind each document: an id, a special token's spelling, or none."),
    ],
    bos: Annotated[str | None, typer.Option(help="Before each document: likewise.")] = None,
    pattern: Annotated[
        str | None, typer.Option(help="How text is cut into pieces, if the file does not say.")
    ] = None,
    special: Annotated[
        list[str],
        typer.Option(metavar="SPELLING=ID", help="A special token that the file does not tell."),
    ] = [],  # noqa: B006
    lowercase: Annotated[
        bool | None,
        typer.Option("--lowercase/--cased", help="A vocab.txt of BERT does not say which it is."),
    ] = None,
    strip_accents: Annotated[
        bool | None,
        typer.Option(
            "--strip-accents/--keep-accents", help="Of a vocab.txt; else as with --lowercase."
        ),
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="Of a text only so many ids, the first; else all.")
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Ids of a row; else each document is a row.")
    ] = None,
    pack: Annotated[
        bool, typer.Option("--pack", help="Lay documents into rows best fit, few of them cut.")
    ] = False,
    pad: Annotated[
        str | None, typer.Option(help="What fills rows up: as --eos; else eos, or 0.")
    ] = None,
    shuffle: Annotated[
        int | None, typer.Option(metavar="SEED", help="Rows in an order that this seed gives.")
    ] = None,
    tokens_per_shard: Annotated[int, typer.Option(help="Ids of a shard, at most.")] = 1 << 28,
    megatron: Annotated[
        bool, typer.Option("--megatron", help="Write .bin and .idx, as Megatron-LM reads them.")
    ] = False,
    text: options.Text = "text",
    id: Annotated[str | None, typer.Option(help='The id of rows; "id" if present.')] = None,
    **shared: Any,
) -> None:
    """Write texts as token ids, in shards that trainers map into memory: OUT/tokens/.

    Rows are documents, or of one length: cut, or packed best fit. OUT/documents.parquet says where each
    document is from. Every row is accounted for in OUT/ledger.json.
    """
    run_job(shards.tokenize, locals())
