"""score_sections: the page of a score job: what texts cost under a model, and the texts at both ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from corpusmill.report import account, evidence
from corpusmill.report.charts import histogram
from corpusmill.report.frame import Page
from corpusmill.report.markup import Markup, heads, joined, table, tag, theirs
from corpusmill.report.scores import ENDS, LEAST_BYTES, Doubles, Scored, Shown
from corpusmill.shards.jobs.fate import Place
from corpusmill.shards.jobs.score.choices import DIFFERENCE
from corpusmill.shards.jobs.score.corpus import of_corpus, sentence

BINS = 40
OUTSIDE = 0.005
"""Of the numbers at either end, which a histogram leaves out: a few would take all its width."""

SHOWN = 600
"""Characters of a text."""

QUANTILES = {"least": 0.0, "5 %": 0.05, "25 %": 0.25, "middle": 0.5, "75 %": 0.75, "95 %": 0.95}
QUANTILES |= {"greatest": 1.0}


def of_scores(job: Scored) -> Page:
    """The whole of it."""
    models = len(job.ledger.options["models"])
    kept = job.ledger.totals["kept"]
    lead = f"{kept:,} documents under {models} language model{'s' * (models > 1)}."
    sections = [
        account.problems(job),
        account.summary(job),
        account.asked(job, _rule(job)),
        _numbers(job),
        _histograms(job),
        _ends(job),
        _by_file(job),
        account.files(job),
        evidence.rejects(job),
        account.facts(job),
    ]
    version = job.ledger.software.get("corpusmill", "")
    colophon = (
        f"Written by corpusmill {version} from ledger.json, data/, rejected/ and run.json. The first "
        "three are the same for any threads, but for the last digits; what this page says of time is not."
    )
    return Page("score", "What the texts cost a model", lead, sections, colophon)


def _rule(job: Scored) -> str:
    said = (
        "Each row got numbers of its text's tokens: nll is nats of a token, -ln of the probability that the "
        "model gave it; bits_per_byte is all of them in bits, by bytes of UTF-8; perplexity is e to the mean nll."
    )
    if any(name == DIFFERENCE for _, name in job.fields.values()):
        said += " A difference is the first model's nll_mean less that of another."
    return said


def _numbers(job: Scored) -> Markup:
    """Each field over documents, and the models over the corpus."""
    rows = []
    for name, values in job.columns.items():
        there = values[~np.isnan(values)]
        cells = [tag("td", theirs(name)), _number(len(there)), _number(_mean(there))]
        rows.append(tag("tr", cells, _quantiles(there, QUANTILES.values())))
    numbers = ["documents", "mean", *QUANTILES]
    columns = heads("field", *numbers, numbers=numbers)
    shown = table(
        "The fields that rows got; a document without a number is not counted", columns, rows
    )
    models = [tag("p", said) for said in _corpus(job)]
    return joined([tag("h2", "The numbers"), shown, models])


def _corpus(job: Scored) -> Iterator[str]:
    """What each model makes of all texts together, as far as the fields say it."""
    names = job.ledger.options["models"]
    of_models = of_corpus(job.fields, job.columns, len(names))
    for model, (name, found) in enumerate(zip(names, of_models, strict=True)):
        if said := sentence(found):
            yield f"Model {model + 1}, {name}: {said}."


def _histograms(job: Scored) -> Markup:
    figures = [_histogram(name, job.columns[name]) for name in job.drawn]
    if not figures:
        return Markup()
    return joined([tag("h2", "How they are spread"), tag("div", figures, class_="pair")])


def _histogram(name: str, values: Doubles) -> Markup:
    there = values[np.isfinite(values)]
    if not len(there):
        return tag("figure", tag("figcaption", f"No document has a {name}."))
    low, high = np.quantile(there, [OUTSIDE, 1 - OUTSIDE], method="lower").tolist()
    below, above = int((there < low).sum()), int((there > high).sum())
    caption = f"{name} of {len(there):,} documents"
    if low == high:
        return tag("figure", tag("figcaption", f"{caption}: {low:.4g} of nearly all."))
    counts = np.histogram(there, BINS, (low, high))[0].tolist()
    label = f"Histogram of {caption} from {low:.3g} to {high:.3g} in {BINS} bins"
    drawn = histogram(counts, low, high, label=label, x_name=name)
    caption += f"; {below:,} lie below what is drawn, {above:,} above it."
    return tag("figure", drawn, tag("figcaption", caption))


def _ends(job: Scored) -> Markup:
    """The texts with the least and the greatest numbers."""
    parts = []
    for name, ends in job.ends.items():
        for which, held in (("least", ends.least), ("greatest", ends.most)):
            shown = [_document(document) for *_, document in held]
            parts.append(joined([tag("h3", f"The {which} {name}"), shown]) if shown else Markup())
    if not any(parts):
        return Markup()
    said = (
        f"Of texts of at least {LEAST_BYTES} bytes, the {ENDS} at either end, and how they begin. Texts at the low end are "
        "often repetitive, at the high end often no prose."
    )
    return joined([tag("h2", "The texts at both ends"), tag("p", said), parts])


def _document(document: Shown) -> Markup:
    place = Place(f"data/{document.file}", document.row.line, document.row.id)
    text = document.row.text
    cut = " …" if len(text) > SHOWN else None
    head = tag(
        "p", tag("strong", f"{document.value:.4f}"), " ", evidence.named(place), class_="place"
    )
    body = tag("div", tag("bdi", text[:SHOWN], cut, dir="auto"), class_="text")
    return tag("section", head, body, class_="sample")


def _by_file(job: Scored) -> Markup:
    """What stands for each model, file by file of data/."""
    names = job.drawn
    kinds = {"mean": None, "5 %": 0.05, "middle": 0.5, "95 %": 0.95}
    numbers = ["documents", *(f"{name}, {kind}" for name in names for kind in kinds)]

    def row(file: str, rows: slice) -> Markup:
        cells = [_number(rows.stop - rows.start)]
        for name in names:
            there = job.columns[name][rows]
            there = there[~np.isnan(there)]
            cells += [_number(_mean(there)), *_quantiles(there, (0.05, 0.5, 0.95))]
        return tag("tr", tag("td", theirs(file)), cells)

    more = len(job.files) - account.FILES_SHOWN
    caption = "Documents of each file of data/"
    caption += f"; the first {account.FILES_SHOWN:,} of {len(job.files):,}" if more > 0 else ""
    rows = [row(file, of) for file, of in job.files[: account.FILES_SHOWN]]
    foot = row("all files", slice(0, job.ledger.totals["kept"]))
    columns = heads("file", *numbers, numbers=numbers)
    shown = table(caption, columns, rows, foot, class_="sortable")
    return joined([tag("h2", "Numbers by file"), shown])


def _mean(values: Doubles) -> float:
    return float(values.mean()) if len(values) else np.nan


def _quantiles(values: Doubles, shares: Iterable[float]) -> list[Markup]:
    """The smallest number that so large a share of them does not exceed."""
    if not len(values):
        return [_number(np.nan) for _ in shares]
    found = np.quantile(values, list(shares), method="inverted_cdf")
    return [_number(float(value)) for value in found]


def _number(value: float) -> Markup:
    """A cell; empty for NaN, which is sorted as the least."""
    if np.isnan(value):
        return tag("td", "", class_="number", data_value=-1e308)
    whole = float(value).is_integer() and abs(value) < 1e15
    return tag(
        "td", f"{int(value):,}" if whole else f"{value:.4g}", class_="number", data_value=value
    )
