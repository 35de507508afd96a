"""account: the sections that count: what was asked, what came of it, file by file, and how fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpusmill.report.charts import share_bar
from corpusmill.report.gather import Finished
from corpusmill.report.markup import Markup, heads, joined, number, table, tag, theirs
from corpusmill.shards.ledger import STATUSES, FileEntry

FILES_SHOWN = 1000


def summary(job: Finished) -> Markup:
    """The result in one sentence, three numbers and a bar."""
    totals = job.ledger.totals
    rows, kept = totals["rows_read"], totals["kept"]
    dropped, rejected = sum(totals["dropped"].values()), sum(totals["rejected"].values())
    parts = [("kept", "kept", kept)]
    for reason, count in totals["dropped"].items():
        parts.append((reason, f"dropped, {reason.replace('_', ' ')}", count))
    parts += [("rejected", "rejected", rejected)] if rejected else []
    legend = [
        tag("li", tag("span", f"{name} {count:,} ({share(count, rows)})"), class_=kind)
        for kind, name, count in parts
    ]
    label = "Rows by what became of them: " + ", ".join(f"{name} {n:,}" for _, name, n in parts)
    figures = {
        "rows read": rows,
        "kept": kept,
        "dropped": dropped,
        "rejected": rejected,
        "files": len(job.ledger.files),
    }
    pairs = (tag("div", tag("dt", name), tag("dd", f"{n:,}")) for name, n in figures.items())
    return joined(
        [
            tag("dl", pairs, class_="figures"),
            share_bar(parts, label),
            tag("ul", legend, class_="legend"),
        ]
    )


def problems(job: Finished) -> Markup:
    """What to know before using the output; nothing if all is well."""
    found = job.ledger.problems
    if not found:
        return Markup()
    told = [tag("li", theirs(problem)) for problem in found]
    return tag("div", tag("strong", "Before you use this"), tag("ul", told), class_="problems")


def asked(job: Finished, rule: str) -> Markup:
    """The options, all of them, what they mean, and the inputs as they were given."""
    options = job.ledger.options
    pairs = [
        tag("div", tag("dt", name), tag("dd", theirs("none" if value is None else f"{value}")))
        for name, value in options.items()
    ]
    inputs = [
        joined([", " if i else "", tag("code", theirs(name))])
        for i, name in enumerate(job.ledger.inputs)
    ]
    return joined(
        [
            tag("h2", "What was asked"),
            tag("p", rule),
            tag("dl", pairs, class_="options"),
            tag("p", "Inputs: ", inputs, "."),
        ]
    )


def files(job: Finished) -> Markup:
    """Rows of each file by what became of them; the first thousand, the rest in one line."""
    entries, totals = job.ledger.files, job.ledger.totals
    reasons = [("dropped", reason) for reason in totals["dropped"]]
    reasons += [("rejected", reason) for reason in totals["rejected"]]
    names = [f"{group}, {reason.replace('_', ' ')}" for group, reason in reasons]
    numbers = ["rows read", "kept", *names]
    foot = []
    rest = entries[FILES_SHOWN:]
    if rest:
        foot.append(_file_row(f"{len(rest):,} further files", rest, reasons, ""))
    foot.append(_file_row("all files", entries, reasons, ""))
    rows = (_file_row(file.path, [file], reasons, file.status) for file in entries[:FILES_SHOWN])
    more = f"; the first {FILES_SHOWN:,} of {len(entries):,} one by one" if rest else ""
    caption = f"Rows of each file by what became of them{more}"
    columns = heads("file", *numbers, "status", numbers=numbers)
    counts = table(caption, columns, rows, foot, class_="sortable")
    return joined([tag("h2", "File by file"), counts])


def _file_row(
    name: str, entries: Iterable[FileEntry], reasons: list[tuple[str, str]], status: str
) -> Markup:
    entries = list(entries)
    cells = [tag("td", theirs(name)), number(sum(file.rows_read for file in entries))]
    cells.append(number(sum(file.kept for file in entries)))
    for group, reason in reasons:
        cells.append(number(sum(getattr(file, group).get(reason, 0) for file in entries)))
    cells.append(tag("td", status, data_value=_STATUSES.index(status)))
    return tag("tr", cells)


_STATUSES = ["", *STATUSES]  # as they are sorted; of all files together none


def facts(job: Finished) -> Markup:
    """Times, rates, memory and versions; nothing of run.json is promised to be there."""
    told = list(_facts(job))
    if not told:
        return Markup()
    pairs = [tag("div", tag("dt", name), tag("dd", value)) for name, value in told]
    versions = [f"{name} {version}" for name, version in job.run.get("versions", {}).items()]
    on = tag("p", f"On {job.run.get('machine', 'an unknown machine')}: {', '.join(versions)}.")
    return joined([tag("h2", "The run"), tag("dl", pairs, class_="options"), on])


def _facts(job: Finished) -> Iterator[tuple[str, str]]:
    run, totals = job.run, job.ledger.totals
    if seconds := run.get("wall_s"):
        yield "began, UTC", str(run.get("began", ""))[:16].replace("T", " ")
        yield "time", f"{seconds:,.2f} s"
        yield "files", f"{totals['bytes'] / 1e6:,.1f} MB"
        yield "rate", f"{totals['bytes'] / 1e6 / seconds:,.1f} MB/s"
        yield "rows", f"{totals['rows_read'] / seconds:,.0f} a second"
    for stage, wall in run.get("stages_wall_s", {}).items():
        yield f"of this, {stage}", f"{wall:,.2f} s"
    if "cpu_s" in run:
        yield "processor", f"{run['cpu_s']:,.2f} s"
        yield "threads", f"{run.get('threads', '')}"
        yield "most memory", f"{run.get('max_rss_bytes', 0) / 1e6:,.0f} MB"
        yield "SIMD level", f"{run.get('simd', '')}"


def share(count: int, of: int) -> str:
    return f"{100 * count / of:.2f} %" if of else "0 %"
