"""plan: which steps of a recipe have to run, and why. Reads ledgers and what is hashed; runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from corpusmill.shards import ours, run_facts
from corpusmill.shards.errors import UsageError
from corpusmill.shards.jobs.results import reading
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import LEDGER, shown
from corpusmill.shards.reading.inputs import Input, find
from corpusmill.shards.recipe import digests
from corpusmill.shards.recipe.notes import NOTES, UNNOTED, Notes, Of, plain
from corpusmill.shards.recipe.recipe import Recipe, Step


@dataclass(frozen=True)
class Planned:
    """A step, what it reads, and why it has to run; None: it has finished, and nothing has changed."""

    step: Step
    inputs: list[str]
    why: str | None


def check_folder(out: Path) -> None:
    """UsageError if it holds files, but none of a recipe."""
    try:
        held = {entry.name for entry in out.iterdir()} if out.exists() else set()
        if held - UNNOTED and NOTES not in held:
            raise UsageError(
                f"out: {shown(out)!r} holds files that no recipe left there; name an empty or new folder"
            )
    except OSError as error:
        raise UsageError(f"out: {shown(out)!r} cannot be read: {error.strerror}") from error


def plan_of(recipe: Recipe, notes: Notes, *, overwrite: bool) -> list[Planned]:
    """All steps. If one has to run, so do those that read its data, and those whose data it lacks.

    UsageError if inputs cannot be found, or other results lie where a step would write its own.
    """
    files = find(recipe.inputs, recipe.out)
    if len(find(recipe.inputs, recipe.steps[0].out)) != len(files):
        raise UsageError(
            f"inputs: they match files in {shown(recipe.out)!r}, where the recipe writes"
        )
    for step in recipe.steps:
        if not overwrite and not notes.may_replace(step.out):
            raise UsageError(
                f"{shown(step.out)!r} holds results that this recipe did not leave there; move them, "
                "or say overwrite=True (--overwrite) to replace them"
            )
    reasons = _all_reasons(recipe, notes, files)
    _run_behind(recipe, reasons)
    for number in reversed(range(len(reasons))):
        source = recipe.source(number)
        if source is None or not reasons[number] or reasons[source]:
            continue
        if _lacks(recipe.steps[source]):
            reasons[source] = f"its data is gone, and {recipe.steps[number].name} reads it"
    _run_behind(recipe, reasons)
    return [
        Planned(step, recipe.inputs_of(number), reasons[number])
        for number, step in enumerate(recipe.steps)
    ]


def _run_behind(recipe: Recipe, reasons: list[str | None]) -> None:
    """What reads the data of a step that runs, does so too."""
    for number in range(len(reasons)):
        source = recipe.source(number)
        if source is not None and reasons[source] and not reasons[number]:
            reasons[number] = f"{recipe.steps[source].name} runs"


def _all_reasons(recipe: Recipe, notes: Notes, files: Sequence[Input]) -> list[str | None]:
    """Why each step has to run by itself, if it has to."""
    found: list[str | None] = []
    ledgers = [notes.results(step.out) for step in recipe.steps]  # their digests
    for number, step in enumerate(recipe.steps):
        source, read, before = recipe.source(number), files, None
        if source is not None:
            read, before = [], ledgers[source]
            if ledgers[number] and not found[source] and not _lacks(recipe.steps[source]):
                data = find(recipe.inputs_of(number), step.out)
                what = next(_changed(step, data), None)
                found[source] = what and f"in its data {what}"
        found.append(next(_reasons(step, notes, before, read), None))
    return found


def of(step: Step, before: str | None) -> Of:
    """All that decides the results of a step but the inputs of the first, which its ledger knows.

    before      the digest of the ledger of the step whose data it reads
    """
    reads: dict[str, Any] = {"ledger": before}
    for name, path in step.reads.items():
        reads[name] = digests.of_paths(path)
    software = {"corpusmill": version("corpusmill")}
    return plain(
        {"command": step.command, "options": step.deciding, "software": software, "reads": reads}
    )


def _reasons(step: Step, notes: Notes, before: str | None, files: Sequence[Input]) -> Iterator[str]:
    """Why a step has to run, if it has to. `files`: inputs of the first step."""
    then = notes.of(step.name)
    if then is None:
        yield "it has not run yet"
        return
    yield from _differences(then, of(step, before))
    if notes.results(step.out) is None:
        yield "it has not finished"
        return
    yield from _changed(step, files)
    for name, path in step.writes.items() if notes.ended(step.name) else ():
        if digests.of_file(Path(path)) not in notes.wrote(step.name):
            yield f"{name} names a file that has changed"
    if step.keep_data and _lacks(step):
        yield "files of its data are gone"


def _differences(then: Of, now: Of) -> Iterator[str]:
    if then["command"] != now["command"]:
        yield f"it was {then['command']}"
    for name, value in now["options"].items():
        if then["options"].get(name) != value:
            yield f"{name} was {then['options'].get(name)!r}, and is {value!r}"
    if then["software"] != now["software"]:
        yield f"it was run by corpusmill {then['software'].get('corpusmill')}"
    for name in now["reads"]:
        if then["reads"].get(name) != now["reads"][name]:
            yield "the step before has run since" if name == "ledger" else f"{name} has changed"


def _changed(step: Step, files: Sequence[Input]) -> Iterator[str]:
    """Which of its inputs are no longer those of the ledger. Those touched since are hashed."""
    if not files:
        return
    entries = ledger_of(step).files
    if [shown(file.name) for file in files] != [entry.path for entry in entries]:
        yield "there are other inputs"
        return
    began = run_facts.began_ns(run_facts.load(step.out))
    for file, entry in zip(files, entries, strict=True):
        if file.size != entry.bytes or (
            file.path.stat().st_mtime_ns >= began and digests.of_file(file.path) != entry.xxh3_128
        ):
            yield f"{shown(file.name)} has changed"


def _lacks(step: Step) -> bool:
    """Whether files that it wrote are gone."""
    names = outputs_of(step)
    return len(ours.lying(step.out, names)) < len(names)


def outputs_of(step: Step) -> set[str]:
    """The files that a finished step wrote, as its ledger has their names."""
    ledger = ledger_of(step)
    counted = set() if step.job.keeps_rows else {*ledger.findings.get("tables", {})}
    return counted.union(*(file.outputs for file in ledger.files))


def ledger_of(step: Step) -> Ledger:
    """That of a finished step."""
    with reading(step.out, LEDGER):
        return Ledger.load(step.out)
