"""page: OUT/report.html: which page a job gets, and the sections of that of a near-duplicate job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpusmill import _whole_file
from corpusmill.report import account, evidence
from corpusmill.report.any_job import of_any
from corpusmill.report.frame import Page
from corpusmill.report.gather import STRATA, Job, gather, gather_any
from corpusmill.report.samples import samples
from corpusmill.report.score_sections import of_scores
from corpusmill.report.scores import gather_scores
from corpusmill.shards.jobs.results import any_ledger_of
from corpusmill.shards.jobs.why.sources import Sources
from corpusmill.shards.reading.inputs import AnyPath

NAME = "report.html"


def write(out: AnyPath, *, inputs: AnyPath | Sequence[AnyPath] | None = None) -> Path:
    """Writes OUT/report.html for the job that finished in `out`; returns its path.

    inputs      where the inputs of a near-duplicate job are now, if they are no longer where they
                were: the texts of the samples are read from them. Without them, the report says so
                and has the rest. A score job's texts lie in data/

    The same page for the same output folder and inputs. Of a near-duplicate job one walk over
    duplicates.parquet; of each input with a sample, at most 256 MiB are read (one that was touched
    since the job is read whole, to see that it is still the same). Of a score job one walk over
    data/, and 8 bytes a row and field are held. Of other jobs ledger.json, run.json and the heads of
    rejected/.

    Raises UsageError (a ValueError) if no job has finished in `out`, OSError if the page cannot
    be written; an earlier page is then as it was.
    """
    ledger = any_ledger_of(out)
    if ledger.command == "dedup":
        page = _of_duplicates(out, inputs)
    elif ledger.command == "score":
        page = of_scores(gather_scores(out))
    else:
        page = of_any(gather_any(out, ledger))
    path = Path(out) / NAME
    _whole_file.write(path, page.html().encode())
    return path


def _of_duplicates(out: AnyPath, inputs: AnyPath | Sequence[AnyPath] | None) -> Page:
    job = gather(out)
    lines = [line for stratum, line in sorted(job.pairs.samples.items())]
    if len(lines) > STRATA // 2:
        lines = [line for line in lines if line["similarity"] < 1]
    pairs = samples(lines, Sources(out, job.ledger, inputs))
    sections = [
        account.problems(job),
        account.summary(job),
        account.asked(job, evidence.rule(job)),
        evidence.similarities(job),
        evidence.shown_samples(job, pairs),
        evidence.clusters(job),
        account.files(job),
        evidence.rejects(job),
        account.facts(job),
    ]
    title = "What was kept, what went, and why"
    return Page("dedup", title, _lead(job), sections, _colophon(job))


def _lead(job: Job) -> str:
    totals = job.ledger.totals
    rows, kept = totals["rows_read"], totals["kept"]
    method = {"near": "Near-duplicate", "exact": "Exact-duplicate"}[job.ledger.options["method"]]
    return f"{method} removal: of {rows:,} rows, {kept:,} were kept, {account.share(kept, rows)}."


def _colophon(job: Job) -> str:
    version = job.ledger.software.get("corpusmill", "")
    return (
        f"Written by corpusmill {version} from ledger.json, duplicates.parquet, rejected/ and run.json. "
        "The first three are the same for any threads and machine; what this page says of time is not. "
        "corpusmill why ID -o OUT tells of any one row what became of it."
    )
