"""select: `corpusmill select IN... --target FILE -o OUT`: the options of corpusmill.shards.select, and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.run_job import run_job


@options.shared(options.WRITING, options.RUNNING)
def select(
    inputs: options.Inputs,
    out: options.Out,
    *,
    target: Annotated[
        list[str],
        typer.Option(help="Files, folders or globs of texts that are wanted; may be repeated."),
    ],
    budget: Annotated[int, typer.Option(help="How much to take.")],
    budget_unit: Annotated[
        str, typer.Option(help="Of what: rows, units (words), or bytes of text.")
    ] = "rows",
    method: Annotated[
        str, typer.Option(help="dsir: importance resampling by hashed n-grams.")
    ] = "dsir",
    text: options.Text = "text",
    n: Annotated[str, typer.Option(metavar="M,...", help="Orders of the n-grams.")] = "1,2",
    buckets: Annotated[int, typer.Option(help="Into which n-grams are hashed.")] = 10_000,
    hash: Annotated[
        str, typer.Option(help="fast; or sha256, as published, with --tokenizer wordpunct.")
    ] = "fast",
    tokenizer: Annotated[
        str, typer.Option(help="What words are: words, wordpunct or whitespace.")
    ] = "words",
    smoothing: Annotated[
        float, typer.Option(help="Added to each count of a bucket of the target.")
    ] = 0.0,
    top: Annotated[
        bool, typer.Option("--top", help="The largest weights, not a sample by weight.")
    ] = False,
    min_length: Annotated[int, typer.Option(help="Words that a row has at least.")] = 100,
    separate: Annotated[
        bool, typer.Option("--separate", help="Each --target is one for itself, served in order.")
    ] = False,
    proportions: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="Share of the budget of each separate target; else by size."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another sample.")] = 0,
    weight: Annotated[
        str | None, typer.Option(help="A field that kept rows get: their weight.")
    ] = None,
    write_dropped: options.WriteDropped = False,
    **shared: Any,
) -> None:
    """Take the rows that look like a target.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped as too short or not
    selected, or rejected into OUT/rejected with its line and reason.
    """
    given = dict(locals())
    given["n"] = [_number("--n", part, int) for part in n.split(",")]
    if proportions is not None:
        given["proportions"] = [
            _number("--proportions", part, float) for part in proportions.split(",")
        ]
    run_job(shards.select, given)


def _number(option: str, part: str, kind: type[int | float]) -> float:
    try:
        return kind(part)
    except ValueError:
        raise typer.BadParameter(f"{option}: expected numbers with commas, got {part!r}") from None
