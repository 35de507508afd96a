"""run_dedup: one near-duplicate job, and its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpusmill import report as reports
from corpusmill import shards
from corpusmill.cli.run_job import run_job


def run_dedup(given: Mapping[str, Any], *, report: bool) -> shards.Ledger:
    """Runs the job, all of it as `run_job` has it; typer.Exit with the exit code if that is not 0."""
    return run_job(shards.dedup, given, after=write_report if report else lambda _: None)


def write_report(out: str) -> str | None:
    """Writes the report; why that could not be done, if so: the job itself is done."""
    try:
        reports.write(out)
    except (OSError, ValueError, MemoryError) as error:
        told = str(error) or type(error).__name__
        return f"the results are in place, but not report.html: {told}"
    return None
