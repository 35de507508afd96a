"""train_tokenizer: `corpusmill train-tokenizer IN... -o tokenizer.json`: options and their help."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options, streams
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for
from corpusmill.tokenizer import PATTERNS


@options.shared(options.RUNNING)
def train_tokenizer(
    inputs: options.Inputs,
    out: Annotated[
        str,
        typer.Option("-o", "--out", metavar="FILE", help="A tokenizer.json, or ranks: .tiktoken."),
    ],
    *,
    vocab_size: Annotated[int, typer.Option(help="Ids in all: 256 bytes, merges, special tokens.")],
    pattern: Annotated[
        str,
        typer.Option(help=f"How text is cut: {', '.join(PATTERNS)}."),
    ] = "cl100k",
    special_tokens: Annotated[
        list[str] | None, typer.Option(metavar="TOKEN", help="A special token; several in turn.")
    ] = None,
    superwords: Annotated[
        int, typer.Option(help="So many of the merges, the last ones, go across words.")
    ] = 0,
    min_count: Annotated[int, typer.Option(help="Pairs that occur less often stay apart.")] = 2,
    max_token_bytes: Annotated[int, typer.Option(help="Longer tokens are not made.")] = 256,
    text: options.Text = "text",
    **shared: Any,
) -> None:
    """Learn a byte-level BPE vocabulary from the texts of files.

    --memory limits what the different pieces of the texts may take; more of them is refused.
    """
    as_json, quiet = shared.pop("as_json"), shared.pop("quiet")
    show = show_for(as_json=False, quiet=quiet or as_json)
    with closing(show), exits(show):
        trained = shards.train_tokenizer(
            inputs,
            out,
            vocab_size=vocab_size,
            pattern=pattern,
            special_tokens=special_tokens or (),
            superwords=superwords,
            min_count=min_count,
            max_token_bytes=max_token_bytes,
            text=text,
            progress=show.progress,
            **shared,
        )
    if as_json:
        streams.say(json.dumps(asdict(trained)))
    elif not quiet:
        streams.say(f"{out}: {trained.vocab_size:,} tokens learned from {trained.rows:,} rows")
    for problem in trained.problems:
        streams.complain(f"corpusmill: {problem}")
    if trained.problems:
        raise typer.Exit(DONE_WITH_PROBLEMS)
