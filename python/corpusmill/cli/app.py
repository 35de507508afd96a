"""app: the commands by name. What each does stands in a file of its own."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from corpusmill.cli.convert import convert
from corpusmill.cli.count import count, lexicon
from corpusmill.cli.decontaminate import decontaminate
from corpusmill.cli.dedup import dedup
from corpusmill.cli.demo import demo
from corpusmill.cli.membership import membership
from corpusmill.cli.paragraphs import paragraphs
from corpusmill.cli.passages import passages
from corpusmill.cli.report import report
from corpusmill.cli.run import run
from corpusmill.cli.score import score
from corpusmill.cli.select import select
from corpusmill.cli.stats import stats
from corpusmill.cli.tokenize import tokenize
from corpusmill.cli.tokenizers import tokenizers
from corpusmill.cli.train_tokenizer import train_tokenizer
from corpusmill.cli.why import why

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)
app.command()(dedup)
app.command()(paragraphs)
app.command()(membership)
app.command()(convert)
app.command()(decontaminate)
app.command()(count)
app.command()(lexicon)
app.command()(passages)
app.command()(tokenize)
app.command()(train_tokenizer)
app.command()(run)
app.command()(score)
app.command()(select)
app.command()(why)
app.command()(report)
app.command()(stats)
app.command()(tokenizers)
app.command()(demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version("corpusmill"))
        raise typer.Exit


@app.callback()
def corpusmill(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Turns raw text into language-model training data.

    Exit codes: 0 done; 1 could not finish; 2 wrong usage, nothing written; 3 done, but a file is
    damaged or too many rows were rejected; 130 interrupted by Ctrl-C, 143 by SIGTERM.
    """
