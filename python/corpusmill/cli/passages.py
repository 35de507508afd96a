"""passages: `corpusmill passages IN... -o OUT`: the options of corpusmill.shards.passages, and their help."""

from __future__ import annotations

from typing import Annotated

import typer

from corpusmill import shards
from corpusmill.cli.options import (
    INPUTS,
    OUT,
    AsJson,
    Codec,
    Format,
    GzipLevel,
    Join,
    MaxRejected,
    Memory,
    Overwrite,
    Quiet,
    RowsPerFile,
    Threads,
    WriteDropped,
    ZstdLevel,
)
from corpusmill.cli.run_job import run_job


def passages(
    inputs: Annotated[list[str], INPUTS],
    out: Annotated[str, OUT],
    *,
    text: Annotated[str, typer.Option(help="The field that holds a row's text.")] = "text",
    min_bytes: Annotated[
        int, typer.Option(help="The shortest passage, 16 to 8192 bytes of UTF-8.")
    ] = 200,
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
    offsets: Annotated[
        str, typer.Option(help="What the tag's spans count: bytes of UTF-8, or chars.")
    ] = "bytes",
    format: Format = None,
    codec: Codec = None,
    rows_per_file: RowsPerFile = None,
    join: Join = False,
    threads: Threads = 0,
    max_rejected: MaxRejected = 0.001,
    write_dropped: WriteDropped = False,
    gzip_level: GzipLevel = 2,
    zstd_level: ZstdLevel = 3,
    memory: Memory = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Cut passages out of rows that stand elsewhere too, in other rows or in the same.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped because nothing is left of
    its text, or rejected into OUT/rejected with its line and reason.
    """
    run_job(shards.passages, dict(locals()))
