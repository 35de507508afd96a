"""file: a token shard's file, byte for byte (docs/tokens.md). Reads and writes headers, no ids.

    header | ids | starts | documents | firsts

All numbers are little-endian. `starts` has where each segment begins among the ids, and where the last
ends; `documents` the number of each segment's document; `firsts`, where rows have a length, the first
segment of each row and where the last ends: else each segment is a row.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from corpusmill import _core

MAGIC, VERSION = b"CMTOKENS", 1
SUFFIX = ".tokens"
HEADER_SIZE = 256
_VERSION_BYTES, _FINGERPRINT_BYTES = 32, 64
_HEADER = struct.Struct(f"<8sII6Q3q{_VERSION_BYTES}s{_FINGERPRINT_BYTES}s16s16s24x")
NONE = -1
"""The id of a token that is not used."""


@dataclass(frozen=True)
class Form:
    """What all shards of a job have in common."""

    id_bytes: int  # 2 or 4
    length: int  # ids of a row; 0: a row is a document
    vocab_size: int
    eos: int  # NONE: there is none
    bos: int
    pad: int
    unicode_version: str
    fingerprint: str  # of the tokenizer

    @property
    def dtype(self) -> np.dtype[np.uint16] | np.dtype[np.uint32]:
        return np.dtype(np.uint16 if self.id_bytes == 2 else np.uint32)


class Counts(NamedTuple):
    """Of one shard."""

    ids: int
    rows: int
    segments: int
    first_row: int  # of the job's


class Section(NamedTuple):
    """Bytes of the file from `at` to before `end`."""

    at: int
    end: int


@dataclass(frozen=True)
class Header:
    """The first 256 bytes."""

    form: Form
    counts: Counts
    ids_xxh3_128: bytes
    index_xxh3_128: bytes  # of all behind the ids

    def pack(self) -> bytes:
        """ValueError if what the form says has no room."""
        form, counts = self.form, self.counts
        packed = _HEADER.pack(
            *(MAGIC, VERSION, form.id_bytes, *counts, form.length, form.vocab_size),
            *(form.eos, form.bos, form.pad),
            _field("unicode_version", form.unicode_version, _VERSION_BYTES),
            _field("fingerprint", form.fingerprint, _FINGERPRINT_BYTES),
            *(self.ids_xxh3_128, self.index_xxh3_128),
        )
        return packed + digest(packed)

    @classmethod
    def unpack(cls, data: bytes) -> Header:
        """ValueError if these bytes are no header of this version, or damaged."""
        if data[:8] != MAGIC:
            raise ValueError("is no token shard")
        if len(data) < HEADER_SIZE or digest(data[: _HEADER.size]) != data[_HEADER.size :]:
            raise ValueError(f"is damaged in its header, bytes 0 to {HEADER_SIZE}")
        _, version, id_bytes, *found = _HEADER.unpack_from(data)
        if version != VERSION:
            raise ValueError(f"is a token shard of version {version}; expected {VERSION}")
        length, vocab_size, eos, bos, pad, *said = found[4:11]
        unicode_version, fingerprint = (of.rstrip(b"\0").decode("ascii") for of in said)
        form = Form(id_bytes, length, vocab_size, eos, bos, pad, unicode_version, fingerprint)
        return cls(form, Counts(*found[:4]), *found[11:])

    def sections(self) -> dict[str, Section]:
        """Where each part lies; the last ends where the file does."""
        at = HEADER_SIZE
        sizes = {
            "ids": self.counts.ids * self.form.id_bytes,
            "starts": 8 * self.counts.segments + 8,
        }
        sizes["documents"] = 8 * self.counts.segments
        sizes["firsts"] = 8 * self.counts.rows + 8 if self.form.length else 0
        found = {}
        for name, size in sizes.items():
            found[name] = Section(at, at + size)
            at += size + -size % 8
        return found


def _field(name: str, text: str, most: int) -> bytes:
    data = text.encode("ascii")
    if len(data) > most:
        raise ValueError(f"{name}: a header has room for {most} bytes, got {text!r}")
    return data


def digest(data: bytes) -> bytes:
    hashed = _core.core.StreamHash()
    hashed.update(data)
    return bytes.fromhex(hashed.hexdigest())
