"""The other families beside the libraries that do them: SentencePiece's BPE and Unigram, WordPiece.

Texts not seen before, by a tokenizer that has seen others; then the texts that are the hardest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import corpus, environments, machine, ours, token_contenders, token_parts, token_worst
from bench.results import Goal, Result, compare, figure
from bench.token_contenders import Contender
from bench.token_parts import PARTS, Part

_COUNT = 1.2  # of the rate of encoding

_OUR = Contender("corpusmill", "bench.ours_tokens")
_COUNTS = Contender("corpusmill, count only", "bench.ours_tokens", "count")
_GIGATOKEN = Contender("gigatoken", "bench.rivals.gigatoken")
_SENTENCEPIECE = Contender("sentencepiece", "bench.rivals.sentencepiece")
_SPLINTR = Contender("splintr", "bench.rivals.splintr")
_TOKENIZERS = Contender("tokenizers, lists", "bench.rivals.tokenizers", "lists")


@dataclass(frozen=True)
class _Family:
    """A vocabulary, and how many times the rate of each rival is to be reached, part by part."""

    name: str
    vocabulary: str  # in vocab/ of the folder of texts
    rivals: Mapping[Contender, Mapping[str, float]]


def _all(ratio: float) -> dict[str, float]:
    return dict.fromkeys(PARTS, ratio)


_UNIGRAM = {_SENTENCEPIECE: _all(1.3) | dict.fromkeys(("English", "code"), 3.0)}
_FAMILIES = (
    _Family("SentencePiece BPE", "mistral-v1.model", {_GIGATOKEN: _all(1.2), _SENTENCEPIECE: {}}),
    _Family("Unigram, 96,000 pieces", "pegasus.model", _UNIGRAM),
    _Family("Unigram, 8,000 pieces of Japanese", "spm_test_ja.model", _UNIGRAM),
    _Family(
        "WordPiece", "bert-base-uncased.vocab.txt", {_SPLINTR: _all(1.2), _TOKENIZERS: _all(20.0)}
    ),
)


def run(found: corpus.Corpus, rounds: int, source: Path | None = None) -> Result:
    """Family by family, each part for itself, all contenders in turn."""
    result = Result("pieces", corpus.describe(found))
    if reason := ours.missing():
        result.missing.append(reason)
        return result
    folder = source / "vocab" if source else None
    there = [each for each in _FAMILIES if folder and (folder / each.vocabulary).exists()]
    result.missing = [
        f"pieces: there is no vocab/{each.vocabulary} in the folder of texts"
        for each in _FAMILIES
        if each not in there
    ]
    if folder is None or not there:
        return result
    result.missing += environments.ensure(environments.TOKENIZERS)
    result.versions = environments.versions(environments.TOKENIZERS)
    result.versions |= machine.versions("corpusmill", "pyarrow")
    parts = token_parts.write(source, found.folder / "tokens")
    worst = token_worst.write(found.folder / "tokens")
    for each in there:
        for part in parts:
            _measure(result, each, part, folder / each.vocabulary, rounds)
        vocabulary, contenders = folder / each.vocabulary, [_OUR, next(iter(each.rivals))]
        token_worst.measure(
            result, each.name, contenders, worst, vocabulary=vocabulary, rounds=rounds
        )
    return result


def _measure(result: Result, family: _Family, part: Part, vocabulary: Path, rounds: int) -> None:
    job = f"{family.name}, {part.name}"
    contenders = [_OUR, _COUNTS, *family.rivals]
    measured = token_contenders.measure(job, contenders, part, vocabulary, rounds)
    small = token_parts.smaller(part)
    job_of_small = f"{job}, {figure(token_parts.SMALL_BYTES / 1e6)} MB"
    first = next(iter(family.rivals))
    beside = token_contenders.measure(job_of_small, [_OUR, first], small, vocabulary, rounds)
    result.measurements += [*measured.values(), *beside.values()]
    for rival, goals in family.rivals.items():
        goal = Goal(goals[part.name]) if part.name in goals else None
        result.lines.append(compare(job, measured[_OUR.name], measured[rival.name], goal))
    result.lines.append(compare(job_of_small, beside[_OUR.name], beside[first.name], None))
    if part.name == PARTS[0]:
        pair = measured[_COUNTS.name], measured[_OUR.name]
        result.lines.append(compare(f"{job}, count only", *pair, Goal(_COUNT)))
