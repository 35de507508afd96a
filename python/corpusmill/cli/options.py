"""options: what several commands take, with its help: inputs, outputs, memory, threads.

typer reads a command's signature: what all jobs take is put there by `shared`, the rest a command names.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from itertools import chain
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

INPUTS = typer.Argument(
    metavar="IN...",
    help="Files, folders or globs of *.jsonl (plain, .gz, .zst, .bz2, .xz), *.parquet and *.arrow.",
)
OUT = typer.Option("--out", "-o", help="A new or empty folder for the results.")

Inputs: TypeAlias = Annotated[list[str], INPUTS]
Out: TypeAlias = Annotated[str, OUT]
Text: TypeAlias = Annotated[str, typer.Option(help="The field that holds a row's text.")]
CutsField: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FIELD", help="Give rows a field that says what was cut out of them."),
]
Offsets: TypeAlias = Annotated[
    str, typer.Option(help="What such fields count: bytes of UTF-8, or chars.")
]

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
GzipLevel: TypeAlias = Annotated[int, typer.Option(help="Of .gz outputs, 1 to 12.")]
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

_Command = TypeVar("_Command", bound=Callable[..., None])


def shared(*groups: tuple[Parameter, ...]) -> Callable[[_Command], _Command]:
    """A command that takes `**shared` gets these groups of options instead, behind its own."""

    def with_groups(command: _Command) -> _Command:
        own = signature(command, eval_str=True)
        *named, _shared = own.parameters.values()
        together: Any = command
        together.__signature__ = own.replace(parameters=[*named, *chain(*groups)])
        return command

    return with_groups


def _option(name: str, default: object, kind: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


WRITING = (
    _option("format", None, Format),
    _option("codec", None, Codec),
    _option("rows_per_file", None, RowsPerFile),
    _option("join", False, Join),
    _option("gzip_level", 1, GzipLevel),
    _option("zstd_level", 3, ZstdLevel),
)
"""Of outputs."""

RUNNING = (
    _option("threads", 0, Threads),
    _option("max_rejected", 0.001, MaxRejected),
    _option("memory", None, Memory),
    _option("overwrite", False, Overwrite),
    _option("as_json", False, AsJson),
    _option("quiet", False, Quiet),
)
"""Of every job."""
