"""Runs the benches and prints their one table: `python -m bench --corpus DIR --only NAME`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from bench import (
    bench_contamination,
    bench_convert,
    bench_counting,
    bench_dedup,
    bench_features,
    bench_import,
    bench_index,
    bench_membership,
    bench_passages,
    bench_pieces,
    bench_resume,
    bench_scoring,
    bench_select,
    bench_signatures,
    bench_tokenize,
    bench_train,
    corpus,
    table,
)
from bench.process import ROOT

_BENCHES = {
    "signatures": bench_signatures.run,
    "dedup": bench_dedup.run,
    "convert": bench_convert.run,
    "index": bench_index.run,
    "contamination": bench_contamination.run,
    "features": bench_features.run,
    "select": bench_select.run,
    "counting": bench_counting.run,
    "train": bench_train.run,
    "passages": bench_passages.run,
    "membership": bench_membership.run,
    "tokenize": bench_tokenize.run,
    "pieces": bench_pieces.run,
    "resume": bench_resume.run,
    "scoring": bench_scoring.run,
    "import": bench_import.run,
}


def main() -> None:
    """Each bench writes results/<name>.json; the table is then made from what is saved."""
    options = _options()
    scratch = ROOT / "build" / "bench-corpus"
    found = corpus.build(options.corpus, scratch, options.megabytes)
    benches = _BENCHES | {
        "index": partial(bench_index.run, entries=options.entries),
        "tokenize": partial(bench_tokenize.run, source=options.corpus),
        "pieces": partial(bench_pieces.run, source=options.corpus),
        "scoring": partial(bench_scoring.run, tokens=options.tokens),
    }
    for name in options.only or benches:
        print(f"bench {name}")
        benches[name](found, options.rounds).save()
    print(table.render(table.load()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--corpus",
        type=lambda name: Path(name) if name else None,
        help="folder of .jsonl, .jsonl.gz or .jsonl.zst with a text field; without one, text found "
        "on the machine",
    )
    parser.add_argument(
        "--only", action="append", choices=list(_BENCHES), help="this bench; may be repeated"
    )
    parser.add_argument("--megabytes", type=int, default=64, help="English text to work on")
    parser.add_argument(
        "--entries", type=int, default=bench_index.ENTRIES, help="of the index that is looked up in"
    )
    parser.add_argument(
        "--tokens", type=int, default=bench_scoring.TOKENS, help="scored through a head"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds after the warm-up")
    return parser.parse_args()


if __name__ == "__main__":
    main()
