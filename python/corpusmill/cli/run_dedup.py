"""run_dedup: one near-duplicate job, and its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpusmill import report as reports
from corpusmill import shards
from corpusmill.cli.run_job import run_job


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
    after = write_report if report else lambda _: None
    return run_job(shards.dedup, inputs, out, options, as_json=as_json, quiet=quiet, after=after)


def write_report(out: str) -> str | None:
    """Writes the report; why that could not be done, if so: the job itself is done."""
    try:
        reports.write(out)
    except (OSError, ValueError, MemoryError) as error:
        told = str(error) or type(error).__name__
        return f"the results are in place, but not report.html: {told}"
    return None
