"""lines: a block of JSON lines: its rows, and its lines again. Reads no file and writes none."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpusmill import _arrow, _core
from corpusmill.shards.reading.findings import Fields, Found, Seen
from corpusmill.shards.reading.pieces import Bytes
from corpusmill.shards.reading.room import TOO_LARGE
from corpusmill.shards.reading.values import Path, Value, of_json
from corpusmill.shards.rows import BlockRows, Ints

TORN = "truncated"
"""The reason of a last line that damage cuts off."""

_REASONS = _core.jsonl.reasons
_OBJECTS = ("text_missing", "text_null", "text_not_a_string")
_MISSING = _REASONS.index("text_missing")
_PRESENT = {*map(_REASONS.index, ("text_null", "text_not_a_string"))}


@dataclass(frozen=True)
class LineBlock:
    """Whole lines of a file; the last of the file may lack its newline."""

    index: int
    offset: int  # of its first byte in the decompressed file
    data: Bytes
    torn: bool = False  # damage ends the file inside the last line
    too_large: int = (
        0  # bytes of its only row, which is too large to be read: then there are no data
    )
    ended: bool = False  # whether a newline follows such a row

    @property
    def size(self) -> int:
        return len(self.data) or self.too_large + self.ended

    @property
    def nbytes(self) -> int:
        return self.size

    def rows(self, fields: Fields) -> Found:
        """The rows, and the lines that are none; without a text every object is a row."""
        found = _core.jsonl.scan(self.data, fields.text, fields.id, fields.number)
        reasons = [_REASONS[code] for code in found["rejected_reason"].tolist()]
        if self.too_large:
            return _refused(self.too_large)
        if self.torn and reasons and found["rejected_index"][-1] == found["num_lines"] - 1:
            reasons[-1] = TORN
        # Copies: what the scanner returns keeps room to grow, and these stay for the whole job.
        rows = BlockRows(
            num_lines=found["num_lines"],
            line=found["line_index"].copy(),
            offset=found["line_offset"].copy(),
            length=found["line_length"].copy(),
            rejected_line=found["rejected_index"].copy(),
            rejected_offset=found["rejected_offset"].copy(),
            rejected_length=found["rejected_length"].copy(),
            rejected_reason=reasons,
            id_length=_lengths(found["id_offsets"]),
            id_data=found["id_data"].copy(),
            id_valid=np.unpackbits(
                found["id_validity"], count=len(found["line_index"]), bitorder="little"
            ).view(np.bool_),
        )
        texts = _arrow.large_string(found["text_offsets"], found["text_data"])
        return Found(
            rows,
            [texts] if fields.text is not None else [],
            _lengths(found["text_offsets"]),
            found["order"],
        )

    def texts(self, rows: BlockRows, chosen: Ints, text: str) -> list[pa.Array]:
        """The texts of some of its rows; fewer if the file is not what it was."""
        found = _core.jsonl.scan(self.lines(rows, chosen), text, None, None)
        return [_arrow.large_string(found["text_offsets"], found["text_data"])]

    def values(self, rows: BlockRows, paths: Sequence[Path]) -> list[Value]:
        """The fields at these paths, of all its rows."""
        columns = _core.jsonl.values(self.data, rows.offset, rows.length, paths)
        return [of_json(column) for column in columns]

    def lines(self, rows: BlockRows, chosen: Ints) -> Bytes:
        """Some of its rows byte for byte, each with a newline; a view if one is most of the block."""
        offsets, lengths = rows.offset[chosen], rows.length[chosen]
        if len(chosen) == 1 and 2 * lengths[0] > len(self.data):  # one that may be large
            end = int(offsets[0] + lengths[0])
            if self.data[end : end + 1] == b"\n":
                return memoryview(self.data)[int(offsets[0]) : end + 1]
        return _core.jsonl.gather(self.data, offsets, lengths, np.ones(len(chosen), np.bool_))

    def rejected(self, file: str, rows: BlockRows) -> bytes:
        """A line of JSON for each rejected line, which it holds in base64 without its line end."""
        places = zip(
            rows.rejected_line.tolist(),
            rows.rejected_offset.tolist(),
            rows.rejected_length.tolist(),
            rows.rejected_reason,
            strict=True,
        )
        lines = [
            {
                "file": file,
                "line": line + 1,
                "byte_offset": self.offset + offset,
                "reason": reason,
            }
            | self._content(offset, length)
            for line, offset, length, reason in places
        ]
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()

    def _content(self, offset: int, length: int) -> dict[str, str | int]:
        if not self.data:
            return {"length": length}
        return {"raw": base64.b64encode(self.data[offset : offset + length]).decode()}

    def fields(self, rows: BlockRows, most: int) -> tuple[int, dict[str, list[int]], int]:
        """How many rows are objects; per field how often it holds each type; values in all."""
        objects = np.isin(rows.rejected_reason, _OBJECTS)
        offsets = np.concatenate([rows.offset, rows.rejected_offset[objects]])
        lengths = np.concatenate([rows.length, rows.rejected_length[objects]])
        return len(offsets), *_core.jsonl.count_fields(self.data, offsets, lengths, most)

    def seen(self, name: str, limit: int) -> Seen:
        """What the first lines, at most `limit`, show of the field `name`."""
        found = _core.jsonl.scan(self.data, name, None, None)
        good, bad = found["line_index"], found["rejected_index"]
        last = np.sort(np.concatenate([good, bad]))[:limit][-1:].sum()
        codes = found["rejected_reason"][bad <= last].tolist()
        missing = np.flatnonzero((bad <= last) & (found["rejected_reason"] == _MISSING))
        num_good = int((good <= last).sum())
        names: Counter[str] = Counter()
        for place in missing.tolist():
            start, size = found["rejected_offset"][place], found["rejected_length"][place]
            names.update(_keys(bytes(self.data[start : start + size])))
        return Seen(
            rows=num_good + len(codes),
            present=num_good > 0 or not _PRESENT.isdisjoint(codes),
            lacking=len(missing),
            names=names,
        )


def _refused(length: int) -> Found:
    """The one row of a block that was too large to be read."""
    zero, none = np.zeros(1, np.int64), np.zeros(0, np.int64)
    rows = BlockRows(
        num_lines=1,
        line=none,
        offset=none,
        length=none,
        rejected_line=zero,
        rejected_offset=zero,
        rejected_length=np.array([length], np.int64),
        rejected_reason=[TOO_LARGE],
        id_length=none,
        id_data=np.zeros(0, np.uint8),
        id_valid=np.zeros(0, np.bool_),
    )
    return Found(rows, [], none, np.zeros(0, np.float64))


def _lengths(offsets: Ints) -> Ints:
    """As np.diff gives them, which takes longer to begin than to end."""
    return offsets[1:] - offsets[:-1]


def _keys(line: bytes) -> Iterator[str]:
    try:
        yield from json.loads(line)
    except (ValueError, RecursionError):  # nested too deep for Python, though not for us
        return
