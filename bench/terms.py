"""Terms to be counted in a corpus: runs of words out of it, as names of people and things are."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

SEED = 20260103
TERMS = 1_000_000
_WORDS = (2, 2, 3, 4)  # of a term


def terms_of(texts: Sequence[str], count: int) -> list[str]:
    """So many different runs of 2 to 4 lower-cased words, in the order in which they are drawn.

    Half of them end with a word from elsewhere, so that most of those are found nowhere.
    """
    rng = random.Random(SEED)
    words = [found for text in texts if len(found := re.findall(r"\w+", text.lower())) >= 8]
    terms: dict[str, None] = {}
    while len(terms) < count:
        document, other = rng.choice(words), rng.choice(words)
        begin = rng.randrange(len(document) - 4)
        run = document[begin : begin + rng.choice(_WORDS)]
        if rng.random() < 0.5:
            run[-1] = rng.choice(other)
        terms[" ".join(run)] = None
    return list(terms)
