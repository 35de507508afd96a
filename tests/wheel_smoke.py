"""wheel_smoke: removes near-duplicates from four texts and says which corpusmill did. A program, run
by cibuildwheel, which has no pytest, and by tests/test_wheel.py."""

from __future__ import annotations

import sys

import corpusmill as cm

DOCS = [
    "The quick brown fox jumps over the lazy dog near the river bank.",
    "the quick, brown fox jumps over the lazy dog near the river bank!",
    None,
    "Colourless green ideas sleep furiously, as every linguist knows.",
]

if __name__ == "__main__":
    assert cm.dedup.duplicates(DOCS, n=2).to_pylist() == [False, True, False, False]
    assert cm.text.words(["Été 2026"]).to_pylist() == [["été", "2026"]]
    sys.stdout.write(f"{cm.__file__}\n")
