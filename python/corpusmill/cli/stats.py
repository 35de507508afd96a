"""stats: `corpusmill stats IN...`: the options of corpusmill.shards.stats, and where its answer goes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from corpusmill import _whole_file, shards
from corpusmill.cli import options, streams
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for
from corpusmill.cli.stats_table import stats_table
from corpusmill.shards.reading.inputs import check_spared


def stats(
    inputs: options.Inputs,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A file for the numbers, as JSON.")
    ] = None,
    *,
    text: options.Text = "text",
    threads: options.Threads = 0,
    max_rejected: options.MaxRejected = 0.001,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the numbers as JSON, and no table.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Say what files of rows are made of: rows, lengths, scripts, repeats, fields, rejects."""
    show = show_for(as_json=False, quiet=quiet)
    with closing(show), exits(show):
        if out is not None and (out.is_dir() or not out.parent.is_dir()):
            raise shards.UsageError(f"out: {str(out)!r} is no file in a folder that is there")
        if out is not None:
            check_spared("out", out, inputs)
        found = shards.stats(
            inputs, text=text, threads=threads, max_rejected=max_rejected, progress=show.progress
        )
    if as_json:
        streams.say(found.to_json().removesuffix("\n"))
    elif not quiet:
        streams.show(stats_table(found))
    with exits(show):
        if out is not None:
            _write(out, found.to_json())
    for problem in found.problems:
        streams.complain(f"corpusmill: {problem}")
    if found.problems:
        raise typer.Exit(DONE_WITH_PROBLEMS)


def _write(path: Path, text: str) -> None:
    try:
        _whole_file.write(path, text.encode())
    except OSError as error:
        raise shards.JobError(f"cannot write {path}: {error.strerror}") from error
