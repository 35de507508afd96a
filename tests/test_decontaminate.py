"""decontaminate: jobs that drop, cut and tag rows in which benchmarks are found."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpusmill as cm
from corpusmill.shards import UsageError, decontaminate
from test_cli import corpusmill
from test_formats import TABLES, put, rows_of, tree, write_table
from test_resume import SMALL

QUESTIONS = [
    "How many legs do seven spiders and two ants have together?",
    "Which river did the legion cross before it marched on Rome?",
    "Is it?",
]
LONG = " ".join(f"long{i}" for i in range(40))
ANSWERS = ["They have sixty-eight legs: fifty-six and twelve.", "It was the Rubicon.", "It is."]


def benchmarks(folder: Path) -> Path:
    items = [
        {"id": f"q{i}", "question": question, "choices": [answer, "None of these."], "level": i}
        for i, (question, answer) in enumerate(zip(QUESTIONS, ANSWERS, strict=True))
    ]
    put(folder / "bench/quiz.jsonl.gz", *items)
    others = ["The theorem says that every such ring has a unit.", "nothing"]
    write_table(folder / "bench/more.parquet", pa.table({"text": others}))
    put(folder / "bench/long.jsonl", {"text": LONG})
    return folder / "bench"


def filler(rng: random.Random) -> str:
    return " ".join(f"word{rng.randrange(1000)}" for _ in range(rng.randrange(40)))


def corpus(folder: Path, suffix: str, count: int = 12) -> list[dict[str, object]]:
    """Rows of filler; in every third a text of a benchmark, the last is one and nothing more; in
    others a part of one that is too small to be found, the largest in the second."""
    rng = random.Random(1)
    rows = []
    for i in range(count):
        part = " ".join(LONG.split()[: 19 if i == 1 else i % 18])
        planted = QUESTIONS[i // 3 % 2].upper() if i % 3 == 0 else part
        rows.append({"text": f"{filler(rng)} — {planted}\n{filler(rng)}", "id": f"d{i}", "n": i})
    rows[-1]["text"] = f" {QUESTIONS[0]}\n"
    half = count // 2
    for name, part in (("a", rows[:half]), ("b", rows[half:])):
        path = folder / f"in/{name}.{suffix}"
        if suffix in TABLES:
            write_table(path, pa.Table.from_pylist(part))
        else:
            put(path, *part)
    return rows


def outcome(rows: list[dict[str, object]], **options: object) -> pa.Table:
    """What the library finds in these rows."""
    index = cm.ngram.ContaminationIndex(options.get("rule", "coverage"))
    index.add("long", "text", [LONG])
    index.add("more", "text", ["The theorem says that every such ring has a unit.", "nothing"])
    ids = [f"q{i}" for i in range(3)]
    index.add("quiz", "choices", [f"{answer}\nNone of these." for answer in ANSWERS], items=ids)
    index.add("quiz", "question", QUESTIONS, items=ids)
    found = index.find([row["text"] for row in rows])
    return found.append_column("cuts", index.cuts([row["text"] for row in rows], found))


def written(ledger: cm.shards.Ledger, out: Path) -> list[dict[str, object]]:
    names = dict.fromkeys(name for file in ledger.files for name in file.outputs)
    return [row for name in names if name.startswith("data/") for row in rows_of(out / name)]


@pytest.mark.parametrize("target", [None, "jsonl", "parquet"])
@pytest.mark.parametrize("suffix", ["jsonl.zst", "parquet", "arrow"])
@pytest.mark.parametrize("action", ["drop", "cut", "tag"])
def test_rows_are_dropped_cut_or_tagged(tmp_path, suffix, action, target):
    rows = corpus(tmp_path, suffix)
    against, out = benchmarks(tmp_path), tmp_path / "out"
    ledger = decontaminate(tmp_path / "in", out, against=against, action=action, format=target)
    found = outcome(rows).to_pylist()
    is_found = [bool(of["found"]) for of in found]
    assert is_found == [i % 3 == 0 or i == 11 for i in range(12)]
    if action == "drop":
        expected = [row for row, hit in zip(rows, is_found, strict=True) if not hit]
        assert ledger.totals["dropped"] == {"contaminated": 5}
    elif action == "cut":
        left = cm.text.cut([row["text"] for row in rows], [of["spans"] for of in found])
        texts = [row | {"text": text} for row, text in zip(rows, left.to_pylist(), strict=True)]
        expected = texts[:-1]
        assert ledger.totals["dropped"] == {"emptied": 1}
        assert all(
            question.upper() not in row["text"] for row in expected for question in QUESTIONS
        )
    else:
        expected = [
            row | {"contamination": of["found"], "contamination_spans": of["spans"]}
            for row, of in zip(rows, found, strict=True)
        ]
        assert ledger.totals["dropped"] == {}
    assert ledger.balanced
    assert written(ledger, out) == expected


def test_the_account_names_documents_and_items(tmp_path):
    rows = corpus(tmp_path, "jsonl")
    out = tmp_path / "out"
    ledger = decontaminate(tmp_path / "in", out, against=benchmarks(tmp_path), action="cut")
    found = outcome(rows)
    documents = pq.read_table(out / "documents.parquet").to_pylist()
    assert [(of["file"], of["row"], of["id"], of["became"]) for of in documents] == [
        ("a.jsonl", 0, "d0", "cut"),
        ("a.jsonl", 3, "d3", "cut"),
        ("b.jsonl", 0, "d6", "cut"),
        ("b.jsonl", 3, "d9", "cut"),
        ("b.jsonl", 5, "d11", "emptied"),
    ]
    for of, i in zip(documents, (0, 3, 6, 9, 11), strict=True):
        for name in ("share", "spans", "found"):
            assert of[name] == found[name][i].as_py()
    texts = {
        (of["benchmark"], of["item"], of["field"]): of
        for of in pq.read_table(out / "benchmarks.parquet").to_pylist()
    }
    assert len(texts) == 9
    long = texts["long", "0", "text"]
    assert (long["share"], long["found"], long["documents"]) == (19 / 40, False, [])
    assert [of["id"] for of in texts["quiz", "q0", "question"]["documents"]] == ["d0", "d6", "d11"]
    assert [of["id"] for of in texts["quiz", "q1", "question"]["documents"]] == ["d3", "d9"]
    assert texts["quiz", "q1", "question"]["share"] == 1
    assert texts["quiz", "q2", "question"]["documents"] == []
    assert texts["more", "1", "text"]["own"] == 0
    assert ledger.findings["benchmarks"] == [
        {"benchmark": "long", "items": 1, "findable": 1, "found": 0, "share": 0.0},
        {"benchmark": "more", "items": 2, "findable": 1, "found": 0, "share": 0.0},
        {"benchmark": "quiz", "items": 3, "findable": 2, "found": 2, "share": 2 / 3},
    ]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_spans_may_count_characters(tmp_path, suffix):
    rows = corpus(tmp_path, suffix)
    out = tmp_path / "out"
    options = {"against": benchmarks(tmp_path), "action": "tag", "offsets": "chars"}
    ledger = decontaminate(tmp_path / "in", out, **options)
    table = pq.read_table(out / "documents.parquet").to_pylist()
    tagged = [row for row in written(ledger, out) if row["contamination_spans"]]
    assert [of["spans"] for of in table] == [row["contamination_spans"] for row in tagged]
    assert [row["id"] for row in tagged] == [rows[i]["id"] for i in (0, 3, 6, 9, 11)]
    for row in tagged:
        [span] = row["contamination_spans"]
        assert f"{row['text'][span['begin'] : span['end']]}?".lower() in map(str.lower, QUESTIONS)


ITEM = " ".join(f"word{i}" for i in range(13))
AROUND = " " + "é" * 449 + " "


def planted(folder: Path, *texts: str, item: str = ITEM) -> tuple[Path, Path]:
    """Rows with these texts, and a benchmark of an item."""
    put(folder / "bench/b.jsonl", {"text": item})
    put(folder / "in/a.jsonl", *({"text": text} for text in texts))
    return folder / "in", folder / "bench"


def test_gpt3_cuts_windows_and_drops_what_falls_into_too_many_pieces(tmp_path):
    """200 characters on each side, pieces under 200 too; a document of more than ten pieces goes."""
    texts = [(ITEM + AROUND * 2) * count for count in (10, 11)]
    inputs, against = planted(tmp_path, *texts, f"{'é' * 300} {ITEM} {'é' * 300}")
    ledger = decontaminate(inputs, tmp_path / "out", against=against, rule="gpt3", action="cut")
    assert ledger.totals["dropped"] == {"contaminated": 1, "emptied": 1}
    [row] = written(ledger, tmp_path / "out")
    piece = "é" * 250 + "  " + "é" * 250
    assert row["text"] == piece * 9 + piece + "é" * 199 + " "


def test_gpt3_leaves_out_ngrams_of_more_than_ten_documents(tmp_path):
    """However often they lie in one."""
    for count in (10, 11):
        text = f"{AROUND}{ITEM}{AROUND}{ITEM}"
        inputs, against = planted(tmp_path / str(count), *[text] * count, "another text")
        out = tmp_path / str(count) / "out"
        ledger = decontaminate(inputs, out, against=against, rule="gpt3")
        assert ledger.totals["dropped"] == ({"contaminated": 10} if count == 10 else {})
        [text] = pq.read_table(out / "benchmarks.parquet").to_pylist()
        assert text["own"] == (13 if count == 10 else 0)


def test_janitor_cuts_what_is_clean_and_short_too(tmp_path):
    """Of more than ten hits, and of no piece of 200 characters, nothing is left."""
    words = " ".join(f"word{i}" for i in range(23))
    texts = ["x" * 199, "x" * 200, f"{AROUND}{ITEM}{AROUND}", f"{AROUND}{words}{AROUND}"]
    inputs, against = planted(tmp_path, *texts, item=words)
    out = tmp_path / "out"
    ledger = decontaminate(inputs, out, against=against, rule="janitor", action="cut")
    assert ledger.totals["dropped"] == {"contaminated": 1, "emptied": 1}
    left = " " + "é" * 500 + " "
    assert [row["text"] for row in written(ledger, out)] == ["x" * 200, left]
    ledger = decontaminate(inputs, tmp_path / "dropped", against=against, rule="janitor")
    assert ledger.totals["dropped"] == {"contaminated": 2}


@pytest.mark.usefixtures("small_units")
def test_shares_of_texts_that_are_not_found(tmp_path):
    """Llama 2 tells items that are neither clean nor dirty from clean ones."""
    most = {"a": 79, "b": 19, "c": 10, "d": 80}  # of 100 words, in any row
    items = [{"id": name, "text": " ".join(f"{name}{i}" for i in range(100))} for name in most]
    rows = [
        {"text": " ".join(item["text"].split()[: max(most[item["id"]] - i % 40, 0)])}
        for i in range(20, 220)
        for item in items
    ]
    put(tmp_path / "bench.jsonl", *items)
    put(tmp_path / "in/a.jsonl", *rows)
    for threads in (1, 3):
        out = tmp_path / str(threads)
        options = {"against": tmp_path / "bench.jsonl", "rule": "llama2", "threads": threads}
        decontaminate(tmp_path / "in", out, **options)
        texts = pq.read_table(out / "benchmarks.parquet").to_pylist()
        assert [(of["share"], of["found"], len(of["documents"])) for of in texts] == [
            (0.79, False, 0), (0.19, False, 0), (0, False, 0), (0.8, True, 5)
        ]  # fmt: skip


@pytest.mark.parametrize("rule", ["janitor", "gpt3", "gpt3_overlap", "datatrove"])
def test_every_item_of_a_common_text_is_found(tmp_path, rule):
    """A row names 64 of them; all are counted."""
    prompt, n = "a b c d e f g h i j k l m", 12 if rule == "datatrove" else 13
    items = [prompt] * 70 + [f"{prompt} {'w' * i} {'x' * i}" for i in range(1, 11)] + ["z " * 13]
    put(tmp_path / "bench/b.jsonl", *({"text": item} for item in items))
    put(tmp_path / "in/a.jsonl", {"text": items[77]}, {"text": "z"}, {"text": prompt})
    out = tmp_path / "out"
    ledger = decontaminate(tmp_path / "in", out, against=tmp_path / "bench", rule=rule)
    assert ledger.findings["benchmarks"] == [
        {"benchmark": "b", "items": 81, "findable": 81, "found": 80, "share": 80 / 81}
    ]
    texts = pq.read_table(out / "benchmarks.parquet").to_pylist()
    named = [*range(64), 77]
    assert [i for i, of in enumerate(texts) if of["documents"]] == named
    for i, of in enumerate(texts[:80]):
        assert (of["found"], of["own"]) == (True, len(items[i].split()))
        assert of["share"] == (1 if i in named else n / of["own"])
    assert (texts[80]["found"], texts[80]["own"], texts[80]["share"]) == (False, 13, 0)


def test_the_answer_depends_on_no_threads_memory_or_order(tmp_path, tight_memory):
    corpus(tmp_path, "jsonl.gz", 300)
    against = benchmarks(tmp_path)
    outs = []
    for number, (inputs, options) in enumerate(
        [
            ([tmp_path / "in"], {"threads": 1}),
            ([tmp_path / "in/b.jsonl.gz", tmp_path / "in/a.jsonl.gz"], {"threads": 3}),
            ([tmp_path / "in"], {"threads": 2, "memory": tight_memory}),
        ]
    ):
        out = tmp_path / f"out{number}"
        decontaminate(inputs, out, against=against, action="tag", write_dropped=True, **options)
        outs.append({name: data for name, data in tree(out).items() if name != "ledger.json"})
    assert outs[0] == outs[1] == outs[2]


def test_a_job_that_was_killed_is_gone_on_with(tmp_path):
    corpus(tmp_path, "jsonl", 3000)
    against, out = benchmarks(tmp_path), tmp_path / "out"
    program = (
        SMALL
        + """
