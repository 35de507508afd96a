"""Terms to be counted in a corpus, made out of it: names, as a user has them, and a harsh list.

Both are a function of the texts alone, so that each contender makes the same one.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence

SEED = 20260103
TERMS = 1_000_000
SHARE = 8
"""One text in so many is enough for a rival that is slow: what it does for each is the same."""

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[A-Z]\w+(?:(?: of| the| and| de| van)? [A-Z]\w*){0,3}")
_HARSH_WORDS = (2, 2, 3, 4)  # of a term


def names(texts: Sequence[str], count: int) -> list[str]:
    """A gazetteer: so many different names of 1 to 4 words or so, lower-cased, in random order.

    First every run of capitalised words in the texts, however rare, but no single word that is
    written without a capital more often. A list of names made elsewhere holds mostly such as a
    corpus has not: the rest are names of two words or more whose last word is that of another one.
    """
    found = Counter(name for text in texts for name in _NAME.findall(text))
    words = Counter(word for text in texts for word in _WORD.findall(text) if word.islower())
    terms = dict.fromkeys(
        name.lower() for name, times in found.items() if " " in name or times > words[name.lower()]
    )
    longer = [term for term in terms if " " in term]
    return _shuffled(terms, longer, count)


def _shuffled(terms: dict[str, None], longer: Sequence[str], count: int) -> list[str]:
    rng = random.Random(SEED)
    while len(terms) < count:
        first, last = rng.choice(longer), rng.choice(longer)
        terms[f"{first.rpartition(' ')[0]} {last.rpartition(' ')[2]}"] = None
    shuffled = list(terms)
    rng.shuffle(shuffled)
    return shuffled[:count]


def harsh(texts: Iterable[str], count: int) -> list[str]:
    """So many different runs of 2 to 4 words of the texts, lower-cased: nearly every word begins one.

    Half of them end with a word from elsewhere, so that most of those are found nowhere.
    """
    rng = random.Random(SEED)
    words = [found for text in texts if len(found := _WORD.findall(text.lower())) >= 8]
    terms: dict[str, None] = {}
    while len(terms) < count:
        document, other = rng.choice(words), rng.choice(words)
        begin = rng.randrange(len(document) - 4)
        run = document[begin : begin + rng.choice(_HARSH_WORDS)]
        if rng.random() < 0.5:
            run[-1] = rng.choice(other)
        terms[" ".join(run)] = None
    return list(terms)
