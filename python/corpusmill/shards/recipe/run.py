"""run: the steps of a recipe, one after the other, and one account at the end.

Everything lies in the recipe's OUT: a folder for each step, as its job leaves it, and account.json,
which is there if and only if all steps have finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpusmill.shards.errors import JobError, UsageError
from corpusmill.shards.jobs.results import reading
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.ours import DATA, LEDGER, NEW, shown
from corpusmill.shards.progress import Listener, Notice, Report
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.recipe import digests
from corpusmill.shards.recipe.account import ACCOUNT, Account, StepAccount
from corpusmill.shards.recipe.notes import NOTES, Notes
from corpusmill.shards.recipe.plan import Planned, of, plan_of
from corpusmill.shards.recipe.recipe import Recipe, Step, load
from corpusmill.shards.state.lock import Lock

LOCK = ".lock"

Finished = Callable[[str, Ledger], None]
"""Told of a step's folder and ledger."""


def plan(recipe: AnyPath, *, overwrite: bool = False) -> list[Planned]:
    """What `run` would do: each step with all its options, inputs and folder, and why it would run.

    Writes nothing. Checks all that can be known before rows are read: names, types and values of
    options, inputs, folders.

    Raises UsageError (a ValueError) that names the place of what is wrong.
    """
    found = load(recipe)
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
    with _claimed(found.out):
        notes = Notes(found.out)
        planned = plan_of(found, notes, overwrite=overwrite)
        (found.out / ACCOUNT).unlink(missing_ok=True)
        tell = notice or (lambda _: None)
        for number, one in enumerate(planned):
            _tell_of(one, number, len(planned), tell)
            if one.why:
                before = digests.of_file(found.steps[number - 1].out / LEDGER) if number else None
                notes.begin(one.step.out, of(one.step, before))
                ledger = _run(
                    one,
                    first=not any(earlier.why for earlier in planned[:number]),
                    threads=threads,
                    memory=memory,
                    overwrite=overwrite or notes.may_replace(one.step.out),
                    progress=_named(progress, one.step.name),
                    notice=notice,
                )
                notes.end(one.step.out)
                if finished:
                    finished(str(one.step.out), ledger)
            for step in found.steps[:number]:
                _remove_data(step)
        account = Account([_account(step) for step in found.steps])
        account.check()
        _write(found.out / ACCOUNT, account.to_json())
    return account
