"""_ngram_contamination_rules: when benchmarks count as found in documents, and what is cut out of those.

Finds nothing: _ngram_contamination.py does, by these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from corpusmill import _check, _core

WordForm: TypeAlias = Literal["words", "zeros", "ascii", "janitor"]


@dataclass(frozen=True)
class ContaminationRule:
    """When a text of a benchmark counts as found in a document, and what is cut out of that.

    n               words of an n-gram, 1 to 64
    min_words       a text of fewer than n words but as many as this is looked for as a whole, a shorter
                    one not at all
    words           what a word is: "words", of `text.words`; "zeros", the same with each run of the
                    digits 0-9 in it taken for one 0; "ascii", a run without white space, A-Z lowered,
                    ASCII punctuation deleted; "janitor", the same as lm-eval's janitor has it: in a
                    document a run of only punctuation is a word too, which no text has
    joined          words with only punctuation between them are looked for as one too, as a copy without
                    punctuation has them; "words" alone can be
    threshold       the share of a text's words that lie in n-grams which the document has too, from
                    which it is found; 0: one such n-gram is enough. Above 0, n-grams of more than 64
                    texts are nobody's: they are part of no share
    quantile        above 0: texts that are added together have n-grams of as many words as the shortest
                    of them but this share, though at least `min_words` and at most n; a text of fewer
                    words is not looked for
    max_documents   n-grams that more documents hold, of those that were counted, are nobody's
    margin          characters that are cut off with a span on each side
    min_piece       pieces of a document between cuts, before or behind them, of fewer characters are
                    cut too
    max_pieces      a document that falls into more pieces, short ones counted, is dropped where others
                    are cut; None: none is
    max_hits        the same of one with more n-grams of texts, counted each time

    With words="janitor" pieces are those of lm-eval's janitor to the character: between cuts they begin
    one character early, the first must be longer than min_piece, and a document in which nothing is
    found is a piece too.
    Source: CONTAMINATION_RULES names that of each rule; `joined` is ours.
    """

    n: int
    min_words: int
    words: WordForm = "words"
    joined: bool = False
    threshold: float = 0.0
    quantile: float = 0.0
    max_documents: int | None = None
    margin: int = 0
    min_piece: int = 0
    max_pieces: int | None = None
    max_hits: int | None = None

    def __post_init__(self) -> None:
        _check.whole("n", self.n, 1, 64)
        _check.whole("min_words", self.min_words, 1, self.n)
        if self.words not in get_args(WordForm):
            raise ValueError(f"words: expected words, zeros, ascii or janitor, got {self.words!r}")
        if self.joined and self.words != "words":
            raise ValueError(f'joined: expected words="words" with it, got {self.words!r}')
        for name in ("threshold", "quantile"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected 0 to 1, got {getattr(self, name)!r}")
        for name in ("margin", "min_piece"):
            _check.whole(name, getattr(self, name), 0, 1 << 30)
        for name in ("max_documents", "max_pieces", "max_hits"):
            if getattr(self, name) is not None:
                _check.whole(name, getattr(self, name), 0, 1 << 62)


CONTAMINATION_RULES: Mapping[str, ContaminationRule] = {
    "coverage": ContaminationRule(8, 6, joined=True, threshold=0.5),
    "gpt3": ContaminationRule(
        13, 13, "ascii", max_documents=10, margin=200, min_piece=200, max_pieces=10
    ),
    "gpt3_overlap": ContaminationRule(13, 8, "ascii", quantile=0.05),
    "janitor": ContaminationRule(13, 13, "janitor", margin=200, min_piece=200, max_hits=10),
    "palm": ContaminationRule(8, 8, threshold=0.7),
    "llama2": ContaminationRule(11, 11, threshold=0.8),
    "tulu3": ContaminationRule(8, 8, threshold=math.nextafter(0.5, 1)),
    "datatrove": ContaminationRule(12, 12, "zeros"),
}
"""The default, which is ours, and published rules: docs/contamination.md says what each misses.

Source of each:

    coverage        ours
    gpt3            Brown et al. 2020, "Language Models are Few-Shot Learners", appendix C: the filter
    gpt3_overlap    the same: which items of benchmarks are dirty
    janitor         `Janitor.clean` of EleutherAI's lm-evaluation-harness, in Python
    palm            Chowdhery et al. 2022, "PaLM: Scaling Language Modeling with Pathways"
    llama2          Touvron et al. 2023, "Llama 2: Open Foundation and Fine-Tuned Chat Models"
    tulu3           Lambert et al. 2024, "Tulu 3: Pushing Frontiers in Open Language Model Post-Training"
    datatrove       the n-gram decontamination filter of Hugging Face's datatrove
"""


def named_rule(rule: ContaminationRule | str) -> ContaminationRule:
    """The rule itself, or that of CONTAMINATION_RULES; ValueError if there is none."""
    if not isinstance(rule, str):
        return rule
    if rule not in CONTAMINATION_RULES:
        names = ", ".join(CONTAMINATION_RULES)
        raise ValueError(f"rule: expected one of {names}, got {rule!r}")
    return CONTAMINATION_RULES[rule]


def core_index(rule: ContaminationRule) -> _core.ngram.ContaminationIndex:
    """An empty index by a rule."""
    form = {
        "words": _core.ngram.WordForm.words,
        "zeros": _core.ngram.WordForm.zeros,
        "ascii": _core.ngram.WordForm.ascii,
        "janitor": _core.ngram.WordForm.janitor,
    }[rule.words]
    return _core.ngram.ContaminationIndex(
        rule.n, rule.min_words, form, rule.joined, rule.threshold, rule.quantile
    )
