"""run: the steps of a recipe, one after the other, and one account at the end.

Everything lies in the recipe's OUT: a folder for each step, as its job leaves it, and account.json,
which is there if and only if all steps have finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from corpusmill.shards import ours
from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import DATA, LEDGER, NEW, shown
from corpusmill.shards.progress import Listener, Notice, Report
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.recipe import digests
from corpusmill.shards.recipe.account import ACCOUNT, Account, StepAccount
from corpusmill.shards.recipe.notes import LOCK, Notes
from corpusmill.shards.recipe.plan import Planned, check_folder, ledger_of, of, outputs_of, plan_of
from corpusmill.shards.recipe.recipe import Recipe, Step, load
from corpusmill.shards.state.lock import Lock
from corpusmill.shards.state.out import OutFolder

Finished = Callable[[str, Ledger], None]
"""Told of a step's folder and ledger."""


def plan(recipe: AnyPath, *, overwrite: bool = False) -> list[Planned]:
    """What `run` would do: each step with all its options, inputs and folder, and why it would run.

    Writes nothing. Checks all that can be known before rows are read: names, types and values of
    options, inputs, folders.

    Raises UsageError (a ValueError) that names the place of what is wrong.
    """
    found = load(recipe)
    check_folder(found.out)
    return plan_of(found, Notes(found.out), overwrite=overwrite)


def run(
    recipe: AnyPath,
    *,
    threads: int = 0,
    memory: int | str | None = None,
    overwrite: bool = False,
    progress: Report | None = None,
    notice: Listener | None = None,
    finished: Finished | None = None,
) -> Account:
    """Runs the steps of a recipe, each on the rows that the one before kept.

    recipe          a TOML file, to whose folder the paths in it are relative (docs/recipes.md)
    threads, memory for steps that do not say
    overwrite       replace results in a step's folder that this recipe did not leave there; those that
                    it did are replaced when what decides them has changed
    progress, notice    as `dedup` has them; a stage is called by its step too, and a notice of the kind
                    "step" says of each what becomes of it
    finished        called with the folder and the ledger of each step that has run, before the data
                    that it read may go
    returns         the account, which also lies in OUT/account.json; read its `problems`

    Steps that have finished are not run again, unless their options, inputs, version or a step before
    has changed; one that was stopped goes on where it was. So the same recipe ends with the same bytes,
    however often it is stopped.

    Raises UsageError (a ValueError; nothing was written), or JobError or OSError (run again to go on).
    """
    found = load(recipe)
    tell = notice or (lambda _: None)
    with _claimed(found.out):
        notes = Notes(found.out)
        planned = plan_of(found, notes, overwrite=overwrite)
        (found.out / ACCOUNT).unlink(missing_ok=True)
        for number, one in enumerate(planned):
            said = f"step {number + 1} of {len(planned)}, {one.step.name}"
            _tell_of(one, said, tell)
            if one.why:
                wrong = JobError if any(earlier.why for earlier in planned[:number]) else UsageError
                with _naming(said, wrong), _noted(found, number, notes):
                    ledger = one.step.job.function(
                        one.inputs,
                        one.step.out,
                        **one.step.arguments(threads=threads, memory=memory),
                        overwrite=True,
                        progress=_named(progress, one.step.name),
                        notice=notice,
                    )
                if finished:
                    finished(str(one.step.out), ledger)
            else:
                _tidy(one.step)
            notes.end(one.step.out, one.step.writes.values())
            needed = found.source(number + 1) if number + 1 < len(found.steps) else number
            for step in found.steps[: needed or 0]:
                _remove_data(step)
        account = Account(found.out, [_account(step) for step in found.steps])
        account.check()
        _write(found.out / ACCOUNT, account.to_json())
    return account


@contextmanager
def _claimed(out: Path) -> Iterator[None]:
    """Holds the folder for one run at a time; goes if nothing was written."""
    check_folder(out)
    created = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = Lock(out / LOCK)
        if not lock.take():
            raise UsageError(f"out: another run is writing {shown(out)!r}; wait for it")
    except OSError as error:
        raise UsageError(f"out: {shown(out)!r} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        lock.remove()
        lock.release()
        if created:
            with suppress(OSError):  # not empty
                out.rmdir()


@contextmanager
def _noted(recipe: Recipe, number: int, notes: Notes) -> Iterator[None]:
    """Notes that a step begins; not if its job refuses to: then all there is, is as it was."""
    step = recipe.steps[number]
    source = recipe.source(number)
    before = None if source is None else digests.of_file(recipe.steps[source].out / LEDGER)
    wrote, paths = notes.wrote(step.name), map(Path, step.writes.values())
    ours_there = [path for path in paths if path.is_file() and digests.of_file(path) in wrote]
    earlier = notes.begin(step.out, of(step, before))
    try:
        with _aside(ours_there):
            yield
    except UsageError:
        notes.put_back(step.out, earlier)
        raise


@contextmanager
def _aside(paths: Sequence[Path]) -> Iterator[None]:
    """Files that a step made and now makes anew are out of its way, and gone when it has."""
    moved = [(path, path.with_name(f"{path.name}.before")) for path in paths]
    for path, away in moved:
        path.replace(away)
    try:
        yield
    except BaseException:
        for path, away in moved:
            if not path.exists():
                away.replace(path)
        raise
    for _, away in moved:
        away.unlink()


@contextmanager
def _naming(said: str, wrong: type[Exception]) -> Iterator[None]:
    """Errors name the step. `wrong`: what wrong usage is, if steps before have written something."""
    try:
        yield
    except UsageError as error:
        raise wrong(f"{said}: {error}") from None
    except JobError as error:
        raise JobError(f"{said}: {error}") from error


def _named(progress: Report | None, name: str) -> Report | None:
    if progress is None:
        return None
    return lambda news: progress(replace(news, stage=f"{name} {news.stage}"))


def _tell_of(one: Planned, said: str, tell: Listener) -> None:
    what = f"runs: {one.why}" if one.why else "has finished, and nothing has changed"
    facts = {"step": one.step.name, "runs": one.why is not None, "out": str(one.step.out)}
    tell(Notice("step", f"{said} {what}", facts))


def _tidy(step: Step) -> None:
    """Takes away what a run had saved that was killed when the results were in place."""
    if (step.out / ours.STATE).exists():
        with OutFolder(step.out, overwrite=True).finishing():
            pass


def _remove_data(step: Step) -> None:
    """Takes away the rows that a step kept, which the next one has read, if they are not to stay."""
    if step.keep_data:
        return
    data = {name for name in outputs_of(step) if Path(name).parts[0] == DATA}
    for name in ours.lying(step.out, data):
        (step.out / name).unlink()
        for parent in Path(name).parents[:-1]:
            with suppress(OSError):  # not empty
                (step.out / parent).rmdir()


def _account(step: Step) -> StepAccount:
    digest = digests.of_file(step.out / LEDGER) or ""
    return StepAccount(step.name, ledger_of(step), digest, keeps_rows=step.job.keeps_rows)


def _write(path: Path, text: str) -> None:
    new = path.with_name(path.name + NEW)
    new.write_text(text, encoding="utf-8")
    new.replace(path)
