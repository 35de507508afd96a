"""membership: filters find all that went in, and what else as often as they say."""

from __future__ import annotations

import math
import pickle
import random
import threading
from pathlib import Path

import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles_membership as oracles
from corpusmill import _core
from corpusmill.ngram import BloomFilter

# unit, n, squeeze
KINDS = [
    ("word", 1, False),
    ("word", 3, False),
    ("char", 4, False),
    ("char", 4, True),
    ("byte", 5, False),
    ("line", 1, False),
    ("paragraph", 1, False),
]

texts = st.one_of(
    documents.texts, st.text(st.sampled_from("ab \t\r\n\u00a0\u2028é東"), max_size=60)
)
columns = st.lists(st.none() | texts, max_size=10)


def made(kind: tuple[str, int, bool], items: int = 500, **options: object) -> BloomFilter:
    unit, n, squeeze = kind
    given_n = {} if unit in {"line", "paragraph"} else {"n": n}
    return BloomFilter(items, unit=unit, squeeze=squeeze, **given_n, **options)


def twin(docs: list[str | None], bloom: BloomFilter) -> oracles.Bloom:
    """What the filter should hold after documents were added."""
    options = bloom.options
    slow = oracles.Bloom(bloom.nbytes // 32)
    for doc in docs:
        found, _ = items_of(doc, bloom) if doc is not None else ([], [])
        for item in found[:: options["stride"]]:
            slow.insert(item)
    return slow


def items_of(doc: str, bloom: BloomFilter) -> tuple[list[int], list[oracles.Span]]:
    options = bloom.options
    return oracles.items(doc, options["n"], options["unit"], options["squeeze"])


@given(columns, columns, st.sampled_from(KINDS), st.integers(1, 3))
def test_membership_equals_the_oracle(
    inside: list[str | None], asked: list[str | None], kind: tuple[str, int, bool], threads: int
) -> None:
    bloom = made(kind, items=40, allow_overfull=True)
    added = bloom.add(pa.array(inside, pa.string()), threads=threads)
    slow = twin(inside, bloom)
    assert added == sum(len(items_of(doc, bloom)[0]) for doc in inside if doc is not None)
    column = pa.array(asked, pa.string())
    there = [None if d is None else [i in slow for i in items_of(d, bloom)[0]] for d in asked]
    assert bloom.contains(column, threads=threads).to_pylist() == there
    shares = [None if not t else sum(t) / len(t) for t in there]
    assert cm.ngram.quip(column, bloom, threads=threads).to_pylist() == shares
    assert bloom.rate == pytest.approx(slow.rate(), rel=1e-12)


@given(columns, columns, st.sampled_from(KINDS[:5]), st.sampled_from([1, 2, 3, 7]))
def test_the_longest_span_equals_the_oracle(
    inside: list[str | None], asked: list[str | None], kind: tuple[str, int, bool], stride: int
) -> None:
    bloom = made(kind, stride=stride)
    bloom.add(pa.array(inside, pa.string()))
    slow = twin(inside, bloom)
    column = pa.array(asked, pa.string())
    found = cm.ngram.longest_span(column, bloom, threads=2).to_pylist()
    for doc, spans in zip(asked, found, strict=True):
        if doc is None:
            assert spans is None
            continue
        items, places = items_of(doc, bloom)
        expected = oracles.longest_span([item in slow for item in items], places, stride)
        assert [(s["begin"], s["end"]) for s in spans] == expected
        for begin, end in expected if kind[0] != "byte" else []:
            doc.encode()[begin:end].decode()  # no character is cut
    if kind[0] != "byte":
        in_chars = cm.ngram.longest_span(column, bloom, offsets="chars", threads=2)
        assert in_chars == cm.text.char_spans(column, cm.ngram.longest_span(column, bloom))


@pytest.mark.parametrize("unit", ["byte", "token"])
def test_spans_that_are_of_no_characters_are_told_in_none(unit: str) -> None:
    with pytest.raises(ValueError, match=f"offsets: spans of unit '{unit}' count no characters"):
        cm.ngram.longest_span([], BloomFilter(9, n=2, unit=unit), offsets="chars")
    with pytest.raises(ValueError, match="offsets: expected 'bytes' or 'chars', got 'words'"):
        cm.ngram.longest_span([], BloomFilter(9, n=2), offsets="words")


ids = st.lists(st.integers(0, 3) | st.integers(0, 2**15 - 1), max_size=12)
id_columns = st.lists(st.none() | ids, max_size=6)
integers = st.sampled_from([pa.uint16(), pa.int16(), pa.uint32(), pa.int32(), pa.int64()])


@given(
    id_columns,
    id_columns,
    st.integers(1, 4),
    st.sampled_from([1, 2, 3]),
    st.tuples(integers, integers),
)
def test_filters_of_token_ids_equal_the_oracle(
    inside: list[list[int] | None],
    asked: list[list[int] | None],
    n: int,
    stride: int,
    types: tuple[pa.DataType, pa.DataType],
) -> None:
    bloom = BloomFilter(40, n=n, unit="token", stride=stride, allow_overfull=True)
    bloom.add(pa.array([[7], *inside], pa.list_(types[0]))[1:], threads=2)
    slow = oracles.Bloom(bloom.nbytes // 32)
    for row in inside:
        for item in oracles.token_items(row or [], n)[0][::stride]:
            slow.insert(item)
    column = pa.array(asked, pa.large_list(types[1]))
    there = [
        None if row is None else [item in slow for item in oracles.token_items(row, n)[0]]
        for row in asked
    ]
    assert bloom.contains(column, threads=2).to_pylist() == there
    shares = [None if not t else sum(t) / len(t) for t in there]
    assert cm.ngram.quip(column, bloom).to_pylist() == shares
    spans = [
        None if t is None else oracles.longest_span(t, oracles.token_items(row, n)[1], stride)
        for t, row in zip(there, asked, strict=True)
    ]
    found = cm.ngram.longest_span(column, bloom).to_pylist()
    assert [d and [(s["begin"], s["end"]) for s in d] for d in found] == spans


def test_a_filter_of_token_ids_takes_no_texts() -> None:
    bloom = BloomFilter(9, n=2, unit="token")
    with pytest.raises(TypeError, match="docs: expected a column of lists of integers, got string"):
        bloom.add(pa.array(["text"]))
    with pytest.raises(TypeError, match=r"docs\[0\]: expected str or None, got list"):
        BloomFilter(9, n=2).contains([[1, 2]])
    with pytest.raises(ValueError, match="docs: a list holds a null where an id should be"):
        cm.ngram.quip([[1, None]], bloom)


@given(columns, st.sampled_from(KINDS), st.sampled_from([1, 3]))
def test_what_was_added_is_found(
    docs: list[str | None], kind: tuple[str, int, bool], stride: int
) -> None:
    pieces = kind[0] in {"line", "paragraph"}
    bloom = made(kind, items=1, allow_overfull=True, **({} if pieces else {"stride": stride}))
    column = pa.array(docs, pa.string())
    bloom.add(column)
    step = 1 if pieces else stride
    for there in bloom.contains(column).to_pylist():
        assert all((there or [])[::step])


def test_long_documents_cross_the_buffer() -> None:
    text = "".join(map(chr, random.Random(1).choices(range(97, 123), k=10_000)))
    for n, stride in [(1, 1), (50, 50), (50, 7), (1024, 1), (1025, 3), (5000, 1)]:
        bloom = BloomFilter(20_000, 1e-8, n=n, unit="char", stride=stride)
        assert bloom.add([text]) == -(-(len(text) - n + 1) // stride)
        (span,) = cm.ngram.longest_span(["é" + text + "!"], bloom).to_pylist()[0]
        chain = (len(text) - n) // stride * stride
        assert (span["begin"], span["end"]) == (2, 2 + chain + n)


@pytest.mark.parametrize("rate", [0.5, 0.1, 0.01, 1e-4, 1e-8])
def test_a_filter_is_as_large_as_its_rate_asks(rate: float) -> None:
    blocks = _core.ngram.bloom_blocks(10**6, rate)
    assert oracles.bloom_rate(10**6 / blocks) <= rate * (1 + 1e-6)
    assert oracles.bloom_rate(10**6 / (blocks * 0.999)) > rate


def test_the_measured_rate_is_that_of_strangers() -> None:
    bloom = BloomFilter(20_000, 0.02, n=1)
    bloom.add([" ".join(f"in{i}" for i in range(20_000))])
    found = cm.ngram.quip([" ".join(f"out{i}" for i in range(100_000))], bloom)[0].as_py()
    assert bloom.rate == pytest.approx(0.02, rel=0.1)
    deviation = math.sqrt(bloom.rate / 100_000)
    assert abs(found - bloom.rate) < 5 * deviation
    assert bloom.distinct == pytest.approx(20_000, rel=0.01)


def test_an_overfull_filter_says_so() -> None:
    words = [f"w{i}" for i in range(2000)]
    bloom = BloomFilter(1000, n=1)
    bloom.add([" ".join(words[:1000])])
    bloom.add([" ".join(words[:1000])] * 20)  # repeats fill nothing
    assert not bloom.overfull
    with pytest.raises(ValueError, match=r"overfull: sized for 1000 items, it holds about 2\d{3},"):
        bloom.add([" ".join(words)])
    assert bloom.overfull
    for refused in (bloom.contains, lambda d: cm.ngram.quip(d, bloom), bloom.add):
        with pytest.raises(ValueError, match="overfull"):
            refused([" ".join(f"more{i}" for i in range(20))])
    bloom.allow_overfull = True
    assert cm.ngram.quip([" ".join(words)], bloom).to_pylist() == [1.0]
    assert bloom.rate > 0.05


def test_merging_is_adding() -> None:
    docs = documents.varied(60)
    parts = [BloomFilter(5000, n=2) for _ in range(3)]
    for i, part in enumerate(parts):
        part.add(docs[20 * i : 20 * i + 20])
    whole = BloomFilter(5000, n=2)
    whole.add(docs)
    merged = BloomFilter.merge(parts)
    assert (merged.added, merged.rate) == (whole.added, whole.rate)
    assert merged.contains(docs).equals(whole.contains(docs))
    with pytest.raises(ValueError, match=r"filters\[1\]: n is 3, and 2 in filters\[0\]"):
        BloomFilter.merge([whole, BloomFilter(5000, n=3)])


def test_a_saved_filter_is_the_same(tmp_path: Path) -> None:
    docs, path = documents.varied(60), tmp_path / "of.filter"
    saved = []
    for threads in (1, 2, 5):
        bloom = BloomFilter(20_000, 0.001, n=9, unit="char", stride=2, squeeze=True)
        bloom.add(pa.chunked_array([docs[:7], docs[7:]]), threads=threads)
        bloom.save(path)
        saved.append(path.read_bytes())
    assert len(set(saved)) == 1
    loaded = BloomFilter.load(path, verify=True)
    assert (loaded.options, loaded.added) == (bloom.options, bloom.added)
    assert loaded.contains(docs).equals(bloom.contains(docs))
    assert pickle.loads(pickle.dumps(loaded)).contains(docs).equals(bloom.contains(docs))
    loaded.add(["what was not there before"])  # the file stays as it is
    assert loaded.added > bloom.added
    assert path.read_bytes() == saved[0]
    with pytest.raises(TypeError, match="in memory cannot be pickled"):
        pickle.dumps(loaded)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["of.filter"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda b: b[:0], "not a filter of corpusmill"),
        (lambda b: b"{}" + b[2:], "not a filter of corpusmill"),
        (lambda b: b[:2000], "truncated within its header"),
        (lambda b: b[:-1], "has 5[0-9]+ bytes, and a filter of its size"),
        (lambda b: b + b"\0", "has 5[0-9]+ bytes"),
        (lambda b: b[:8] + b"\2" + b[9:], "format 2 and definition 1"),
        (lambda b: b[:40] + b"\7" + b[41:], "its header is damaged"),
        (lambda b: b[:-1] + bytes([b[-1] ^ 1]), "its blocks are damaged"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: object, message: str) -> None:
    path = tmp_path / "f"
    BloomFilter(1000, n=2).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        BloomFilter.load(path, verify=True)
    with pytest.raises(FileNotFoundError):
        BloomFilter.load(tmp_path / "none")


def test_golden_values(tmp_path: Path) -> None:
    """Definition and format 1. A change here is a change of every saved filter: make it 2."""
    bloom = BloomFilter(1000, 0.01, n=2)
    bloom.add(["It was the best of times, it was the worst of times"])
    bloom.save(tmp_path / "f")
    data = (tmp_path / "f").read_bytes()
    assert (len(data), xxhash.xxh3_64_hexdigest(data)) == GOLDEN


GOLDEN = (5440, "7f8f37387bcde523")


def test_answers_are_the_same_at_every_level(at_level: object) -> None:
    program = """
import sys, hashlib
sys.path.insert(0, sys.argv[1])
import corpusmill as cm, documents
docs = documents.varied(300)
bloom = cm.ngram.BloomFilter(3000, 0.1, n=2, allow_overfull=True)
bloom.add(docs[::2])
lines = ["\\n".join(doc.split()) for doc in docs]
seen = cm.ngram.BloomFilter(200, 0.1, unit="line", allow_overfull=True)
found = cm.dedup.paragraphs(lines, unit="line", filter=seen)
answer = repr((bloom.rate, bloom.contains(docs).to_pylist(), found.to_pylist()))
print(hashlib.sha256(answer.encode()).hexdigest())
"""
    assert at_level("-c", program, str(Path(__file__).parent)).strip() == LEVELS


LEVELS = "977c0de596225655f5245c5978672be9452045bc0707fda0e4f39eee9a23467b"


def test_several_threads_may_use_a_filter_at_once() -> None:
    docs = documents.varied(200)
    bloom, alone = BloomFilter(50_000, n=2), BloomFilter(50_000, n=2)
    alone.add(docs)

    def use(part: list[str]) -> None:
        bloom.add(part, threads=2)
        assert all(all(there) for there in bloom.contains(part).to_pylist())

    workers = [threading.Thread(target=use, args=(docs[i::4],)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (bloom.added, bloom.rate) == (alone.added, alone.rate)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"items": 0, "n": 1}, "items: expected a whole number from 1"),
        ({"items": 9, "n": None}, "n: how many words are an n-gram is not said; give n"),
        ({"items": 9, "n": 1, "fp_rate": 0.9}, "fp_rate: expected 1e-8 <= fp_rate <= 0.5, got 0.9"),
        ({"items": 9, "n": 1, "fp_rate": 1.5}, "fp_rate: expected 0 < fp_rate <= 1, got 1.5"),
        (
            {"items": 9, "n": 1, "unit": "tokens"},
            "unit: expected one of word, char, byte, line, par",
        ),
        ({"items": 9, "n": 2, "unit": "line"}, "n, stride: a line is one item by itself"),
        ({"items": 9, "n": 2, "stride": 0}, "stride: expected a whole number from 1"),
        ({"items": 9, "n": 2, "squeeze": True}, "squeeze: is for unit='char', not 'word'"),
    ],
)
def test_wrong_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BloomFilter(**options)
