"""growth_table: what bench/growth.py has saved, as tables: `python -m bench.growth_table docs/scale.md`.

Prints them, and puts them between the markers of a file that is named. Measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bench import table
from bench.results import CLOCKS, FOLDER, figure

NAMES = ("growth", "growth-20m")

_COSTS = (
    *("documents", "memory", "CPU us a document", "of them in the system", "wall us"),
    *("peak MB", "bytes a document over a job of one"),
)
_RATIOS = ("what", "beside", "measured (rounds)", "goal", "")


def load(name: str) -> dict[str, Any]:
    """A saved result."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def render(results: Sequence[dict[str, Any]]) -> str:
    """Markdown: costs, ratios, and what they stand for."""
    costs = [_cost(of) for result in results for of in result["measurements"]]
    ratios = [_ratio(line) for result in results for line in result["lines"]]
    notes = [
        f"{note} Processes wanting a core when it began: {result['load_before']}."
        for result in results
        for note in table.notes(result)
    ]
    return "\n".join([*_rows(_COSTS, costs), "", *_rows(_RATIOS, ratios), "", *notes])


def spilled(measurement: Mapping[str, Any]) -> bool:
    """Whether it did not fit into its budget."""
    return bool(measurement["runs"][-1]["said"]["spilled"])


def _cost(of: dict[str, Any]) -> tuple[str, ...]:
    """What a document costs, start-up subtracted; of the peak nothing is, as a budget counts all."""
    runs, startup, documents = of["runs"], of["startup"], of["documents"]
    cpu, wall = (
        (median(run[clock] for run in runs) - startup[clock]) / documents for clock in CLOCKS
    )
    system = median(run["said"]["system_cpu_s"] for run in runs) - startup["said"]["system_cpu_s"]
    peak = max(run["max_rss_bytes"] for run in runs)
    return (
        f"{documents:,}",
        of["contender"] + (", spilled" if spilled(of) else ""),
        *(f"{seconds * 1e6:.2f}" for seconds in (cpu, system / documents, wall)),
        f"{peak / 1e6:,.0f}",
        f"{(peak - startup['max_rss_bytes']) / documents:,.0f}",
    )


def _ratio(line: dict[str, Any]) -> tuple[str, ...]:
    of, most = line["ratio"], line["goal"]["value"]
    measured = f"{of['middle']:.2f} ({of['lowest']:.2f} to {of['highest']:.2f})"
    return line["job"], line["beside"], measured, f"at most {figure(most)}", _verdict(line)


def _verdict(line: dict[str, Any]) -> str:
    return "met" if line["met"] else "missed"


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def main() -> None:
    """Prints the tables of all that is saved; files named on the command line get them."""
    table.show(render([load(name) for name in NAMES if (FOLDER / f"{name}.json").exists()]))


if __name__ == "__main__":
    main()
