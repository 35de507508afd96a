"""decontaminate: `corpusmill decontaminate IN... --against BENCH... -o OUT`: options, and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.belongs import refuse
from corpusmill.cli.run_job import run_job


@options.shared(options.WRITING, options.RUNNING)
def decontaminate(
    command_line: typer.Context,
    inputs: options.Inputs,
    out: options.Out,
    *,
    against: Annotated[
        list[str],
        typer.Option(
            metavar="BENCH", help="Files of benchmark items, one benchmark each; may be repeated."
        ),
    ],
    rule: Annotated[
        str,
        typer.Option(
            help="When an item is found: coverage, gpt3, gpt3_overlap, janitor, palm, llama2, tulu3,"
            " datatrove."
        ),
    ] = "coverage",
    action: Annotated[
        str,
        typer.Option(help="With rows in which an item is found: drop, cut it out, or tag them."),
    ] = "drop",
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field", help="A field of items that holds text; may be repeated; else all that do."
        ),
    ] = None,
    text: Annotated[str, typer.Option(help="The field of rows that holds their text.")] = "text",
    id: Annotated[str | None, typer.Option(help='Their id; "id" if present.')] = None,
    tag: Annotated[str, typer.Option(help="The field that tagged rows get.")] = "contamination",
    cuts_field: options.CutsField = None,
    offsets: Annotated[
        str, typer.Option(help="What spans in fields and tables count: bytes of UTF-8, or chars.")
    ] = "bytes",
    write_dropped: options.WriteDropped = False,
    **shared: Any,
) -> None:
    """Find the items of benchmarks in rows, and drop those rows, cut them, or tag them.

    OUT/documents.parquet says what was found in which row and where, OUT/benchmarks.parquet in which
    rows each item was found. Every row is accounted for in OUT/ledger.json.
    """
    given = dict(locals())
    del given["command_line"]
    if action != "tag":
        refuse(command_line, ["tag"], "belongs to --action tag")
    run_job(shards.decontaminate, given)
