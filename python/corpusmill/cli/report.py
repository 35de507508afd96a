"""report: `corpusmill report OUT`: the page of a job that has finished."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from corpusmill import report as reports
from corpusmill.cli import streams
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for


def report(
    out: Annotated[str, typer.Argument(metavar="OUT", help="The folder of a finished job.")],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--in", help="Where the inputs are now, if they were moved; repeatable."),
    ] = None,
) -> None:
    """Write OUT/report.html: what a job did, as one page to read, print and attach."""
    show = show_for(as_json=False, quiet=True)
    with closing(show), exits(show):
        path = reports.write(out, inputs=inputs)
    streams.say(str(path))
