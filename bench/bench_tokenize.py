"""Byte-level BPE beside the libraries that do it: texts not seen before, by a tokenizer that has seen others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench import corpus, environments, machine, ours, token_contenders, token_parts, token_worst
from bench.results import Clock, Goal, Measurement, Result, compare
from bench.token_contenders import Contender
from bench.token_parts import Part

_VOCABULARY = "cl100k_base.tiktoken"
_CALL_BYTES = 800_000
_LOAD = "vocabulary of 100,000 tokens loaded"


_OUR = Contender("corpusmill", "bench.ours_tokens")
_COUNT = Contender("corpusmill, count only", "bench.ours_tokens", "count")
_NARROW = Contender("corpusmill, AVX2", "bench.ours_tokens", simd="v3")
_TWO = Contender("corpusmill, two threads", "bench.ours_tokens", "flat_by_two", 2)
_ARRAYS = [
    Contender("gigatoken", "bench.rivals.gigatoken"),
    Contender("fastokens", "bench.rivals.fastokens"),
    Contender("splintr", "bench.rivals.splintr"),
]
_LISTS = [
    Contender(f"{each.name}, lists", each.module, "lists") for each in _ARRAYS[:2]
]  # the two fastest
_TIKTOKEN = Contender("tiktoken", "bench.rivals.tiktoken")
_SLOW = Contender("tokenizers, lists", "bench.rivals.tokenizers", "lists")

# Times tiktoken, times the best that gives arrays.
_GOALS = {
    "English": (14.0, 1.0),
    "code": (14.0, 1.0),
    "Chinese and Japanese": (5.0, 1.0),
    "other scripts": (None, 1.1),
}


def run(found: corpus.Corpus, rounds: int, source: Path | None = None) -> Result:
    """Each part for itself, all contenders in turn; then the hardest texts, and loading."""
    result = Result("tokenize", corpus.describe(found))
    vocabulary = source / "vocab" / _VOCABULARY if source else None
    if reason := ours.missing():
        result.missing.append(reason)
    if vocabulary is None or not vocabulary.exists():
        result.missing.append(f"tokenize: there is no vocab/{_VOCABULARY} in the folder of texts")
    if result.missing or vocabulary is None:
        return result
    result.missing = environments.ensure(environments.TOKENIZERS)
    result.versions = environments.versions(environments.TOKENIZERS)
    result.versions |= machine.versions("corpusmill", "pyarrow")
    parts = token_parts.write(source, found.folder / "tokens")
    missing = [name for name in token_parts.PARTS if name not in {part.name for part in parts}]
    result.missing += [f"tokenize: too little text of {name}" for name in missing]
    for part in parts:
        _measure(result, part, vocabulary, rounds)
        _measure_calls(result, part, vocabulary, rounds)
    worst = token_worst.write(found.folder / "tokens")
    contenders = [_OUR, _ARRAYS[0], _TIKTOKEN]
    token_worst.measure(
        result, "byte-level BPE", contenders, worst, vocabulary=vocabulary, rounds=rounds
    )
    _load(result, parts[0], vocabulary, rounds)
    return result


def _measure(result: Result, part: Part, vocabulary: Path, rounds: int) -> None:
    contenders = [_OUR, _COUNT, *_ARRAYS, *_LISTS, _TIKTOKEN]
    if part.name == "English":
        contenders += [_TWO, _SLOW]
        contenders += [_NARROW] if _has_wider() else []
    job = f"byte-level BPE, {part.name}"
    measured = token_contenders.measure(job, contenders, part, vocabulary, rounds)
    result.measurements += measured.values()

    def best(contenders: list[Contender]) -> Measurement:
        return token_contenders.best([measured[each.name] for each in contenders])

    def add(said: str, one: str, beside: Measurement, goal: float | None, clock: Clock) -> None:
        wanted = None if goal is None else Goal(goal)
        result.lines.append(compare(f"{job}{said}", measured[one], beside, wanted, clock))

    times_tiktoken, times_best = _GOALS[part.name]
    own = measured[_OUR.name]
    add("", _OUR.name, best(_ARRAYS), times_best, "cpu_s")
    add(", beside lists", _OUR.name, best(_LISTS), 2.0, "cpu_s")
    add(", beside tiktoken", _OUR.name, measured[_TIKTOKEN.name], times_tiktoken, "cpu_s")
    add(", count only", _COUNT.name, own, 1.2, "cpu_s")
    if _NARROW.name in measured:
        add(", AVX2", _NARROW.name, own, 0.75, "cpu_s")
    if _TWO.name in measured:
        add(", two threads", _TWO.name, own, 1.6, "wall_s")


def _measure_calls(result: Result, part: Part, vocabulary: Path, rounds: int) -> None:
    """Calls so small that what each begins with counts."""
    job = f"byte-level BPE, {part.name}, {_CALL_BYTES / 1e6} MB a call"
    contenders = [replace(each, call_bytes=_CALL_BYTES) for each in (_OUR, *_ARRAYS)]
    measured = token_contenders.measure(job, contenders, part, vocabulary, rounds)
    result.measurements += measured.values()
    beside = token_contenders.best([measured[each.name] for each in _ARRAYS])
    result.lines.append(compare(job, measured[_OUR.name], beside, None))


def _has_wider() -> bool:
    """Whether ours uses more than AVX2 where nothing is forced."""
    from corpusmill import _core  # noqa: PLC0415

    return "v4" in _core.core.simd_levels()


def _load(result: Result, part: Part, vocabulary: Path, rounds: int) -> None:
    contenders = [Contender(each.name, each.module, "load") for each in (_OUR, _TIKTOKEN, *_ARRAYS)]
    runs = token_contenders.runs(contenders, part, vocabulary, rounds)
    size = vocabulary.stat().st_size
    measured = {name: Measurement(_LOAD, name, 1, size, done) for name, done in runs.items()}
    result.measurements += measured.values()
    own, beside = measured[_OUR.name], measured[_TIKTOKEN.name]
    result.lines.append(compare(_LOAD, own, beside, Goal(1 / 1.2)))
