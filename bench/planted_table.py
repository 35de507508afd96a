"""planted_table: what bench/planted.py has saved, as a table: `python -m bench.planted_table docs/contamination.md`.

Prints it, and puts it between the markers of a file that is named. Measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench import table
from bench.results import FOLDER


def render(found: Mapping[str, Any]) -> str:
    """Markdown: a line for each rule, and what they stand for."""
    kinds = list(found["rules"][0]["found"])
    rows = [
        f"| rule | {' | '.join(kinds)} | false alarms |",
        "|---|" + "---:|" * (len(kinds) + 1),
        *(_row(of) for of in found["rules"]),
    ]
    size = f"{found['items']:,} items, {found['documents']:,} documents"
    at = f"Python {found['machine']['python']}; {found['date']}, commit {found['commit'] or 'none'}"
    return "\n".join([*rows, "", f"{size}; {at}."])


def _row(of: Mapping[str, Any]) -> str:
    shares = [f"{100 * share:.1f} %" for share in of["found"].values()]
    return f"| {of['rule']} | {' | '.join(shares)} | {100 * of['false_alarms']:.2f} % |"


def main() -> None:
    """Prints the table; files named on the command line get it."""
    table.show(render(json.loads((FOLDER / "planted.json").read_text())))


if __name__ == "__main__":
    main()
