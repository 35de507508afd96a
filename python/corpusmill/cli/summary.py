"""summary: what a job did, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from corpusmill.shards import Account, Ledger
from corpusmill.shards.jobs.score.corpus import sentence


def summary(done: Ledger | Account, out: str, seconds: float) -> Group:
    """Rows by what became of them, sizes and rate, and where the outputs lie."""
    if isinstance(done, Account):
        return _of_steps(done, out, seconds)
    return _of_job(done, out, seconds)


def _of_job(ledger: Ledger, out: str, seconds: float) -> Group:
    totals = ledger.totals
    report = f"{out}/report.html" if Path(out, "report.html").is_file() else None
    num_rows = totals["rows_read"]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    tables = ledger.findings.get("tables")  # of a job that counts rows and writes none
    lines = [("rows read", num_rows), ("counted" if tables else "kept", totals["kept"])]
    lines += [(f"dropped, {reason}", count) for reason, count in totals["dropped"].items()]
    lines += [(f"rejected, {reason}", count) for reason, count in totals["rejected"].items()]
    for what, count in lines:
        table.add_row(what, f"{count:,}", f"{count / num_rows:.2%}" if num_rows else "")
    rate = totals["bytes"] / 1e6 / seconds if seconds else 0.0
    files = ", ".join(f"{count:,} {status}" for status, count in totals["files"].items())
    return Group(
        table,
        Text(
            f"files: {files}; {totals['bytes'] / 1e6:,.1f} MB of files in {seconds:.1f} s, "
            f"{rate:,.0f} MB/s"
        ),
        *map(Text, _corpus(ledger)),
        *map(Text, _results(ledger, out)),
        Text(f"the account in {out}/ledger.json" + _rejected(ledger, out)),
        *([Text(f"all of it on one page: {report}")] if report else []),
    )


def _corpus(ledger: Ledger) -> Iterator[str]:
    """What each model made of all texts."""
    for number, found in enumerate(ledger.findings.get("corpus", []), 1):
        if said := sentence(found):
            yield f"model {number}: {said}"


def _of_steps(account: Account, out: str, seconds: float) -> Group:
    """What each step did; each read what the one before kept."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("step")
    for name in ("read", "kept", "dropped", "rejected"):
        table.add_column(name, justify="right")
    for step in account.steps:
        counts = step.counts
        gone = [f"{sum(counts[what].values()):,}" for what in ("dropped", "rejected")]
        table.add_row(step.name, f"{counts['rows_read']:,}", f"{counts['kept']:,}", *gone)
    last = f"{out}/{account.steps[-1].name}"
    return Group(
        table,
        Text(f"{len(account.steps)} steps in {seconds:.1f} s; kept rows in {last}/data,"),
        Text(f"the account in {out}/account.json, that of a step in its ledger.json"),
    )


def _results(ledger: Ledger, out: str) -> list[str]:
    """Where they lie."""
    if tables := ledger.findings.get("tables"):
        return [f"{rows:,} rows in {out}/{name}" for name, rows in tables.items()]
    if tokens := ledger.findings.get("tokens"):
        filled = f", {tokens['padding_share']:.2%} of them padding" if tokens["padding"] else ""
        told = f"{tokens['tokens']:,} tokens of {tokens['text_bytes'] / 1e6:,.1f} MB of text"
        return [f"{told}, in {tokens['rows']:,} rows{filled}: {out}/tokens"]
    return [f"kept rows in {out}/data," + _duplicates(ledger, out)]


def _duplicates(ledger: Ledger, out: str) -> str:
    return f" what went for what in {out}/duplicates.parquet," if ledger.command == "dedup" else ""


def _rejected(ledger: Ledger, out: str) -> str:
    return f", rejected lines in {out}/rejected" if ledger.totals["rejected"] else ""
