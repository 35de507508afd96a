"""without pandas: no job and no function on columns imports it, though it is there to be imported.

pyarrow does so for many of its own conversions: 35 MB, which no budget knows of, and 0.3 s. It does
so with its own compute for others: 30 ms, which jobs on tables of texts alone do without.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

TOLD = """
import sys, traceback
traceback.print_stack()
sys.exit("pandas was imported")
"""
START = """
import sys
sys.path.insert(0, sys.argv[1])
import pyarrow as pa
import corpusmill as cm
from corpusmill import ngram, shards
a, b, out = "in/a.jsonl", "in/b.parquet", "out"
both, rest = [a, b], {"max_rejected": 1.0}
"""
JOBS = {
    "dedup": """
shards.dedup(both, out, keep="n", save_index="new", cluster_size="size", write_dropped=True, **rest)
shards.dedup(both, "out2", format="parquet", method="exact", **rest)
""",
    "against": """
shards.dedup(a, out, save_index="new", **rest)
shards.dedup(both, "out2", against="new", update=True, join=True, format="arrow", **rest)
shards.why("out2", "a0"), shards.why("out2", "a.jsonl:3")
from corpusmill.report import page
page.write("out2")
""",
    "convert": """
where = "len(text) > 3 and n + 1 > 2 and (n in (3, 5, 7) or id != 'a1' or text in ('x', 'y'))"
shards.convert(both, out, where=where, format="jsonl", write_dropped=True, **rest)
shards.convert(both, "out2", columns=["text", "n"], format="parquet", codec="zstd", **rest)
""",
    "select": """
shards.select(both, out, target=b, budget=5, min_length=1, weight="w", top=True, **rest)
""",
    "paragraphs": """
shards.paragraphs(both, out, **rest)
shards.paragraphs(both, "out2", action="tag", unit="line", keep="none", **rest)
""",
    "membership": """
shards.build_filter(both, "filter", n=3, items=1000, **rest)
shards.membership(both, out, filter="filter", **rest)
""",
    "decontaminate": """
for action in ("drop", "cut", "tag"):
    shards.decontaminate(both, action, against="bench.jsonl", action=action, rule="gpt3", **rest)
""",
    "count": """
shards.count(both, out, n=2, **rest)
shards.lexicon(both, "out2", top=(20, 10), **rest)
terms = ngram.Terms(["word", "other"])
shards.count_terms(both, "out3", terms, pairs=[("word", "other")], rows=True, **rest)
""",
    "passages": """
shards.passages(both, out, min_bytes=20, cuts_field="cut", offsets="chars", **rest)
shards.passages(both, "out2", min_bytes=20, tag="seen", **rest)
""",
    "tokenize": """
import base64
letters = (b"%s %d\\n" % (base64.b64encode(bytes([byte])), byte) for byte in range(256))
open("letters", "wb").write(b"".join(letters))
given = {"tokenizer": "letters", "pattern": "gpt2", "special": ["words=256"], "eos": "words"}
shards.tokenize(both, out, length=8, pack=True, shuffle=1, **given, **rest)
shards.tokenize(both, "out2", max_tokens=3, megatron=True, **given, **rest)
[*shards.TokenShards(out)]
""",
    "stats": "shards.stats(both, **rest)\n",
    "columns": """
from corpusmill import dedup, ngram, text
from corpusmill.select import dsir, rehydrate
docs = ["some words of a text", None, "some words of a text", "other words than those"]
column = pa.Table.from_arrays([text.normalize(docs)], ["text"])["text"]
for one in (docs, column):
    spans = text.word_spans(one)
    text.words(one), text.char_spans(one, spans), text.cut(one, spans), text.moved(spans, spans)
    slots = dedup.signatures(one, n=2)
    dedup.similarity(slots, slots)
    pairs = dedup.pairs(slots)
    dedup.components(pairs, 4), dedup.jaccard(one, pairs), dedup.decide(one, keep="longest")
    dedup.duplicates(one, keep=ngram.counts(one, n=1).slice(0, 4)["count"])
    index = dedup.Index(n=2)
    index.add(one)
    index.query(one), index.cluster_sizes, index.save("index"), dedup.Index.load("index")
    dedup.signatures(ngram.hashes(one, n=2)), ngram.features(one), ngram.lexicon(one)
    ngram.term_counts(one, ngram.Terms(["some", "words"]), pairs=[("some", "words")], rows=True)
    found = ngram.ContaminationIndex("gpt3")
    found.add("bench", "text", one)
    found.find(one), found.texts()
    bloom = ngram.BloomFilter(100, n=2)
    bloom.add(one), bloom.contains(one), ngram.quip(one, bloom), ngram.longest_span(one, bloom)
    weights = dsir.weigh(one, dsir.fit(one, one))
    dsir.select(weights, budget=2, min_length=0)
    rehydrate(index.cluster_sizes, index.cluster_sizes)
    tokens = [bytes([byte]) for byte in range(256)]
    small = cm.tokenizer.Tokenizer.from_tokens(tokens, pattern="gpt2", special_tokens={"of": 256})
    ids = small.encode_batch(one, allowed_special="all")
    small.count(one), small.decode_batch(ids), small.chunk(one, 4), small.offsets(one)
    small.special_counts(one), small.encode("some words")
""",
}


@pytest.mark.parametrize("job", JOBS)
def test_pandas_stays_where_it_is(job: str, tmp_path: Path) -> None:
    (tmp_path / "stub/pandas").mkdir(parents=True)
    (tmp_path / "stub/pandas/__init__.py").write_text(TOLD)
    (tmp_path / "in").mkdir()
    rows = [
        {"id": f"a{i}", "text": f"some word {i // 2} and other words than those\n" * 3, "n": i}
        for i in range(40)
    ]
    lines = [*map(json.dumps, rows), "no json", '{"text": null}', ""]
    (tmp_path / "in/a.jsonl").write_text("\n".join(lines))
    (tmp_path / "bench.jsonl").write_text(json.dumps({"text": rows[3]["text"]}) + "\n")
    table = pa.Table.from_pylist([*rows, {"id": None, "text": None, "n": None}])
    parquet.write_table(table, tmp_path / "in/b.parquet")
    words = [sys.executable, "-c", START + JOBS[job], str(tmp_path / "stub")]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-1500:]


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_compute_stays_where_it_is(suffix: str, tmp_path: Path) -> None:
    texts = [f"some word {i // 2} and other words than those" for i in range(40)]
    table = pa.table({"id": [None, *texts[1:]], "text": pa.array(texts, pa.binary())})
    source = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        parquet.write_table(table, source)
    else:
        with pa.ipc.new_file(source, table.schema) as writer:
            writer.write_table(table)
    job = f"""
import sys
from corpusmill import shards
ledger = shards.dedup({str(source)!r}, {str(tmp_path / "out")!r}, threads=1)
assert ledger.files[0].dropped and "pyarrow.compute" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", job], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-1500:]
