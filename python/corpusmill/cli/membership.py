"""membership: `corpusmill membership IN... --build FILTER`, or `--filter FILTER -o OUT`."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options, streams
from corpusmill.cli.belongs import refuse
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.run_job import run_job
from corpusmill.cli.show import show_for


@options.shared(options.WRITING, options.RUNNING)
def membership(
    command_line: typer.Context,
    inputs: options.Inputs,
    out: Annotated[str | None, options.OUT] = None,
    *,
    build: Annotated[
        str | None, typer.Option(metavar="FILTER", help="A file: make a filter of the texts.")
    ] = None,
    filter: Annotated[
        str | None, typer.Option(metavar="FILTER", help="A filter: look the texts up in it.")
    ] = None,
    text: options.Text = "text",
    items: Annotated[
        int | None, typer.Option(help="--build: how many different items are expected.")
    ] = None,
    fp_rate: Annotated[
        float, typer.Option(help="--build: the share of others found nevertheless.")
    ] = 0.01,
    n: Annotated[int | None, typer.Option(help="--build: units in an n-gram.")] = None,
    unit: Annotated[
        str, typer.Option(help="--build: word, char or byte; or line or paragraph.")
    ] = "word",
    stride: Annotated[int, typer.Option(help="--build: between the n-grams that are added.")] = 1,
    squeeze: Annotated[
        bool,
        typer.Option("--squeeze", help="--build: chars of text with its white space squeezed."),
    ] = False,
    share_field: Annotated[
        str, typer.Option(help="--filter: a field that rows get: the share of members.")
    ] = "quip",
    span_field: Annotated[
        str, typer.Option(help="--filter: another: where the longest span is.")
    ] = "longest_span",
    offsets: Annotated[
        str, typer.Option(help="--filter: what that counts: bytes of UTF-8, or chars.")
    ] = "bytes",
    allow_overfull: Annotated[
        bool, typer.Option("--allow-overfull", help="Even if more are found than asked for.")
    ] = False,
    **shared: Any,
) -> None:
    """Make a filter of the n-grams, lines or paragraphs of files, or say what of files is in one.

    With --filter rows get two fields: the share of their n-grams that are in the filter (the QUIP
    score), and their longest quotation.
    """
    given = dict(locals())
    del given["command_line"]
    if (build is None) == (filter is None) or (filter is None) != (out is None):
        raise typer.BadParameter("say --build FILTER, or --filter FILTER and -o OUT")
    if build is None:
        refuse(command_line, _OF_BUILD, "belongs to --build FILTER")
        of_job = given.keys() - {"build", *_OF_BUILD}
        run_job(shards.membership, {name: given[name] for name in of_job})
        return
    refuse(command_line, _OF_JOB, "belongs to --filter FILTER -o OUT; --build writes one file")
    if items is None:
        raise typer.BadParameter("say --items N: how many different items are expected")
    given |= shared
    chosen = {name: given[name] for name in (*_OF_BUILD, *_OF_BOTH)}
    _build(inputs, build, chosen, as_json=shared["as_json"], quiet=shared["quiet"])


_OF_BUILD = ("items", "fp_rate", "n", "unit", "stride", "squeeze")
_OF_BOTH = ("text", "threads", "max_rejected", "allow_overfull")
_OF_JOB = (
    *("share_field", "span_field", "offsets", "memory", "overwrite"),
    *(of.name for of in options.WRITING),
)


def _build(
    inputs: list[str], path: str, chosen: dict[str, Any], *, as_json: bool, quiet: bool
) -> None:
    show = show_for(as_json=False, quiet=quiet or as_json)
    with closing(show), exits(show):
        built = shards.build_filter(inputs, path, progress=show.progress, **chosen)
    if as_json:
        streams.say(json.dumps(asdict(built)))
    elif not quiet:
        streams.say(
            f"{path}: {built.items:,} items of {built.rows:,} rows, about {built.distinct:,.0f} "
            f"different; {built.bytes / 1e6:,.1f} MB; {built.rate:.2g} of others are found"
        )
    for problem in built.problems:
        streams.complain(f"corpusmill: {problem}")
    if built.problems:
        raise typer.Exit(DONE_WITH_PROBLEMS)
