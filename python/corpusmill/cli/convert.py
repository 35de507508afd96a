"""convert: `corpusmill convert IN... -o OUT`: the options of corpusmill.shards.convert, and their help."""

from __future__ import annotations

from typing import Annotated

import typer

from corpusmill import shards
from corpusmill.cli.run_job import run_job


def convert(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Files, folders or globs of *.jsonl (plain, .gz, .zst, .bz2, .xz), *.parquet and "
            "*.arrow.",
        ),
    ],
    out: Annotated[str, typer.Option("--out", "-o", help="A new or empty folder for the results.")],
    *,
    format: Annotated[
        str | None, typer.Option(help="Of outputs: jsonl, parquet or arrow; else as the input.")
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            help="Of outputs; else as the input. jsonl: none, gz, zst, bz2, xz. parquet: none, "
            "snappy, gzip, zstd, lz4, brotli. arrow: none, lz4, zstd."
        ),
    ] = None,
    rows_per_file: Annotated[
        int | None, typer.Option(help="Kept rows of an output; more go to further, numbered ones.")
    ] = None,
    join: Annotated[
        bool,
        typer.Option(
            "--join", help="Write the rows of all inputs to data/part-00000, part-00001, ..."
        ),
    ] = False,
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
    threads: Annotated[int, typer.Option(help="0: all cores; the results are the same.")] = 0,
    max_rejected: Annotated[
        float, typer.Option(help="Share of rows that may be rejected before exit code 3.")
    ] = 0.001,
    write_dropped: Annotated[
        bool, typer.Option("--write-dropped", help="Write dropped rows too, to OUT/dropped.")
    ] = False,
    gzip_level: Annotated[int, typer.Option(help="Of .gz outputs, 0 to 3.")] = 2,
    zstd_level: Annotated[int, typer.Option(help="Of zstd outputs, 1 to 22.")] = 3,
    memory: Annotated[
        str | None,
        typer.Option(
            help="A budget for all of it: 4GB, 512MiB. Unless given, half of the machine."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the results of an earlier job in OUT.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print events as lines of JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what is wrong.")] = False,
) -> None:
    """Write rows in other formats, codecs or file sizes, with some of the fields, some of the rows.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped by --where, or rejected
    into OUT/rejected with its line and reason.
    """
    given = dict(locals())
    options = {name: given[name] for name in given.keys() - _NOT_OF_THE_JOB}
    if columns is not None:
        options["columns"] = columns.split(",")
    run_job(shards.convert, inputs, out, options, as_json=as_json, quiet=quiet)


_NOT_OF_THE_JOB = {"inputs", "out", "as_json", "quiet"}
