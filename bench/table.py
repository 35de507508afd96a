"""The tables, made from results/*.json and never typed: `python -m bench.table README.md docs/measured.md`.

docs/measured.md has all lines, bench by bench; README.md those that its reader asks for first, as
`_asked_first` has them. Prints all, and puts it between a named file's two markers.
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
    *("tokenize", "pieces", "train", "scoring", "scoring_gpu", "contamination", "passages"),
    *("convert", "resume", "import"),
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
    """All lines, a heading and a Markdown table for each bench, and what it stands for."""
    parts = []
    for result in results:
        said = [*notes(result), _versions([result])]
        said.append(f"Processes wanting a core when it began: {result['load_before']}.")
        parts += [f"## {result['bench']}", "", *_rows(result["lines"]), "", " ".join(said), ""]
    return "\n".join(parts[:-1])


def summary(results: list[dict[str, Any]]) -> str:
    """One Markdown table: of each job the line beside the strongest rival, and every goal missed."""
    rows = _rows([line for result in results for line in _asked_first(result)])
    machines = dict.fromkeys(_machine(result) for result in results)
    return "\n".join([*rows, "", *machines, _versions(results)])


def _asked_first(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines that miss their goal; and of each job that beside the strongest library, if it has a goal
    or the library is faster.
    """
    rivals = [name.casefold() for name in result["versions"] if name != "corpusmill"]
    strongest: dict[str, dict[str, Any]] = {}
    for line in result["lines"]:
        if line["ratio"] and any(name in line["beside"].casefold() for name in rivals):
            other = strongest.setdefault(line["job"], line)
            if line["ratio"]["middle"] < other["ratio"]["middle"]:
                strongest[line["job"]] = line
    for job, line in list(strongest.items()):
        if not line["goal"] and line["ratio"]["middle"] >= 1:
            del strongest[job]
    return [
        line
        for line in result["lines"]
        if line["met"] is False or line is strongest.get(line["job"])
    ]


def _rows(lines: list[dict[str, Any]]) -> list[str]:
    rows = [_HEAD, *map(_row, lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    joined = [_joined(row, widths) for row in rows]
    return [joined[0], _joined(tuple("-" * width for width in widths), widths), *joined[1:]]


def insert(page: str, table: str) -> str:
    """The page with the table between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} ... {END} in the page; add the two lines where it belongs")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def show(table: str, short: str = "") -> None:
    """Prints it; files named on the command line get it, README.md the short one if there is one."""
    print(table)
    for path in map(Path, sys.argv[1:]):
        of_page = short if short and path.name == "README.md" else table
        path.write_text(insert(path.read_text(), of_page))


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
    """What a result stands for: machine, date, text, and what could not be run."""
    yield _machine(result)
    if "text_bytes" in (text := result["corpus"]):
        yield (
            f"Text: {text['text_bytes'] / 1e6:.0f} MB in {text['documents']} English documents, "
            f"{text['non_ascii_bytes'] / 1e6:.0f} MB non-ASCII; {text['note']}."
        )
    elif text:
        yield f"Sizes: {', '.join(f'{name} {size}' for name, size in text.items())}."
    yield from (f"Not run: {missing}." for missing in result["missing"])


def _machine(result: dict[str, Any]) -> str:
    where = result["machine"]
    return (
        f"{where['cpu']}, {where['cores']} cores, {', '.join(where['simd'])}; "
        f"Python {where['python']}; {result['date']}, commit {result['commit'] or 'none'}."
    )


def _versions(results: list[dict[str, Any]]) -> str:
    versions = {name: of for result in results for name, of in result["versions"].items()}
    shown = [f"{name} {versions[name]}" for name in _SHOWN if name in versions]
    return f"Versions: {', '.join(shown)}."


def main() -> None:
    """Prints all; files named on the command line get all or the short table between their markers."""
    results = load()
    show(render(results), summary(results))


if __name__ == "__main__":
    main()
