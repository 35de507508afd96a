"""run: `corpusmill run RECIPE.toml`: the steps of a recipe, or what they would be."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import streams
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.options import AsJson, Memory, Quiet, Threads
from corpusmill.cli.run_dedup import write_report
from corpusmill.cli.show import show_for


def run(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE.toml", help="Inputs, OUT and steps.")],
    *,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check the recipe, print what each step is, and stop."),
    ] = False,
    threads: Threads = 0,
    memory: Memory = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace results that the recipe did not leave in OUT."),
    ] = False,
    report: Annotated[
        bool,
        typer.Option("--report/--no-report", help="Write report.html for dedup steps as well."),
    ] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run several commands, each on the rows that the one before kept, as RECIPE.toml says.

    Steps that have finished are not run again unless something that decides them has changed; what
    was stopped goes on. OUT/account.json tells where every row came out, each step's ledger the rest.
    """
    began = time.perf_counter()
    show = show_for(as_json=as_json, quiet=quiet)
    wrong: list[str | None] = []

    def finished(out: str, ledger: shards.Ledger) -> None:
        if report and ledger.command == "dedup":
            wrong.append(write_report(out))

    with closing(show), exits(show):
        if dry_run:
            planned = shards.plan(recipe, overwrite=overwrite)
            streams.say(json.dumps(list(map(_facts, planned))) if as_json else _text(planned))
            return
        account = shards.run(
            recipe,
            threads=threads,
            memory=memory,
            overwrite=overwrite,
            progress=show.progress,
            notice=show.notice,
            finished=finished,
        )
        show.done(account, str(account.out), time.perf_counter() - began)
    for message in filter(None, wrong):
        streams.complain(f"corpusmill: {message}")
    if account.problems or any(wrong):
        raise typer.Exit(DONE_WITH_PROBLEMS)


def _facts(planned: shards.Planned) -> dict[str, Any]:
    step = planned.step
    return {
        "step": step.name,
        "command": step.command,
        "inputs": planned.inputs,
        "out": str(step.out),
        "options": dict(step.options),
        "keep_data": step.keep_data,
        "runs": planned.why,
    }


def _text(planned: list[shards.Planned]) -> str:
    return "\n".join(line for number, one in enumerate(planned, 1) for line in _lines(number, one))


def _lines(number: int, planned: shards.Planned) -> Iterator[str]:
    step = planned.step
    yield f"step {number}, {step.name}: " + (f"runs: {planned.why}" if planned.why else "finished")
    yield f"  command          {step.command}"
    yield f"  inputs           {' '.join(planned.inputs)}"
    yield f"  out              {step.out}" + (
        "" if step.keep_data else ", its data until it is read"
    )
    for name, value in step.options.items():
        yield f"  {name:16} {json.dumps(value, ensure_ascii=False)}" + (
            "" if name in step.given else "  (default)"
        )
