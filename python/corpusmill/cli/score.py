"""score: `corpusmill score IN... -o OUT --model FOLDER`: options and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.belongs import refuse
from corpusmill.cli.run_job import run_job


@options.shared(options.WRITING, options.RUNNING)
def score(
    command_line: typer.Context,
    inputs: options.Inputs,
    out: options.Out,
    *,
    model: Annotated[
        list[str],
        typer.Option(metavar="FOLDER", help="config.json and safetensors; several: each a model."),
    ],
    tokenizer: Annotated[
        str | None, typer.Option(metavar="FILE|FOLDER", help="Else that of the models' folders.")
    ] = None,
    stats: Annotated[
        str,
        typer.Option(
            help="What rows get: tokens, bytes, nll_sum, nll_mean, perplexity, bits_per_byte, "
            "entropy_mean, rank_mean, top1, min_k, min_k_pp, el2n_mean."
        ),
    ] = "tokens,bytes,nll_mean,bits_per_byte",
    prefix: Annotated[
        str,
        typer.Option(help="Before each document: bos, eos, none or an id; default: bos or eos."),
    ] = "default",
    context: Annotated[
        int | None, typer.Option(help="Tokens a model is given at once; else as it says.")
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(help="Of a longer document, tokens a further window scores; else half."),
    ] = None,
    repeat_prefix: Annotated[
        bool, typer.Option("--repeat-prefix", help="Begin each further window with the prefix.")
    ] = False,
    k: Annotated[float, typer.Option(help="The share of tokens of min_k and min_k_pp.")] = 0.2,
    batch_tokens: Annotated[int, typer.Option(help="Tokens that a model reads at once.")] = 4096,
    device: Annotated[str | None, typer.Option(help="Else a GPU if there is one.")] = None,
    dtype: Annotated[
        str | None,
        typer.Option(
            help="float32, bfloat16 or float16; else float32 on a CPU, as stored on a GPU."
        ),
    ] = None,
    field_prefix: Annotated[
        str, typer.Option(help="What the names of the new fields begin with.")
    ] = "",
    tokens: Annotated[
        str | None,
        typer.Option(help="float16 or float32: also token_nll, a list of each scored token's nll."),
    ] = None,
    text: options.Text = "text",
    **shared: Any,
) -> None:
    """Give each row the losses of its text under a language model, or several of one tokenizer.

    Of several models the fields are called nll_mean_1, nll_mean_2, and so on; difference_2 is
    nll_mean_1 less nll_mean_2. Nothing is downloaded.
    """
    given = dict(locals())
    del given["command_line"]
    given["stats"] = [name.strip() for name in stats.split(",")]
    if not {"min_k", "min_k_pp"} & {*given["stats"]}:
        refuse(command_line, ["k"], "belongs to the statistics min_k and min_k_pp of --stats")
    run_job(shards.score, given)
