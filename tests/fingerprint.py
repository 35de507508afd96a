"""fingerprint: prints one hash over the answers of every area, for comparison between SIMD levels,
threads and machines. Run as a program; takes the number of threads."""

from __future__ import annotations

import json
import random
import sys

import pyarrow as pa
import xxhash

import corpusmill as cm
import documents
from corpusmill import _core

TRAPS = "aAsSlLeE''  \t\n\r.,/-19\u0301\u017fé中"  # of what tokenizers' patterns part at


def terms_in(
    column: pa.Array, unit: str, *, cased: bool, threads: int
) -> tuple[pa.Table | None, ...]:
    forms = {"a": ["word1", "Word1 word2", "été"], "b": ["word3", "東京"], "c": ["o'clock", "z"]}
    terms = cm.ngram.Terms(forms, unit=unit, cased=cased)
    options = {"pairs": [("a", "b")], "windows": (3, 50), "rows": True, "threads": threads}
    return cm.ngram.term_counts(column, terms, **options)


def contaminated(texts: list[str], rule: str) -> cm.ngram.ContaminationIndex:
    index = cm.ngram.ContaminationIndex(rule)
    index.add("benchmark", "field", texts)
    return index


def answers(threads: int) -> list[object]:
    docs = [*documents.varied(150), None, "", "z" * 9000, "\u00e9" * 5000, "東京 " * 3000]
    column = pa.array(docs, pa.string())
    lines = "\n".join(json.dumps({"text": doc, "id": i}) for i, doc in enumerate(docs))
    scanned = _core.jsonl.scan((lines + '\n{"text": "\x00"}').encode(), "text", "id", None)
    signatures = cm.dedup.signatures(column, n=2, threads=threads)
    rng = random.Random(2)
    cut = ["".join(rng.choices(TRAPS, k=rng.randint(0, 300))) for _ in range(200)]
    # All pairs of ASCII are tokens, so that ids tell where pieces end.
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [first + second for first in tokens[:128] for second in tokens[:128]]
    tokenizers = [
        cm.tokenizer.Tokenizer.from_tokens(tokens, pattern=p) for p in cm.tokenizer.PATTERNS
    ]
    ids = tokenizers[0].encode_batch(column, threads=threads)
    return [
        cm.text.words(column, threads=threads).to_pylist(),
        cm.text.normalize(column, form="NFKC", casefold=True, threads=threads).to_pylist(),
        *(
            cm.ngram.hashes(column, n=n, unit=unit, threads=threads).to_pylist()
            for n in (1, 3, 8)
            for unit in ("word", "char", "byte")
        ),
        *(
            cm.ngram.features(column, hash=hash, tokenizer=tokenizer, threads=threads).to_pylist()
            for hash in ("fast", "sha256")
            for tokenizer in ("words", "wordpunct", "whitespace")
        ),
        cm.select.dsir.weigh(
            column, cm.select.dsir.fit(column, ["word1 word2 東京"]), threads=threads
        ).to_pylist(),
        *(
            cm.ngram.counts(column, n=n, unit=unit, min_count=2, threads=threads).to_pylist()
            for n in (1, 5)
            for unit in ("word", "char", "byte")
        ),
        cm.ngram.counts(column, n=2, top=30, threads=threads).to_pylist(),
        cm.ngram.counts(ids, n=3, unit="token", threads=threads).to_pylist(),
        *(
            cm.ngram.lexicon(column, unit=unit, top=(50, 50), threads=threads).to_pylist()
            for unit in ("word", "char")
        ),
        *(
            [table.to_pylist() for table in terms_in(column, unit, cased=cased, threads=threads)]
            for unit in ("word", "char")
            for cased in (False, True)
        ),
        *(
            contaminated(docs[:20], rule).find(column, threads=threads).to_pylist()
            for rule in ("coverage", "janitor", "datatrove")
        ),
        *(cm.dedup.signatures(column, num_hashes=k, threads=threads).to_pylist() for k in (7, 200)),
        cm.dedup.pairs(signatures, threshold=0.5, threads=threads).to_pylist(),
        cm.dedup.decide(column, n=2, keep="longest", threads=threads).to_pylist(),
        cm.dedup.passages(column, min_bytes=50, threads=threads).to_pylist(),
        *(
            cm.dedup.paragraphs(
                column, unit="line", keep=keep, filter=filter, threads=threads
            ).to_pylist()
            for keep in ("first", "none")
            for filter in (None, cm.ngram.BloomFilter(9, 0.1, unit="line", allow_overfull=True))
        ),
        *(contamination(column, rule, threads) for rule in cm.ngram.CONTAMINATION_RULES),
        *(
            each.encode_batch(texts, threads=threads).to_pylist()
            for each in tokenizers
            for texts in (column, cut)
        ),
        *(scanned[key].tolist() for key in sorted(scanned) if key not in ("num_lines", "order")),
    ]


def contamination(column: pa.Array, rule: str, threads: int) -> list[object]:
    """What documents have of the first of them, by every rule."""
    index = cm.ngram.ContaminationIndex(rule)
    index.add("first", "text", column.slice(0, 40))
    index.count(column, threads=threads)
    found, seen = index.look_up(column, threads=threads)
    cuts = index.cuts(column, found).to_pylist()
    return [found.to_pylist(), cuts, index.texts([seen]).to_pylist()]


def fingerprint(threads: int) -> str:
    return xxhash.xxh3_128_hexdigest(repr(answers(threads)).encode())


if __name__ == "__main__":
    sys.stdout.write(fingerprint(int(sys.argv[1])))
