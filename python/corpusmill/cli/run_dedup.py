"""run_dedup: one near-duplicate job with its progress, its end and its exit code."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import typer

from corpusmill import shards
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for


def run_dedup(
    inputs: Sequence[str], out: str, options: dict[str, Any], *, as_json: bool, quiet: bool
) -> shards.Ledger:
    """Runs the job; typer.Exit with the exit code if that is not 0."""
    began = time.perf_counter()
    show = show_for(as_json=as_json, quiet=quiet)
    with closing(show), exits(show):
        ledger = shards.dedup(inputs, out, progress=show.progress, notice=show.notice, **options)
        show.done(ledger, out, time.perf_counter() - began)
    if ledger.problems:
        raise typer.Exit(DONE_WITH_PROBLEMS)
    return ledger
