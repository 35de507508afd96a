"""passages: `corpusmill passages IN... -o OUT`: the options of corpusmill.shards.passages, and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.belongs import refuse
from corpusmill.cli.run_job import run_job


@options.shared(options.WRITING, options.RUNNING)
def passages(
    command_line: typer.Context,
    inputs: options.Inputs,
    out: options.Out,
    *,
    text: options.Text = "text",
    min_bytes: Annotated[
        int | None,
        typer.Option(
            help="The shortest passage, 16 to 8192 bytes of UTF-8; by default 200, or what min-words need."
        ),
    ] = None,
    min_words: Annotated[
        int, typer.Option(help="Words that a passage holds at least; 0: bytes alone decide.")
    ] = 0,
    keep: Annotated[
        str, typer.Option(help="Of equal passages: first, the first stays; none, none does.")
    ] = "first",
    tag: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="Cut nothing; give rows a field that says where their passages are.",
        ),
    ] = None,
    cuts_field: options.CutsField = None,
    offsets: options.Offsets = "bytes",
    write_dropped: options.WriteDropped = False,
    **shared: Any,
) -> None:
    """Cut passages out of rows that stand elsewhere too, in other rows or in the same.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped because nothing is left of
    its text, or rejected into OUT/rejected with its line and reason.
    """
    given = dict(locals())
    del given["command_line"]
    if tag is None and cuts_field is None:
        refuse(command_line, ["offsets"], "belongs to --tag FIELD or --cuts-field FIELD")
    run_job(shards.passages, given)
