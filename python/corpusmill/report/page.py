"""page: the sections as one HTML file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from corpusmill.report import account, evidence
from corpusmill.report.gather import STRATA, Job, gather
from corpusmill.report.markup import Markup, joined, tag
from corpusmill.report.samples import Sample, samples
from corpusmill.shards.jobs.why.sources import Sources
from corpusmill.shards.reading.inputs import AnyPath

NAME = "report.html"


def write(out: AnyPath, *, inputs: AnyPath | Sequence[AnyPath] | None = None) -> Path:
    """Writes OUT/report.html for the job that finished in `out`; returns its path.

    inputs      where the inputs are now, if they are no longer where they were: the texts of the
                samples are read from them. Without them, the report says so and has the rest.

    The same page for the same output folder and inputs. One walk over duplicates.parquet; of each
    input with a sample, at most 256 MiB are read (one that was touched since the job is read whole,
    to see that it is still the same).

    Raises UsageError (a ValueError) if no job has finished in `out`, OSError if the page cannot be
    written; an earlier page is then as it was.
    """
    job = gather(out)
    lines = [line for stratum, line in sorted(job.pairs.samples.items())]
    if len(lines) > STRATA // 2:
        lines = [line for line in lines if line["similarity"] < 1]
    page = html(job, samples(lines, Sources(out, job.ledger, inputs)))
    path = Path(out) / NAME
    new = path.with_name(f".{NAME}.{os.getpid()}")
    try:
        new.write_text(page, encoding="utf-8", newline="\n")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return path


def html(job: Job, pairs: Sequence[Sample]) -> str:
    """The whole page."""
    style, script = _beside("style.css"), _beside("sort.js")
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"
    title = f"corpusmill {job.ledger.command}: what was kept, what went, and why"
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", style),
    ]
    body = [
        tag("header", tag("h1", "What was kept, what went, and why"), _subtitle(job)),
        tag("main", _sections(job, pairs)),
        tag("footer", tag("p", _colophon(job))),
        tag("script", script),
    ]
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _sections(job: Job, pairs: Sequence[Sample]) -> Markup:
    return joined(
        [
            account.problems(job),
            account.summary(job),
            account.asked(job),
            evidence.similarities(job),
            evidence.shown_samples(job, pairs),
            evidence.clusters(job),
            account.files(job),
            evidence.rejects(job),
            account.facts(job),
        ]
    )


def _subtitle(job: Job) -> Markup:
    totals = job.ledger.totals
    rows, kept = totals["rows_read"], totals["kept"]
    method = {"near": "Near-duplicate", "exact": "Exact-duplicate"}[job.ledger.options["method"]]
    said = f"{method} removal: of {rows:,} rows, {kept:,} were kept, {account.share(kept, rows)}."
    return tag("p", said, class_="lead")


def _colophon(job: Job) -> str:
    version = job.ledger.software.get("corpusmill", "")
    return (
        f"Written by corpusmill {version} from ledger.json, duplicates.parquet, rejected/ and run.json. "
        "The first three are the same for any threads and machine; what this page says of time is not. "
        "corpusmill why ID -o OUT tells of any one row what became of it."
    )


def _beside(name: str) -> Markup:
    return Markup(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
