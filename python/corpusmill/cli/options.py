"""options: what several commands take, with its help: inputs, outputs, memory, threads.

A command names those that it takes in its own signature, as typer reads that, and gives their defaults.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

INPUTS = typer.Argument(
    metavar="IN...",
    help="Files, folders or globs of *.jsonl (plain, .gz, .zst, .bz2, .xz), *.parquet and *.arrow.",
)
OUT = typer.Option("--out", "-o", help="A new or empty folder for the results.")

Inputs: TypeAlias = Annotated[list[str], INPUTS]
Out: TypeAlias = Annotated[str, OUT]
Text: TypeAlias = Annotated[str, typer.Option(help="The field that holds a row's text.")]

Format: TypeAlias = Annotated[
    str | None, typer.Option(help="Of outputs: jsonl, parquet or arrow; else as the input.")
]
Codec: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Of outputs; else as the input. jsonl: none, gz, zst, bz2, xz. parquet: none, snappy, "
        "gzip, zstd, lz4, brotli. arrow: none, lz4, zstd."
    ),
]
RowsPerFile: TypeAlias = Annotated[
    int | None, typer.Option(help="Kept rows of an output; more go to further, numbered ones.")
]
Join: TypeAlias = Annotated[
    bool,
    typer.Option("--join", help="Write the rows of all inputs to data/part-00000, part-00001, ..."),
]
WriteDropped: TypeAlias = Annotated[
    bool, typer.Option("--write-dropped", help="Write dropped rows too, to OUT/dropped.")
]
GzipLevel: TypeAlias = Annotated[int, typer.Option(help="Of .gz outputs, 0 to 3.")]
ZstdLevel: TypeAlias = Annotated[int, typer.Option(help="Of zstd outputs, 1 to 22.")]
Threads: TypeAlias = Annotated[int, typer.Option(help="0: all cores; the results are the same.")]
MaxRejected: TypeAlias = Annotated[
    float, typer.Option(help="Share of rows that may be rejected before exit code 3.")
]
Memory: TypeAlias = Annotated[
    str | None,
    typer.Option(help="A budget for all of it: 4GB, 512MiB. Unless given, half of the machine."),
]
Overwrite: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help="Replace the results of an earlier job in OUT.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print events as lines of JSON.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what is wrong.")]
