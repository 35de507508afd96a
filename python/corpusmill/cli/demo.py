"""demo: `corpusmill demo`: the whole way on text of this machine, and one of its findings.

Writes shards, runs `corpusmill dedup` on them as a user would, and shows a dropped document beside
the one it was dropped for.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import typer
import zstandard
from isal import igzip
from pyarrow import parquet
from rich.text import Text

from corpusmill.cli import demo_texts
from corpusmill.cli.codes import COULD_NOT_FINISH
from corpusmill.cli.run_dedup import run_dedup
from corpusmill.cli.streams import complain, say, show
from corpusmill.cli.twins import Twin, side_by_side

MAX_BYTES = 60_000_000
"""Of text in each shard."""

SHARDS: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "sources.jsonl": demo_texts.sources,
    "topics.jsonl.zst": demo_texts.topics,
    "packages.jsonl.gz": demo_texts.packages,
}

CANDIDATES, LONGEST = 300, 8000
"""How many findings to choose one from, and the longest text to show, in characters."""

Pair = dict[str, Any]


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the shards and the results.")
    ] = Path("corpusmill-demo"),
) -> None:
    """Find near-duplicates among texts of this machine: library sources, documents, licences."""
    shards, results = out / "in", out / "out"
    try:
        shards.mkdir(parents=True, exist_ok=True)
        for name, documents in SHARDS.items():
            count, size = _write(shards / name, documents())
            say(f"wrote {shards / name}: {count:,} documents, {size / 1e6:,.1f} MB of text")
    except OSError as error:
        complain(f"corpusmill: cannot write {error.filename or out}: {error.strerror}; use -o")
        raise typer.Exit(COULD_NOT_FINISH) from None
    show(Text(f"\n$ corpusmill dedup {shards} -o {results} --overwrite", style="bold"))
    shared = {"overwrite": True, "as_json": False, "quiet": False}
    run_dedup({"inputs": [str(shards)], "out": str(results), "shared": shared}, report=True)
    finding = _choose(shards, parquet.read_table(results / "duplicates.parquet").to_pylist())
    if finding:
        pair, dropped, kept = finding
        say(f"\nOne of them, Jaccard similarity {pair['similarity']:.3f}:")
        show(side_by_side(dropped, kept), wrap=True)
    say(f"All of it lies in {out}; the folder can be deleted.")


def _write(path: Path, documents: Iterable[tuple[str, str]]) -> tuple[int, int]:
    count = size = 0
    with _open(path, "wb") as file:
        for name, text in documents:
            file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False).encode() + b"\n")
            count += 1
            size += len(text.encode())
            if size >= MAX_BYTES:
                break
    return count, size


def _open(path: Path, mode: str) -> BinaryIO:
    if path.suffix == ".gz":
        return cast("BinaryIO", igzip.open(path, mode, 2))  # type: ignore[no-untyped-call]
    if path.suffix == ".zst":
        return cast("BinaryIO", zstandard.open(path, mode))
    return cast("BinaryIO", path.open(mode))


def _choose(shards: Path, pairs: list[Pair]) -> tuple[Pair, Twin, Twin] | None:
    """A pair worth reading: alike but not the same, and short."""
    pairs = sorted(
        (pair for pair in pairs if pair["similarity"] < 1),
        key=lambda pair: (
            pair["dropped_id"].endswith((".py", ".pyi", ".h")),  # prose shows more than code
            abs(pair["similarity"] - 0.9),
            pair["dropped_id"],
        ),
    )[:CANDIDATES]
    wanted = {(pair[f"{which}_file"], pair[f"{which}_row"]) for pair in pairs for which in _BOTH}
    texts = {place: text for name in SHARDS for place, text in _texts(shards / name, wanted)}
    for pair in pairs:
        twins = [
            Twin(pair[f"{which}_id"], texts[pair[f"{which}_file"], pair[f"{which}_row"]])
            for which in _BOTH
        ]
        if all(len(twin.text) <= LONGEST for twin in twins):
            return pair, twins[0], twins[1]
    return None


_BOTH = ("dropped", "kept")


def _texts(path: Path, wanted: set[tuple[str, int]]) -> Iterator[tuple[tuple[str, int], str]]:
    with io.BufferedReader(cast("Any", _open(path, "rb"))) as file:
        for row, line in enumerate(file):
            if (path.name, row) in wanted:
                yield (path.name, row), json.loads(line)["text"]
