"""The table, made from results/*.json and never typed: `python -m bench.table README.md`.

Prints it, and puts it between the file's two markers where a file is named.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.results import FOLDER, figure

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
_ORDER = (
    *("signatures", "dedup", "index", "features", "select", "counting", "membership"),
    *("tokenize", "pieces", "scoring", "contamination", "passages", "convert", "resume", "import"),
)
_SHOWN = (
    *("corpusmill", "gaoya", "rensa", "datasketch", "text-dedup", "pyahocorasick"),
    *("tiktoken", "tokenizers", "gigatoken", "fastokens", "splintr-rs", "sentencepiece"),
    *("datasets", "numpy", "pyarrow", "isal", "deflate", "zstandard", "orjson", "xxhash"),
    *("torch", "transformers"),
)
_HEAD = ("job", "corpusmill", "beside it", "measured (rounds)", "goal", "")


def load(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The saved results, in the table's order."""
    paths = [folder / f"{name}.json" for name in _ORDER]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def render(results: list[dict[str, Any]]) -> str:
    """A Markdown table over all results, then what machine, text and versions they stand for."""
    rows = [_HEAD, *(_row(line) for result in results for line in result["lines"])]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [_joined(row, widths) for row in rows]
    lines.insert(1, _joined(tuple("-" * width for width in widths), widths))
    said = dict.fromkeys(note for result in results for note in notes(result))
    return "\n".join([*lines, "", *said, *_shared_notes(results)])


def insert(page: str, table: str) -> str:
    """The page with the table between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} ... {END} in the page; add the two lines where it belongs")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def show(table: str) -> None:
    """Prints it; files named on the command line get it."""
    print(table)
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(insert(path.read_text(), table))


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    ratio, goal = line["ratio"], line["goal"]
    measured = "" if ratio is None else f"{figure(ratio['middle'])} ({_range(ratio)})"
    wanted = verdict = ""
    if goal is not None:
        wanted = f"{'at most' if goal['at_most'] else 'at least'} {figure(goal['value'])}"
    if goal is not None and ratio is not None:
        missed = f"missed: {_share(ratio['middle'], goal):.0%} of the goal"
        verdict = "met" if line["met"] else missed
    return line["job"], line["ours"], line["beside"], measured, wanted, verdict


def _share(measured: float, goal: dict[str, Any]) -> float:
    return float(goal["value"] / measured if goal["at_most"] else measured / goal["value"])


def _range(ratio: dict[str, float]) -> str:
    return f"{figure(ratio['lowest'])} to {figure(ratio['highest'])}"


def _joined(row: tuple[str, ...], widths: list[int]) -> str:
    return (
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
    )


def notes(result: dict[str, Any]) -> Iterator[str]:
    where, text = result["machine"], result["corpus"]
    yield (
        f"{where['cpu']}, {where['cores']} cores, {', '.join(where['simd'])}; "
        f"Python {where['python']}; {result['date']}, commit {result['commit'] or 'none'}."
    )
    if text:
        yield (
            f"Text: {text['text_bytes'] / 1e6:.0f} MB in {text['documents']} English documents, "
            f"{text['non_ascii_bytes'] / 1e6:.0f} MB non-ASCII; {text['note']}."
        )
    yield from (f"Not run: {missing}." for missing in result["missing"])


def _shared_notes(results: list[dict[str, Any]]) -> Iterator[str]:
    versions = {name: of for result in results for name, of in result["versions"].items()}
    shown = [f"{name} {versions[name]}" for name in _SHOWN if name in versions]
    yield f"Versions: {', '.join(shown)}."
    loads = [f"{result['load_before']} ({result['bench']})" for result in results]
    yield f"Processes wanting a core when it began: {', '.join(loads)}."


def main() -> None:
    """Prints the table; a file named on the command line gets it between its markers."""
    show(render(load()))


if __name__ == "__main__":
    main()
