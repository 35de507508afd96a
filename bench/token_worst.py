"""Texts of one megabyte that are hard for some tokenizer: long pieces, all alike or none alike.

Each is a document by itself; they are the cases at which a quadratic encoder shows. The table has the
slowest of each contender.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from bench import token_contenders
from bench.harness import Ratio
from bench.results import Goal, Line, Measurement, Result, figure
from bench.token_contenders import Contender
from bench.token_parts import Part

BYTES = 1_000_000
_GOAL = Goal(250, at_most=True)  # nanoseconds a byte of ours, in its slowest case
_SEED = 20260101
_HAN = "的一是不了人我在有他这中大来上"
_EMOJI = [chr(code) for code in range(0x1F600, 0x1F640)]
_LATIN1 = [chr(code) for code in range(0xC0, 0x100)]


def _drawn(alphabet: str | list[str]) -> Callable[[random.Random], str]:
    return lambda rng: "".join(rng.choices(alphabet, k=BYTES))


CASES: dict[str, Callable[[random.Random], str]] = {
    "one letter": lambda _: "a" * BYTES,
    "random letters": _drawn(string.ascii_lowercase),
    "random Latin letters with accents": _drawn(_LATIN1),
    "blanks": lambda _: " " * BYTES,
    "hyphens": lambda _: "-" * BYTES,
    "Han characters in a cycle": lambda _: _HAN * (BYTES // 45),
    "random emoji": _drawn(_EMOJI),
    "random digits": _drawn(string.digits),
    "one-letter words": lambda _: " a" * (BYTES // 2),
}


def write(folder: Path) -> dict[str, Part]:
    """Each case as a part whose first texts are one short word."""
    folder.mkdir(parents=True, exist_ok=True)
    warm = folder / "worst-warm.jsonl"
    warm.write_text(json.dumps({"text": "word"}) + "\n", encoding="utf-8")
    parts = {}
    for name, made in CASES.items():
        text = made(random.Random(_SEED)).encode()[:BYTES].decode(errors="ignore")
        path = folder / f"worst-{name.replace(' ', '-')}.jsonl"
        path.write_text(json.dumps({"text": text}) + "\n", encoding="utf-8")
        parts[name] = Part(name, warm, path, 1, len(text.encode()))
    return parts


def measure(
    result: Result,
    family: str,
    contenders: Sequence[Contender],
    worst: Mapping[str, Part],
    *,
    vocabulary: Path,
    rounds: int,
) -> None:
    """Each case for itself, all contenders in turn, ours first; a line of the slowest case of each."""
    slowest: dict[str, Measurement] = {}
    for name, part in worst.items():
        measured = token_contenders.measure(
            f"{family}, {name}", contenders, part, vocabulary, rounds
        )
        result.measurements += measured.values()
        for who, each in measured.items():
            other = slowest.setdefault(who, each)
            slowest[who] = max(other, each, key=lambda one: median(_ns(one)))
    said = {
        who: f"{each.job.removeprefix(family + ', ')}: {figure(median(_ns(each)))}"
        for who, each in slowest.items()
    }
    ours, *rivals = (each.name for each in contenders)
    taken = _ns(slowest[ours])
    result.lines.append(
        Line(
            f"{family}, the worst of {len(worst)} cases of 1 MB, ns a byte",
            said[ours],
            "; ".join(f"{rival}: {said[rival]}" for rival in rivals),
            Ratio(median(taken), min(taken), max(taken)),
            _GOAL,
        )
    )


def _ns(measured: Measurement) -> list[float]:
    """Nanoseconds a byte of each round."""
    return [1e3 / rate for rate in measured.rates("cpu_s")]
