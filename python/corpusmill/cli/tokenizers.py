"""tokenizers: `corpusmill tokenizers IN...`: the options of corpusmill.shards.tokenizers, and its answer's forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpusmill import shards
from corpusmill.cli import options, streams
from corpusmill.cli.codes import DONE_WITH_PROBLEMS
from corpusmill.cli.exits import exits
from corpusmill.cli.show import show_for
from corpusmill.shards.reading.inputs import check_spared
from corpusmill.tokenizer import PATTERNS, Tokenizer

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet", ".csv", ".svg")


def tokenizers(
    inputs: options.Inputs,
    *,
    tokenizer: Annotated[
        list[str],
        typer.Option(
            metavar="FILE[:HOW]",
            help="A tokenizer's file, again for each. HOW: the pattern of a .tiktoken file; "
            "uncased or cased of a vocab.txt.",
        ),
    ],
    vocab_size: Annotated[
        list[int] | None,
        typer.Option(
            help="Also the first so many ids of each byte-level BPE, whose ids must be ranks."
        ),
    ] = None,
    by: Annotated[str | None, typer.Option(help="The field of a row's language or source.")] = None,
    parallel: Annotated[
        str | None, typer.Option(help="The field whose equal values pair texts that say the same.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="The value of --by that premiums are told against.")
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out", "-o", help="A file for all numbers, .parquet or .csv; for a drawing, .svg."
        ),
    ] = None,
    plot: Annotated[
        str, typer.Option(help="The number that a drawing shows, as in the table.")
    ] = "fertility",
    text: options.Text = "text",
    threads: options.Threads = 0,
    max_rejected: options.MaxRejected = 0.001,
    quiet: options.Quiet = False,
) -> None:
    """Say what tokenizers make of texts: compression, fertility, unknown tokens, premiums; by group."""
    from corpusmill.cli.tokenizers_table import tokenizers_table  # noqa: PLC0415  rich, late
    from corpusmill.report.tokenizers import TITLES  # noqa: PLC0415

    show = show_for(as_json=False, quiet=quiet)
    with closing(show), exits(show):
        if plot not in TITLES:
            raise shards.UsageError(f"plot: expected one of {', '.join(TITLES)}, got {plot!r}")
        for path in out or ():
            if path.suffix not in ENDINGS or path.is_dir() or not path.parent.is_dir():
                raise shards.UsageError(
                    f"out: {str(path)!r}: expected a file ending in {', '.join(ENDINGS)} in a folder"
                    " that is there"
                )
            check_spared("out", path, inputs)
        found = shards.tokenizers(
            inputs,
            _loaded(tokenizer, vocab_size or ()),
            text=text,
            by=by,
            parallel=parallel,
            baseline=baseline,
            threads=threads,
            max_rejected=max_rejected,
            progress=show.progress,
        )
    if not quiet:
        streams.show(tokenizers_table(found.table))
    with exits(show):
        for path in out or ():
            _write(path, found.table, plot)
    for problem in found.problems:
        streams.complain(f"corpusmill: {problem}")
    if found.problems:
        raise typer.Exit(DONE_WITH_PROBLEMS)


def _loaded(given: Sequence[str], sizes: Sequence[int]) -> dict[str, Tokenizer]:
    found: dict[str, Tokenizer] = {}
    for one in given:
        name, how = one, ""
        if not Path(one).exists() and ":" in one:
            name, how = one.rsplit(":", 1)
        asked: dict[str, Any] = {}
        if how in ("cased", "uncased"):
            asked = {"lowercase": how == "uncased"}
        elif how in PATTERNS:
            asked = {"pattern": how}
        elif how:
            expected = ", ".join([*PATTERNS, "cased", "uncased"])
            raise shards.UsageError(f"tokenizer: {one!r}: expected FILE:HOW with one of {expected}")
        try:
            found[one] = Tokenizer.load(name, **asked)
        except (OSError, ValueError) as error:
            raise shards.UsageError(f"tokenizer: {error}") from error
    return _with_smaller(found, sizes) if sizes else found


def _with_smaller(given: Mapping[str, Tokenizer], sizes: Sequence[int]) -> dict[str, Tokenizer]:
    """Behind each byte-level BPE its first ids; says of which others there are none."""
    if all(whole.pattern is None for whole in given.values()):
        raise shards.UsageError(
            "vocab_size: is for byte-level BPE, which none of these tokenizers is; leave it out"
        )
    found: dict[str, Tokenizer] = {}
    for name, whole in given.items():
        found[name] = whole
        if whole.pattern is None:
            streams.complain(
                f"corpusmill: {name}: {whole.family} has no smaller vocabulary at its beginning;"
                " --vocab-size leaves it whole"
            )
            continue
        try:
            smaller = [size for size in sizes if size < whole.vocab_size]
            found |= {f"{name} first {size:,}": whole.truncated(size) for size in smaller}
        except ValueError as error:
            raise shards.UsageError(f"vocab_size: {name}: {error}") from error
    return found


def _write(path: Path, table: pa.Table, plot: str) -> None:
    from pyarrow import csv, parquet  # noqa: PLC0415  they take long to import

    from corpusmill.report.tokenizers import tokenizers_svg  # noqa: PLC0415

    try:
        if path.suffix == ".parquet":
            parquet.write_table(table, path)
        elif path.suffix == ".csv":
            csv.write_csv(table, path)
        else:
            path.write_text(tokenizers_svg(table, plot), encoding="utf-8")
    except OSError as error:
        raise shards.JobError(f"cannot write {path}: {error.strerror or error}") from error
