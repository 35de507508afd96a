"""dedup: `corpusmill dedup IN... -o OUT`: the options of corpusmill.shards.dedup, and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill.cli import options
from corpusmill.cli.belongs import refuse
from corpusmill.cli.explain import print_curve
from corpusmill.cli.run_dedup import run_dedup

_OF_SHINGLES = (
    *("threshold", "verify", "n", "unit", "num_hashes", "seed", "bands", "rows"),
    "max_comparisons",
)


@options.shared(options.WRITING, options.RUNNING)
def dedup(
    command_line: typer.Context,
    inputs: Annotated[list[str] | None, options.INPUTS] = None,
    out: Annotated[str | None, options.OUT] = None,
    *,
    text: options.Text = "text",
    id: Annotated[
        str | None, typer.Option(help="The field that names a row; `id` where there is one.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="near: by shingles. exact: by equal bytes of the text.")
    ] = "near",
    threshold: Annotated[
        float, typer.Option(help="Jaccard similarity from which a row is dropped.")
    ] = 0.8,
    verify: Annotated[
        str,
        typer.Option(
            help="How candidates are compared. exact: by their shingle sets, which reads texts "
            "again. signature: by the signatures' estimate. none: each counts as a duplicate."
        ),
    ] = "exact",
    keep: Annotated[
        str,
        typer.Option(
            help="Which of a cluster stays: its first row, its longest text, or the row with the "
            "largest number in the field of this name."
        ),
    ] = "first",
    n: Annotated[int, typer.Option(help="Units in a shingle.")] = 5,
    unit: Annotated[str, typer.Option(help="Unit of a shingle: word, char or byte.")] = "word",
    num_hashes: Annotated[int, typer.Option(help="Entries of a signature.")] = 112,
    seed: Annotated[int, typer.Option(help="Another seed, other signatures.")] = 0,
    bands: Annotated[
        int | None,
        typer.Option(help="Bands; unless given, so that 2 % of pairs at the threshold are missed."),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(help="Rows of a band; bands * rows <= hashes.")
    ] = None,
    max_comparisons: Annotated[
        int, typer.Option(help="Kept rows that a row is compared with in one bucket, at most.")
    ] = 64,
    write_dropped: options.WriteDropped = False,
    against: Annotated[
        str | None,
        typer.Option(help="An index of what was kept before; rows that it has are dropped first."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Add the rows that are kept to that index.")
    ] = False,
    save_index: Annotated[
        str | None,
        typer.Option(help="A new file: the index of the rows kept, after those of --against."),
    ] = None,
    cluster_size: Annotated[
        str | None,
        typer.Option(help="A field that kept rows get: the rows of their cluster in this job."),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write OUT/report.html as well.")
    ] = True,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print what the bands compare, and stop.")
    ] = False,
    **shared: Any,
) -> None:
    """Remove near-duplicates from files of rows: JSON lines, Parquet, Arrow.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped for a row or an entry
    of the index that OUT/duplicates.parquet names, or rejected into OUT/rejected with its line and reason.
    """
    given = dict(locals())
    del given["command_line"], given["report"], given["explain"]
    if method == "exact":
        refuse(command_line, _OF_SHINGLES, "belongs to --method near")
    if explain:
        print_curve(given)
    elif not inputs or out is None:
        raise typer.BadParameter("name inputs and a folder for results: IN... -o OUT")
    else:
        run_dedup(given, report=report)
