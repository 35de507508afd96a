"""documents: texts that tests draw. Many short words, so that shingles repeat and sets overlap."""

from __future__ import annotations

import random
import unicodedata

from hypothesis import strategies as st

ALPHABET = st.sampled_from("ab AB _9.é中です\u0301\u200d\n")

# Assigned since Unicode 3.2, so that this Python and our tables agree that they are.
LONG_ASSIGNED = st.characters(exclude_categories=["Cs"]).filter(
    lambda char: unicodedata.ucd_3_2_0.category(char) != "Cn"
)

CODE_POINTS = [code for code in (*range(0x34000), *range(0xE0000, 0xE0200)) if code >> 11 != 0x1B]
"""All of the planes that have assigned characters, but surrogates and those of private use: up to the
end of Han as of Unicode 17, then tags and variation selectors."""

texts = st.one_of(
    st.text(ALPHABET, max_size=200),
    st.text(LONG_ASSIGNED, max_size=80),
    st.lists(
        st.sampled_from(["to", "be", "or", "not", "TO", "that", "is", "the", "question"]),
        max_size=60,
    ).map(" ".join),
)

columns = st.lists(st.none() | texts, max_size=12)


def varied(count: int, seed: int = 1) -> list[str]:
    """Documents of 0 to 400 words from a small vocabulary; every third is an edited earlier one."""
    rng = random.Random(seed)
    vocabulary = [f"word{i}" for i in range(300)] + [
        "Œuvre",
        "ÉTÉ",
        "straße",
        "東京",
        "です",
        "Ωmega",
        "o'clock",
    ]
    out: list[str] = []
    for i in range(count):
        if i % 3 == 2:
            words = rng.choice(out).split()
            for _ in range(rng.randrange(6)):
                if words:
                    words[rng.randrange(len(words))] = rng.choice(vocabulary)
        else:
            words = rng.choices(vocabulary, k=rng.choice([0, 1, 3, 5, 20, 100, 400]))
        out.append(" ".join(words))
    return out
