"""why: `corpusmill why ROW -o OUT`: corpusmill.shards.why, for people and for programs."""

from __future__ import annotations

import base64
import json
import sys
from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from corpusmill import shards
from corpusmill.cli import streams
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for
from corpusmill.cli.why_text import why_text


def why(
    row: Annotated[
        str, typer.Argument(metavar="ID|FILE:ROW", help="An id, or a file and its line from 0.")
    ],
    out: Annotated[str, typer.Option("--out", "-o", help="The folder of a finished job.")],
    *,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--in", help="Where the inputs are now, if they were moved; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Say what became of a row: kept, rejected, or dropped, for which row, and how they differ."""
    show = show_for(as_json=False, quiet=True)
    with closing(show), exits(show):
        found = shards.why(out, row, inputs=inputs)
    if as_json:
        streams.say(json.dumps(asdict(found), indent=1, ensure_ascii=False, default=_base64))
    else:
        text = why_text(found, colour=streams.prints_colour())
        streams.show(text, wrap=streams.is_terminal(sys.stdout))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