import os, sys
from corpusmill.shards import decontaminate
from corpusmill.shards.writing import output
from corpusmill.shards.jobs.decontaminate import account, scan
left = [int(sys.argv[3])]
def dying(function):
    def call(*given, **options):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
        return function(*given, **options)
    return call
for owner, name in ((scan.ScanPass, "work"), (output.Output, "write"), (account, "write")):
    setattr(owner, name, dying(getattr(owner, name)))
decontaminate(f"{sys.argv[1]}/in", sys.argv[2], against=f"{sys.argv[1]}/bench", action="cut",
              threads=2, memory=None)
"""
    )

    def run(to: Path, calls: int) -> int:
        command = [sys.executable, "-c", program, str(tmp_path), str(to), str(calls)]
        return subprocess.run(command, check=False).returncode

    assert run(tmp_path / "whole", 10**9) == 0
    ends = [run(out, calls) for calls in (20, 60, 100, 140, 10**9)]
    assert ends[0] == 9
    assert ends[-1] == 0
    assert against.exists()
    assert tree(out) == tree(tmp_path / "whole")


def test_a_step_of_a_recipe(tmp_path):
    corpus(tmp_path, "jsonl")
    benchmarks(tmp_path)
    step = '[[step]]\ncommand = "decontaminate"\nagainst = ["bench"]\naction = "cut"\n'
    (tmp_path / "recipe.toml").write_text(f'inputs = ["in"]\nout = "out"\n{step}')
    done = corpusmill("run", "recipe.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "gpt4"}, "rule: expected one of coverage"),
        ({"offsets": "words"}, "offsets: expected 'bytes' or 'chars'"),
        ({"action": "keep"}, "action: expected drop, cut or tag"),
        ({"fields": "question"}, r"fields: expected a list of names, got 'question'"),
        ({"fields": ["text", "answer"]}, "no item has a text in the field"),
        ({"text": "body"}, "body"),
        ({"max_rejected": 2}, "max_rejected: expected 0 to 1"),
    ],
)
def test_wrong_usage(tmp_path, options, message):
    corpus(tmp_path, "jsonl")
    against = benchmarks(tmp_path)
    with pytest.raises(UsageError, match=message):
        decontaminate(tmp_path / "in", tmp_path / "out", against=against, **options)
    assert not (tmp_path / "out").exists()


def test_benchmarks_that_cannot_be_read_are_refused(tmp_path):
    corpus(tmp_path, "jsonl")
    (tmp_path / "bad.jsonl").write_bytes(b'{"text": "a"}\n{"text"\n')
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\0")
    (tmp_path / "empty.jsonl").touch()
    put(tmp_path / "numbers.jsonl", {"id": "q1", "level": 3, "choices": [1, 2]})
    for name, message in (
        ("bad.jsonl", "line 2"),
        ("cut.jsonl.gz", "cut"),
        ("no.jsonl", "no.jsonl"),
        ("empty.jsonl", "none of 0 items has a text"),
        ("numbers.jsonl", "none of 1 items has a text"),
    ):
        with pytest.raises(UsageError, match=message):
            decontaminate(tmp_path / "in", tmp_path / "out", against=tmp_path / name)


def test_the_command_does_what_the_function_does(tmp_path):
    corpus(tmp_path, "jsonl")
    benchmarks(tmp_path)
    done = corpusmill(
        "decontaminate", "in", "--against", "bench/quiz.jsonl.gz", "--against", "bench/more.parquet",
        "-o", "out", "--action", "tag", "--rule", "tulu3", "--tag", "seen", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    against = [tmp_path / "bench/quiz.jsonl.gz", tmp_path / "bench/more.parquet"]
    decontaminate(
        tmp_path / "in", tmp_path / "lib", against=against, action="tag", rule="tulu3", tag="seen"
    )
    left, right = tree(tmp_path / "out"), tree(tmp_path / "lib")
    ledgers = [json.loads(of.pop("ledger.json")) for of in (left, right)]
    assert left == right
    assert ledgers[0]["benchmarks"] == ledgers[1]["benchmarks"]
