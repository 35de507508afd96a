"""any_job: the page of a job that has none of its own: what became of its rows, and all that its ledger found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corpusmill.report import account, evidence
from corpusmill.report.frame import Page
from corpusmill.report.gather import Finished
from corpusmill.report.markup import Markup, heads, joined, table, tag, theirs

FINDINGS_SHOWN = 500


def of_any(job: Finished) -> Page:
    """The whole of it."""
    command, totals = job.ledger.command, job.ledger.totals
    rows, kept = totals["rows_read"], totals["kept"]
    lead = (
        f"corpusmill {command}: of {rows:,} rows, {kept:,} were kept, {account.share(kept, rows)}."
    )
    rule = "These options decide the results; threads and the machine do not."
    sections = [
        account.problems(job),
        account.summary(job),
        account.asked(job, rule),
        _findings(job.ledger.findings),
        account.files(job),
        evidence.rejects(job),
        account.facts(job),
    ]
    version = job.ledger.software.get("corpusmill", "")
    colophon = (
        f"Written by corpusmill {version} from ledger.json, rejected/ and run.json. The first two are the "
        "same for any threads and machine; what this page says of time is not."
    )
    return Page(command, "What became of the rows", lead, sections, colophon)


def _findings(findings: Mapping[str, Any]) -> Markup:
    """What the ledger has beside the files, name by name."""
    found = list(_flat((), findings))
    if not found:
        return Markup()
    rows = [
        tag("tr", tag("td", theirs(name)), tag("td", theirs(said)))
        for name, said in found[:FINDINGS_SHOWN]
    ]
    more = f"; the first {FINDINGS_SHOWN:,} of {len(found):,}" if len(found) > len(rows) else ""
    shown = table(f"What ledger.json has beside the files{more}", heads("what", "found"), rows)
    return joined([tag("h2", "What was found"), shown])


def _flat(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    """Each value with the names that lead to it; what stands in a list, by its place from 1."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat((*path, str(name).replace("_", " ")), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, inner in enumerate(value, 1):
            yield from _flat((*path, str(number)), inner)
    else:
        yield ", ".join(path), _said(value)


def _said(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "none" if value is None else f"{value}"
