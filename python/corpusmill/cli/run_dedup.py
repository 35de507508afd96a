"""run_dedup: one near-duplicate job with its progress, its end and its exit code."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import typer

from corpusmill import report as reports
from corpusmill import shards
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for
from corpusmill.cli.streams import complain


def run_dedup(
    inputs: Sequence[str],
    out: str,
    options: dict[str, Any],
    *,
    report: bool,
    as_json: bool,
    quiet: bool,
) -> shards.Ledger:
    """Runs the job; typer.Exit with the exit code if that is not 0."""
    began = time.perf_counter()
    show = show_for(as_json=as_json, quiet=quiet)
    with closing(show), exits(show):
        ledger = shards.dedup(inputs, out, progress=show.progress, notice=show.notice, **options)
        seconds = time.perf_counter() - began
        unwritten = _report(out) if report else None
        show.done(ledger, out, seconds)
    if unwritten:
        complain(f"corpusmill: the results are in place, but not report.html: {unwritten}")
    if ledger.problems or unwritten:
        raise typer.Exit(DONE_WITH_PROBLEMS)
    return ledger


def _report(out: str) -> str | None:
    """Writes the report; why that could not be done, if so: the job itself is done."""
    try:
        reports.write(out)
    except (OSError, ValueError, MemoryError) as error:
        return str(error) or type(error).__name__
    return None
