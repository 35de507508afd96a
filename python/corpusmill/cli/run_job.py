"""run_job: one job over files with its progress, its end and its exit code."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import typer

from corpusmill import shards
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for
from corpusmill.cli.streams import complain


def run_job(
    job: Callable[..., shards.Ledger],
    given: Mapping[str, Any],
    *,
    after: Callable[[str], str | None] = lambda _: None,
) -> shards.Ledger:
    """Runs the job; typer.Exit with the exit code if that is not 0.

    given       all that a command was given: inputs, out, shared (with as_json and quiet); the others
                are the job's options, as the rest of shared is
    after       what follows in the folder of a job that is done; says what went wrong there, if so
    """
    options = {**given, **given["shared"]}
    del options["shared"]
    inputs, out = options.pop("inputs"), options.pop("out")
    show = show_for(as_json=options.pop("as_json"), quiet=options.pop("quiet"))
    began = time.perf_counter()
    with closing(show), exits(show):
        ledger = job(inputs, out, progress=show.progress, notice=show.notice, **options)
        seconds = time.perf_counter() - began
        wrong = after(out)
        show.done(ledger, out, seconds)
    if wrong:
        complain(f"corpusmill: {wrong}")
    if ledger.problems or wrong:
        raise typer.Exit(DONE_WITH_PROBLEMS)
    return ledger
