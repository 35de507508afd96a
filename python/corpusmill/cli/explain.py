"""explain: which similarities the chosen bands bring to comparison: the S-curve."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import Any

import typer

from corpusmill._dedup_bands import candidate_probability
from corpusmill._dedup_options import DecideOptions
from corpusmill.cli.codes import WRONG_USAGE
from corpusmill.cli.exits import with_flag
from corpusmill.cli.streams import complain, say

BAR = 50


def print_curve(options: dict[str, Any]) -> None:
    """Prints the curve of a job with these options; those on files say nothing here."""
    names = signature(DecideOptions.checked).parameters
    try:
        checked = DecideOptions.checked(**{name: options[name] for name in names})
    except ValueError as error:
        complain(f"corpusmill: {with_flag(str(error))}")
        raise typer.Exit(WRONG_USAGE) from None
    say("\n".join(_curve(checked)))


def _curve(options: DecideOptions) -> Iterator[str]:
    """The curve, line by line."""
    if options.method == "exact":
        yield "method exact compares whole texts, byte for byte: no bands are used."
        return
    bands, rows = options.bands, options.rows
    spare = options.num_hashes - bands * rows
    yield (
        f"{options.num_hashes} hashes as {bands} bands of {rows} rows"
        + (f", {spare} to spare: they only sharpen estimates" if spare else "")
    )
    yield f"A pair of Jaccard similarity J is compared with probability 1 - (1 - J^{rows})^{bands}:"
    for twentieth in range(1, 21):
        jaccard = twentieth / 20
        probability = candidate_probability(jaccard, bands, rows)
        bar = "#" * round(probability * BAR)
        yield f"{jaccard:5.2f} {probability:8.4f}  {bar}".rstrip()
    at = candidate_probability(options.threshold, bands, rows)
    yield f"At the threshold, {options.threshold:g}, {at:.1%} of pairs are compared. Of those,"
    yield _dropped(options)


def _dropped(options: DecideOptions) -> str:
    return {
        "exact": "a row is dropped if the similarity of the shingle sets themselves reaches the threshold.",
        "signature": "a row is dropped if the estimate from the signatures reaches the threshold.",
        "none": "each costs a row, whatever its similarity.",
    }[options.verify]
