"""target: which files a job writes for an input, in which format and codec. Writes none itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import pyarrow as pa

from corpusmill import _check
from corpusmill.shards import ours
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.inputs import SUFFIXES, Input
from corpusmill.shards.reading.read import Shard
from corpusmill.shards.reading.table_files import TableFacts
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.output import NewWriter
from corpusmill.shards.writing.row_groups import GROUP_SIZE, REJECTED_GROUP_SIZE
from corpusmill.shards.writing.table_writers import ArrowWriter, ParquetWriter

OutputFormat: TypeAlias = Literal["jsonl", "parquet", "arrow"]

CODECS = {
    "jsonl": ("none", "gz", "zst", "bz2", "xz"),
    "parquet": ("none", "snappy", "gzip", "zstd", "lz4", "brotli"),
    "arrow": ("none", "lz4", "zstd"),
}
_NEW_CODEC = {"jsonl": "none", "parquet": "zstd", "arrow": "none"}
"""Of an output whose input has another format."""

_JOINED = "part"
"""How outputs are called that hold rows of all inputs."""


@dataclass(frozen=True)
class Target:
    """The choices that concern outputs; None is as the input has it.

    join        the rows of all inputs flow into the same outputs, one input behind the other
    """

    format: str | None
    codec: str | None
    rows_per_file: int | None
    gzip_level: int
    zstd_level: int
    join: bool = False

    def __post_init__(self) -> None:
        if self.format not in (None, *CODECS):
            raise ValueError(f"format: expected one of {', '.join(CODECS)}, got {self.format!r}")
        if self.rows_per_file is not None:
            _check.whole("rows_per_file", self.rows_per_file, 1, 2**62)
        _check.whole("gzip_level", self.gzip_level, 1, 12)
        _check.whole("zstd_level", self.zstd_level, 1, 22)

    def settled(self, inputs: Sequence[Input]) -> Target:
        """With `join` there is one format: that of the first input, unless another is asked for."""
        return replace(self, format=self.format_of(inputs[0])) if self.join else self

    def check(self, inputs: Sequence[Input]) -> None:
        """UsageError if the codec fits an output not, or two inputs have one output."""
        taken: dict[str, str] = {}
        for file in inputs:
            kind = self.format_of(file)
            if self.codec not in (None, *CODECS[kind]):
                raise UsageError(
                    f"codec: expected one of {', '.join(CODECS[kind])} for {kind} outputs, "
                    f"got {self.codec!r}"
                )
            name = self.name(file, 0)
            if name in taken and not self.join:
                raise UsageError(
                    f"inputs {taken[name]!r} and {shown(file.name)!r} would both be written to "
                    f"{shown(name)!r}; rename one, or run two jobs"
                )
            taken[name] = shown(file.name)

    def format_of(self, file: Input) -> str:
        """ "jsonl", "parquet" or "arrow"."""
        return self.format or _kind(file)

    def writes_lines(self, file: Input) -> bool:
        return self.format_of(file) == "jsonl"

    def frame_size(self, files: Sequence[Input]) -> int:
        """Bytes of rows that any of these inputs' outputs holds back at most."""
        return max(map(self._held_by, files), default=0)

    def _held_by(self, file: Input) -> int:
        if not self.writes_lines(file):
            return GROUP_SIZE
        return 0 if self._line_codec(file) == "none" else encode.FRAME_SIZE

    def makes_tables_of(self, shard: Shard) -> bool:
        """Whether lines become a table."""
        return not shard.is_table and not self.writes_lines(shard.input)

    def name(self, file: Input, number: int) -> str:
        """The path of an output below data/ or dropped/; with `join`, of the first input's."""
        suffix = next(suffix for suffix in SUFFIXES if file.name.endswith(suffix))
        stem = _JOINED if self.join else file.name[: -len(suffix)]
        kind = self.format_of(file)
        if kind != _kind(file) or (kind == "jsonl" and self.codec):
            codec = self.codec or _NEW_CODEC[kind]
            suffix = f".{kind}" if kind != "jsonl" or codec == "none" else f".{kind}.{codec}"
        cut = f"-{number:05}" if self._numbers else ""
        return f"{stem}{cut}{suffix}"

    def all_names(self, inputs: Sequence[Input], out: Path) -> list[str]:
        """The names that a job on these inputs may write in `out`, as far as they can be told.

        How many files the rows of an input make is not known before the end, so of numbered files
        these are the ones that lie there already.
        """
        names = [rejected_name(file) for file in inputs]
        for file in inputs[:1] if self.join else inputs:
            for folder in (ours.DATA, ours.DROPPED):
                name = Path(folder, self.name(file, 0))
                names.append(str(name))
                if self._numbers and (out / name.parent).is_dir():
                    stem = name.name.split("-00000.")[0]
                    names += [
                        str(name.with_name(other.name))
                        for other in (out / name.parent).iterdir()
                        if other.name.startswith(f"{stem}-")
                    ]
        return names

    @property
    def _numbers(self) -> bool:
        return self.join or self.rows_per_file is not None

    def writer(self, shard: Shard, schema: pa.Schema | None) -> NewWriter:
        """How outputs are written that begin with rows of a shard; `schema`: of tables."""
        kind, own = self.format_of(shard.input), _kind(shard.input)
        levels = {"gzip_level": self.gzip_level, "zstd_level": self.zstd_level}
        if kind == "jsonl":
            line_encoding = encode.encoding(self._line_codec(shard.input), **levels)
            return lambda sink, _: encode.LineWriter(sink, line_encoding)
        facts = TableFacts(kind, schema, self.codec or _NEW_CODEC[kind])
        if kind == own:
            there = shard.facts()
            facts = TableFacts(there.format, schema, self.codec or there.codecs)
        new = ParquetWriter if kind == "parquet" else ArrowWriter
        return lambda sink, notes: new(sink, facts, notes, zstd_level=self.zstd_level)

    def _line_codec(self, file: Input) -> str:
        """That of an output of lines."""
        _, _, own = file.format.partition(".")
        return self.codec or (own if _kind(file) == "jsonl" else "") or "none"


def rejected_name(file: Input) -> str:
    """Rejected rows keep their columns, rejected lines are text."""
    suffix = "jsonl" if _kind(file) == "jsonl" else "parquet"
    return f"{ours.REJECTED}/{file.name}.{suffix}"


def rejected_writer(shard: Shard, schema: pa.Schema) -> NewWriter:
    """`schema` is that of a table's rejected rows."""
    if not shard.is_table:
        return lambda sink, _: encode.LineWriter(sink, encode.PLAIN)
    facts = TableFacts("parquet", schema, "zstd")
    return lambda sink, notes: ParquetWriter(
        sink, facts, notes, zstd_level=3, group_size=REJECTED_GROUP_SIZE
    )


def _kind(file: Input) -> str:
    kind, _, _ = file.format.partition(".")
    return "arrow" if kind == "arrows" else kind
