"""evidence: the sections that show: similarities, the bands, clusters, samples and rejected lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from corpusmill._dedup_bands import candidate_probability
from corpusmill.report.charts import curve, histogram
from corpusmill.report.gather import BINS, Finished, Job
from corpusmill.report.markup import Markup, heads, joined, number, table, tag, theirs
from corpusmill.report.samples import Excerpt, Sample
from corpusmill.shards.jobs.fate import Place
from corpusmill.shards.jobs.results import Line, dropped_place, entry, kept_place

RAW_SHOWN = 300


def rule(job: Job) -> str:
    """What a duplicate is, and which row stays."""
    options = job.ledger.options
    keep = {"first": "the first row", "longest": "the longest text"}.get(
        options["keep"], f"the row with the largest {options['keep']}"
    )
    if options["method"] == "exact":
        return f"Rows with the same text, byte for byte, are one document; {keep} stays."
    how = {
        "exact": "by the shingle sets themselves",
        "signature": "as estimated from signatures",
        "none": "as their shared bands suggest, unverified",
    }[options["verify"]]
    before = "Rows that the index has were dropped first. " if options["against"] else ""
    return (
        f"{before}Two texts are duplicates if the Jaccard similarity of their sets of {options['n']}-{options['unit']} "
        f"shingles is at least {options['threshold']:g}, {how}. Of duplicates, {keep} stays; every "
        "dropped row names the kept row it went for."
    )


def similarities(job: Job) -> Markup:
    """The histogram of what was dropped, and the curve of what was compared."""
    figures = [_histogram(job)]
    if job.ledger.options["method"] == "near":
        figures.append(_curve(job))
    return joined([tag("h2", "How similar they are"), tag("div", figures, class_="pair")])


def _histogram(job: Job) -> Markup:
    pairs = job.pairs
    counts = pairs.bins.tolist()
    num_pairs = sum(counts)
    said = [f"{num_pairs:,} dropped rows with a verified similarity below 1"]
    if pairs.num_equal:
        said.append(f"{pairs.num_equal:,} more are equal to their kept row (similarity 1)")
    if pairs.num_unverified:
        said.append(f"{pairs.num_unverified:,} were not verified")
    caption = tag("figcaption", "; ".join(said) + ".")
    if not num_pairs:
        return tag("figure", caption)
    label = f"Histogram of {num_pairs:,} similarities from {pairs.low:g} to 1 in {BINS} bins"
    drawn = histogram(
        counts, pairs.low, 1.0, label=label, x_name="Jaccard similarity to the kept row"
    )
    return tag("figure", drawn, caption)


def _curve(job: Job) -> Markup:
    options = job.ledger.options
    bands, rows, threshold = options["bands"], options["rows"], options["threshold"]
    probability = partial(candidate_probability, bands=bands, rows=rows)
    at = probability(threshold)
    drawn = curve(
        probability,
        threshold,
        label=f"Probability of being compared over Jaccard similarity; {at:.1%} at the threshold",
        x_name="Jaccard similarity",
        mark_name=f"threshold {threshold:g}",
    )
    caption = (
        f"{bands} bands of {rows} rows bring a pair of similarity J to comparison with probability "
        f"1 - (1 - J^{rows})^{bands}: {at:.1%} of pairs at the threshold, more above it."
    )
    capped = job.ledger.findings.get("capped", {}).get("units", 0)
    if capped:
        caption += (
            f" {capped:,} units were kept from some comparisons by max_comparisons="
            f"{options['max_comparisons']}; ledger.json lists the largest buckets."
        )
    return tag("figure", drawn, tag("figcaption", caption))


def clusters(job: Job) -> Markup:
    """The kept rows, and entries of the index, for which most were dropped."""
    lines = job.pairs.clusters
    if not lines:
        return Markup()
    rows = [tag("tr", tag("td", _stands(line)), number(line["size"])) for line in lines]
    columns = heads("kept row", "rows", numbers={"rows"})
    said = "A kept row and all that were dropped for it"
    if any(entry(line) for line in lines):
        said += "; of an entry of the index, the documents of earlier jobs are counted too"
    shown = table(said, columns, rows)
    return joined([tag("h2", "Largest clusters"), shown])


def _stands(line: Line) -> Markup:
    """What the rows of a cluster were dropped for."""
    if place := kept_place(line):
        return named(place)
    found = entry(line)
    assert found is not None
    of_id = [] if found.id is None else [", id ", theirs(_cut(found.id))]
    return joined([f"entry {found.entry:,} of the index", *of_id])


def shown_samples(job: Job, samples: Sequence[Sample]) -> Markup:
    """Pairs beside each other, from the least similar to the most."""
    if not samples:
        return Markup()
    said = (
        "One pair for each stretch of similarity, the one nearest to the heads of its files; from "
        "shortly before the first difference on. Words of one text alone are "
    )
    return joined(
        [
            tag("h2", "Dropped and kept, side by side"),
            tag("p", said, tag("del", "struck out"), " or ", tag("ins", "underlined"), "."),
            [_sample(sample, job.ledger.options["threshold"]) for sample in samples],
        ]
    )


def _sample(sample: Sample, threshold: float) -> Markup:
    line = sample.line
    how = {"exact": "exact", "signature": "estimated", "none": "estimated, not verified"}
    title = f"Similarity {line['similarity']:.4f}, {how[line['verified']]}"
    if line["similarity"] < threshold:
        title += ", below the threshold"
    places = (
        ("dropped", named(dropped_place(line)), sample.dropped, "del"),
        ("kept", _stands(line), sample.kept, "ins"),
    )
    sides = [
        tag(
            "div",
            tag("p", tag("strong", which), " ", place, class_="place"),
            _text(excerpt, mark) if excerpt else None,
        )
        for which, place, excerpt, mark in places
    ]
    note = None
    if sample.note:
        note = tag("p", "The texts cannot be shown: ", theirs(sample.note), ".", class_="muted")
    elif sample.dropped and not any(changed for changed, _ in _all_pieces(sample)):
        note = tag("p", "No word differs in what is shown.", class_="muted")
    heading = tag("h3", title)
    return tag("section", heading, tag("div", sides, class_="pair"), note, class_="sample")


def _all_pieces(sample: Sample) -> list[tuple[bool, str]]:
    return [piece for side in (sample.dropped, sample.kept) if side for piece in side.pieces]


def _text(excerpt: Excerpt, mark: str) -> Markup:
    words = [_marked(text, mark) if changed else text for changed, text in excerpt.pieces]
    before = "… " if excerpt.cut_before else None
    after = " …" if excerpt.cut_after else None
    return tag("div", tag("bdi", before, words, after, dir="auto"), class_="text")


def _marked(text: str, mark: str) -> list[str]:
    """The words marked, the white space behind them not."""
    words = text.rstrip()
    return [tag(mark, words), text[len(words) :]]


def rejects(job: Finished) -> Markup:
    """Rejected lines by reason, the first few of each as they were."""
    counts = job.ledger.totals["rejected"]
    if not counts:
        return Markup()
    rows = []
    for reason, count in counts.items():
        examples = job.rejects[reason]
        shown = [tag("code", theirs(_raw(rejection.raw))) for _, rejection in examples]
        places = [
            tag("div", theirs(file), f", line {rejection.line:,}") for file, rejection in examples
        ]
        name = tag("td", reason.replace("_", " "))
        rows += [tag("tr", name, number(count), tag("td", places[:1]), tag("td", shown[:1]))]
        for place, text in zip(places[1:], shown[1:], strict=True):
            rows.append(tag("tr", tag("td"), tag("td"), tag("td", place), tag("td", text)))
    columns = heads("reason", "lines", "where", "the line", numbers={"lines"})
    shown_table = table("Lines that were no rows, by reason, with the first of each", columns, rows)
    return joined([tag("h2", "Rejected lines"), shown_table])


def _raw(raw: bytes) -> str:
    text = raw[: 4 * RAW_SHOWN].decode("utf-8", "backslashreplace")
    return text[:RAW_SHOWN] + ("…" if len(text) > RAW_SHOWN or len(raw) > 4 * RAW_SHOWN else "")


def named(place: Place) -> Markup:
    """A row by file, line and id."""
    named_by = [theirs(place.file), f", row {place.row:,}"]
    if place.id is not None:
        named_by += [", id ", theirs(_cut(place.id))]
    return joined(named_by)


def _cut(id: str) -> str:
    return id if len(id) < 200 else id[:200] + "…"
