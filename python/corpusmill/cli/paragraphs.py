"""paragraphs: `corpusmill paragraphs IN... -o OUT`: the options of corpusmill.shards.paragraphs."""

from __future__ import annotations

from typing import Annotated

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.run_job import run_job


def paragraphs(
    inputs: options.Inputs,
    out: options.Out,
    *,
    text: options.Text = "text",
    unit: Annotated[str, typer.Option(help="What may repeat: paragraph or line.")] = "paragraph",
    method: Annotated[
        str, typer.Option(help="exact: by 128-bit hashes. bloom: by a filter, in less memory.")
    ] = "exact",
    fp_rate: Annotated[
        float, typer.Option(help="bloom: the share taken for repeated that is not.")
    ] = 0.001,
    min_bytes: Annotated[int, typer.Option(help="Pieces of fewer bytes never repeat.")] = 1,
    scope: Annotated[
        str, typer.Option(help="Came before in the corpus, or in the same file.")
    ] = "corpus",
    action: Annotated[
        str,
        typer.Option(
            help="cut: out of the text. drop: rows most of which repeats. tag: add the spans."
        ),
    ] = "cut",
    share: Annotated[
        float, typer.Option(help="drop: the share of repeated bytes from which a row is dropped.")
    ] = 0.5,
    field: Annotated[str, typer.Option(help="tag: the field that rows get.")] = "repeated",
    threads: options.Threads = 0,
    max_rejected: options.MaxRejected = 0.001,
    format: options.Format = None,
    codec: options.Codec = None,
    rows_per_file: options.RowsPerFile = None,
    join: options.Join = False,
    write_dropped: options.WriteDropped = False,
    gzip_level: options.GzipLevel = 2,
    zstd_level: options.ZstdLevel = 3,
    memory: options.Memory = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Remove paragraphs or lines that came before from files of rows: all but the first of each.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped as it repeats, or
    rejected into OUT/rejected with its line and reason.
    """
    run_job(shards.paragraphs, dict(locals()))
