"""The rivals, one small file each, used the way their own documents show. No file knows another.

Each file has `signatures(docs, threads)` where the rival can make signatures from text, and runs as
`python -m bench.rivals.X IN.jsonl OUT.jsonl`: near-duplicates removed at 0.8, kept rows written.
They run in their own environments, so nothing here may import corpusmill or the rest of bench.
"""

from __future__ import annotations

SLOTS = 112
BANDS = 14
ROWS = 8
THRESHOLD = 0.8
SEED = 42
