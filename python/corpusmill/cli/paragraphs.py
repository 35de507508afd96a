"""paragraphs: `corpusmill paragraphs IN... -o OUT`: the options of corpusmill.shards.paragraphs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options
from corpusmill.cli.belongs import refuse
from corpusmill.cli.run_job import run_job


@options.shared(options.WRITING, options.RUNNING)
def paragraphs(
    command_line: typer.Context,
    inputs: options.Inputs,
    out: options.Out,
    *,
    text: options.Text = "text",
    unit: Annotated[str, typer.Option(help="What may repeat: paragraph or line.")] = "paragraph",
    method: Annotated[
        str, typer.Option(help="exact: by 128-bit hashes. bloom: by a filter, in less memory.")
    ] = "exact",
    fp_rate: Annotated[
        float, typer.Option(help="bloom: the share taken for repeated that is not.")
    ] = 0.001,
    min_bytes: Annotated[int, typer.Option(help="Pieces of fewer bytes never repeat.")] = 1,
    keep: Annotated[
        str, typer.Option(help="Of equal pieces: first, the first stays; none, none does.")
    ] = "first",
    scope: Annotated[
        str, typer.Option(help="Repeats in the corpus, or in the same file.")
    ] = "corpus",
    action: Annotated[
        str,
        typer.Option(
            help="cut: out of the text. drop: rows most of which repeats. tag: add the spans."
        ),
    ] = "cut",
    share: Annotated[
        float, typer.Option(help="drop: the share of repeated bytes from which a row is dropped.")
    ] = 0.5,
    field: Annotated[str, typer.Option(help="tag: the field that rows get.")] = "repeated",
    cuts_field: options.CutsField = None,
    offsets: options.Offsets = "bytes",
    against: Annotated[
        str | None,
        typer.Option(help="bloom: a filter made by membership --build; what it has came before."),
    ] = None,
    save_filter: Annotated[
        str | None,
        typer.Option(help="A new file for --against with all pieces of this job added."),
    ] = None,
    write_dropped: options.WriteDropped = False,
    **shared: Any,
) -> None:
    """Remove paragraphs or lines that repeat from files of rows: all but the first of each, or all.

    Every row is accounted for in OUT/ledger.json: kept in OUT/data, dropped as it repeats, or
    rejected into OUT/rejected with its line and reason.
    """
    given = dict(locals())
    del given["command_line"]
    if method != "bloom":
        refuse(command_line, ["fp_rate"], "belongs to --method bloom")
    if against is not None:
        refuse(command_line, ["fp_rate"], "does not go with --against, a filter that has its own")
    if action != "drop":
        refuse(command_line, ["share"], "belongs to --action drop")
    if action != "tag":
        refuse(command_line, ["field"], "belongs to --action tag")
    if action != "tag" and cuts_field is None:
        refuse(command_line, ["offsets"], "belongs to --action tag or --cuts-field FIELD")
    run_job(shards.paragraphs, given)
