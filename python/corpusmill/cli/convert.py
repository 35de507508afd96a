"""convert: `corpusmill convert IN... -o OUT`: the options of corpusmill.shards.convert, and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.run_job import run_job


@options.shared(options.WRITING, options.RUNNING)
def convert(
    inputs: options.Inputs,
    out: options.Out,
    *,
    columns: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="Only these fields, in this order; else all."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="Only rows for which this holds: the name of a field of booleans, or e.g. "
            "\"lang == 'en' and len(text) > 200\".",
        ),
    ] = None,
    write_dropped: options.WriteDropped = False,
    **shared: Any,
) -> None:
    """Write rows in other formats, codecs or file sizes, with some of the fields, some of the rows.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped by --where, or rejected
    into OUT/rejected with its line and reason.
    """
    given = dict(locals())
    if columns is not None:
        given["columns"] = columns.split(",")
    run_job(shards.convert, given)
