"""What a codec alone costs, with the libraries, levels and frames of corpusmill's own shards.

The packed jobs are held against the plain job plus these, so the constants below must be the job's
defaults. Works in pieces; of Parquet alone it writes a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import deflate
import zstandard
from isal import isal_zlib

from bench.process import Run

GZIP_LEVEL = 1  # of libdeflate's 1 to 12
ZSTD_LEVEL = 3
_FRAME = 8 << 20
_PIECE = 1 << 16
_GZIP_HEADER = 31  # zlib's word for the largest window, in a gzip member


def decompress(path: Path) -> Run:
    """Reads a .gz or .zst file to its end."""
    stream: Any = zstandard.ZstdDecompressor().decompressobj()
    if path.suffix == ".gz":
        stream = isal_zlib.decompressobj(_GZIP_HEADER)
    cpu, wall = time.process_time(), time.perf_counter()
    for piece in _pieces(path.read_bytes(), _PIECE):
        stream.decompress(piece)
    return Run(time.process_time() - cpu, time.perf_counter() - wall)


def compress(path: Path, suffix: str) -> Run:
    """Compresses a plain file's bytes as a file of that suffix would be written."""
    data = path.read_bytes()
    cpu, wall = time.process_time(), time.perf_counter()
    for frame in _pieces(data, _FRAME):
        if suffix == ".gz":
            deflate.gzip_compress(frame, GZIP_LEVEL)
        else:
            zstandard.ZstdCompressor(ZSTD_LEVEL, write_checksum=True).compress(frame)
    return Run(time.process_time() - cpu, time.perf_counter() - wall)


def rewrite_parquet(source: Path, out: Path) -> None:
    """Reads a Parquet file with pyarrow and writes the same rows."""
    from pyarrow import parquet  # noqa: PLC0415  (the others do without)

    with parquet.ParquetFile(source) as file:
        options = {"compression": "zstd", "compression_level": ZSTD_LEVEL}
        with parquet.ParquetWriter(out, file.schema_arrow, **options) as writer:
            for batch in file.iter_batches(use_threads=False):
                writer.write_batch(batch)


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))
