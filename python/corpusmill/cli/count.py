"""count: `corpusmill count IN... -o OUT` and `corpusmill lexicon IN... -o OUT`: options and their help."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any, TypeAlias

import typer

from corpusmill import ngram, shards
from corpusmill.cli import options
from corpusmill.cli.exits import exits
from corpusmill.cli.run_job import run_job
from corpusmill.cli.show import show_for

Unit: TypeAlias = Annotated[str, typer.Option(help="word, char or byte; of terms word or char.")]
MinCount: TypeAlias = Annotated[int, typer.Option(help="Rarer n-grams are left out.")]


@options.shared(options.RUNNING)
def count(
    inputs: options.Inputs,
    out: options.Out,
    *,
    n: Annotated[int | None, typer.Option(help="Units of an n-gram, 1 to 256.")] = None,
    unit: Unit = "word",
    min_count: MinCount = 1,
    top: Annotated[
        int | None, typer.Option(help="Only so many, the most frequent first; else all.")
    ] = None,
    terms: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Count these instead: a line each, a name and its forms, by tabs.",
        ),
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Pairs of terms: a line each, two names by a tab."),
    ] = None,
    window: Annotated[
        list[int] | None,
        typer.Option(help="Count also how often pairs begin at most so many units apart."),
    ] = None,
    cased: Annotated[
        bool, typer.Option("--cased", help="Tell upper from lower case in terms.")
    ] = False,
    rows: Annotated[
        bool, typer.Option("--rows", help="List also which rows hold each term and pair.")
    ] = False,
    text: options.Text = "text",
    id: Annotated[
        str | None, typer.Option(help='The id of rows that are listed; "id" if present.')
    ] = None,
    **shared: Any,
) -> None:
    """Count n-grams, exactly, into OUT/counts.parquet; or terms and pairs of terms.

    With --terms: occurrences, documents and paragraphs of each into OUT/terms.parquet, and of --pairs
    into OUT/pairs.parquet; with --rows the same of each row, by its file, number and id, into
    OUT/term_rows.parquet and OUT/pair_rows.parquet. Every row is accounted for in OUT/ledger.json.
    """
    common: dict[str, Any] = {"inputs": inputs, "out": out, "text": text, "shared": shared}
    show = show_for(as_json=shared["as_json"], quiet=shared["quiet"])
    with closing(show), exits(show):
        if (n is None) == (terms is None):
            raise shards.UsageError("n: expected either --n or --terms FILE")
        if terms is None and (pairs or window or cased or rows or id is not None):
            raise shards.UsageError(
                "terms: --pairs, --window, --cased, --rows and --id need --terms FILE"
            )
        if window and pairs is None:
            raise shards.UsageError("window: is of pairs; say --pairs FILE")
        if terms is not None and (min_count != 1 or top is not None):
            raise shards.UsageError("terms: --min-count and --top are of n-grams")
        found = None if terms is None else _terms(terms, unit, cased)
        listed = [] if pairs is None else shards.read_pairs(pairs)
    if found is None:
        chosen = common | {"n": n, "unit": unit, "min_count": min_count, "top": top}
        run_job(shards.count, chosen)
    else:
        chosen = common | {"terms": found, "pairs": listed, "windows": window or []}
        run_job(shards.count_terms, chosen | {"rows": rows, "id": id})


def _terms(path: str, unit: str, cased: bool) -> ngram.Terms:
    try:
        return ngram.Terms(shards.read_terms(path), unit=unit, cased=cased)
    except ValueError as error:
        raise shards.UsageError(str(error)) from None


@options.shared(options.RUNNING)
def lexicon(
    inputs: options.Inputs,
    out: options.Out,
    *,
    n: Annotated[list[int], typer.Option(help="Orders of n-grams, each from 2.")] = [2, 3],  # noqa: B006
    top: Annotated[  # as many as --n
        list[int], typer.Option(help="How many n-grams of each order, in turn.")
    ] = [200_000, 100_000],  # noqa: B006
    unit: Unit = "word",
    min_count: MinCount = 1,
    text: options.Text = "text",
    **shared: Any,
) -> None:
    """List the n-grams that are more frequent than their units alone would make them (t-statistic).

    The table is OUT/lexicon.parquet. Every row is accounted for in OUT/ledger.json.
    """
    run_job(shards.lexicon, locals())
