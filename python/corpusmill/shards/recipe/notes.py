"""notes: OUT/.steps.json: what each step of a recipe was when it last began, and how it ended.

Results lie in a step's folder if and only if its ledger does. They are those of a note if the ledger is
the one that the note names or, where the run was killed before it could name one, another than the
one that lay there when the step began.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from corpusmill.shards import ours
from corpusmill.shards.ours import LEDGER, NEW
from corpusmill.shards.recipe import digests

NOTES, LOCK = ".steps.json", ".lock"

UNNOTED = {LOCK, NOTES + NEW}
"""What a run leaves that was killed before it noted anything."""

Of = dict[str, Any]
"""All that decides the results of a step: command, options, software, what it reads."""


class Notes:
    """Those in one folder; none if there are none that can be read."""

    def __init__(self, out: Path) -> None:
        self._path = out / NOTES
        try:
            content: Any = json.loads(self._path.read_text(encoding="utf-8"))
            self._steps = {name: dict(note) for name, note in content.items() if note["of"]}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            self._steps = {}

    def of(self, name: str) -> Of | None:
        """What the step was when it last began."""
        note = self._steps.get(name)
        return None if note is None else note["of"]

    def results(self, folder: Path) -> str | None:
        """The digest of the ledger in a step's folder, if it is that of the note."""
        note, ledger = self._steps.get(folder.name), digests.of_file(folder / LEDGER)
        if note is None or ledger is None or (folder / ours.STATE / ours.INDEX).exists():
            return None
        is_it = ledger == note["ledger"] if "ledger" in note else ledger != note["replaces"]
        return ledger if is_it else None

    def may_replace(self, folder: Path) -> bool:
        """Whether what lies in a step's folder was left there by its recipe."""
        note, ledger = self._steps.get(folder.name, {}), digests.of_file(folder / LEDGER)
        known = (note.get("ledger"), note.get("replaces"))
        return ledger is None or ledger in known or ("of" in note and "ledger" not in note)

    def wrote(self, name: str) -> list[str]:
        """Digests of the files that a step made, besides those in its folder, when it last ended."""
        return list(self._steps.get(name, {}).get("wrote", []))

    def ended(self, name: str) -> bool:
        return "ledger" in self._steps.get(name, {})

    def begin(self, folder: Path, of: Of) -> dict[str, Any] | None:
        """The step begins; what was noted of it before."""
        earlier = self._steps.get(folder.name)
        replaces = digests.of_file(folder / LEDGER)
        note = {"of": of, "replaces": replaces, "wrote": self.wrote(folder.name)}
        self._steps[folder.name] = note
        self._write()
        return earlier

    def put_back(self, folder: Path, earlier: dict[str, Any] | None) -> None:
        """The step has not begun."""
        del self._steps[folder.name]
        if earlier:
            self._steps[folder.name] = earlier
        self._write()

    def end(self, folder: Path, wrote: Iterable[str]) -> None:
        """The step is done, in this run or an earlier one. `wrote`: other files that it made."""
        note = {
            "of": self._steps[folder.name]["of"],
            "ledger": digests.of_file(folder / LEDGER),
            "wrote": [digests.of_file(Path(path)) for path in wrote],
        }
        if self._steps[folder.name] != note:
            self._steps[folder.name] = note
            self._write()

    def _write(self) -> None:
        if not self._steps:
            self._path.unlink(missing_ok=True)
            return
        new = self._path.with_name(self._path.name + NEW)
        new.write_text(json.dumps(self._steps, indent=1) + "\n", encoding="utf-8")
        new.replace(self._path)


def plain(of: Mapping[str, Any]) -> Of:
    """As it comes back from a file."""
    content: Of = json.loads(json.dumps(of))
    return content
