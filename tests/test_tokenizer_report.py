"""test_tokenizer_report: numbers equal their slow twins, add up over groups, and are the same from files."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv, parquet
from typer.testing import CliRunner

import documents
import oracles_tokenizer
import oracles_tokenizer_report as oracles
import test_tokenizer as bpe
import test_tokenizer_load as files
import test_tokenizer_wordpiece as wordpiece
from corpusmill import shards
from corpusmill.cli.app import app
from corpusmill.report.tokenizers import tokenizers_svg
from corpusmill.tokenizer import Tokenizer, report

texts = st.text(st.sampled_from("ab The CAT's é, 12\n."), max_size=40)
some = st.none() | st.sampled_from(["en", "de", "ja"])
rows = st.lists(st.tuples(texts, some, st.none() | st.sampled_from("123456")), max_size=20)


@functools.cache
def pair() -> dict[str, tuple[Tokenizer, oracles.Encode, int | None]]:
    """Ours and the reference's encoding of it."""
    tokens = bpe.TOKENS
    theirs = oracles_tokenizer.reference("cl100k", tuple(tokens))
    bert = wordpiece.oracles.reference(wordpiece.TOKENS, wordpiece.BERT)
    return {
        "bpe": (bpe.tokenizer(), theirs.encode_ordinary, None),
        "bert": (wordpiece.load(bert), lambda text: bert.encode(text).ids, 0),
    }


def ours() -> dict[str, Tokenizer]:
    return {name: tokenizer for name, (tokenizer, *_) in pair().items()}


@given(rows, st.integers(1, 3))
def test_numbers_equal_the_oracle(
    lines: list[tuple[str, str | None, str | None]], threads: int
) -> None:
    docs, by, keys = ([line[i] for line in lines] for i in range(3))
    paired = "en" in by
    of_pairs = {"parallel": keys, "baseline": "en"} if paired else {}
    table = report(docs, ours(), by=by, threads=threads, **of_pairs)
    groups = [None, *sorted({group for group in by if group is not None})]
    expected = []
    for name, (tokenizer, encode, unknown) in pair().items():
        for group in groups:
            chosen = [doc for doc, own, _ in lines if group in (None, own)]
            told = oracles.premium(lines, group, "en", encode) if paired and group else (None, None)
            expected.append(
                {"tokenizer": name, "group": group, "vocab_size": tokenizer.vocab_size}
                | oracles.numbers(chosen, encode, unknown)
                | {"premium": told[0], "parallel": told[1]}
            )
    assert table.to_pylist() == expected


def test_nulls_are_no_documents_and_columns_come_in_any_layout() -> None:
    docs = ["The cat", None, "ab", "cat's"]
    by = ["x", "x", None, "y"]
    whole = report(docs, ours(), by=by)
    assert whole["documents"].to_pylist()[:3] == [3, 1, 1]
    views = pa.chunked_array(
        [pa.array(docs[:1], pa.string_view()), pa.array(docs[1:], pa.string_view())]
    )
    assert report(views, ours(), by=pa.array(by).dictionary_encode()).equals(whole)
    assert report([None], ours())["fertility"].to_pylist() == [None, None]
    assert report([], ours())["documents"].to_pylist() == [0, 0]


def test_a_smaller_vocabulary_is_its_beginning() -> None:
    whole = bpe.tokenizer()
    small = whole.truncated(300)
    first = Tokenizer.from_tokens(bpe.TOKENS[:300], pattern="cl100k")
    assert small.encode_batch([bpe.TEXT]).equals(first.encode_batch([bpe.TEXT]))
    assert (
        whole.truncated(whole.vocab_size)
        .encode_batch([bpe.TEXT])
        .equals(whole.encode_batch([bpe.TEXT]))
    )
    tokens = [bytes([byte]) for byte in range(256)] + [b"", b"ab", b"abc"]
    holed = Tokenizer.from_tokens(tokens, pattern="gpt2", special_tokens={"abab": 256})
    assert holed.truncated(258).encode("abab abc").tolist() == [257, 257, 32, 257, 99]
    learned = Tokenizer.train(["low lower lowest"] * 3, 262, special_tokens=["EOS"])
    assert (
        learned.truncated(261).encode("EOS lower").tolist() == learned.encode("EOS lower").tolist()
    )
    with pytest.raises(ValueError, match="vocab_size: expected a whole number from 256 to 262"):
        learned.truncated(263)
    assert learned.truncated(262).vocab_size == 261  # the special token is none of it
    with pytest.raises(ValueError, match="vocab_size: expected a whole number from 256"):
        whole.truncated(255)
    unreachable = Tokenizer.from_tokens([*tokens[:256], b"acb", b"cbcb"], pattern="gpt2")
    docs = ["acbacb cbcbacb accbcb", "cbabc acb cbcb acbcb"] * 3
    with pytest.raises(ValueError, match="truncated: these merges are not in the order of ids"):
        unreachable.extended(docs, 266).truncated(260)
    with pytest.raises(ValueError, match=r"truncated: only byte-level BPE of ranks .* WordPiece"):
        ours()["bert"].truncated(300)


def test_a_file_of_merges_is_cut_where_its_ids_are_ranks(tmp_path: Path) -> None:
    """Those that we save, by any pattern, of one stage and of two; others say why not."""
    docs = [*documents.varied(30), bpe.TEXT]
    path = tmp_path / "tokenizer.json"
    for options in ({"pattern": "gpt2"}, {"pattern": "o200k", "special_tokens": ["<s>", "the"]},
                    {"superwords": 20}):  # fmt: skip
        learned = Tokenizer.train(docs, 400, **options)
        learned.save(path)
        for whole in (learned, Tokenizer.load(path)):
            small = whole.truncated(300)
            assert small.encode_batch(docs).equals(learned.truncated(300).encode_batch(docs))
            assert (small.vocab_size, small.pattern) == (300, learned.pattern)
    one_stage = Tokenizer.train(docs, 300, pattern="gpt2").encode_batch(docs)
    Tokenizer.train(docs, 400, pattern="gpt2").save(path)
    assert Tokenizer.load(path).truncated(300).encode_batch(docs).equals(one_stage)

    level = files.oracles.byte_level()
    ids = dict(zip(map(files.oracles.visible, bpe.TOKENS), range(400), strict=True))
    mine = files.oracles.added("<a>", 400, special=False)
    for file, said in (
        (files.oracles.file(files.VOCAB, files.MERGES, level), "not in the order of ids; take"),
        (files.oracles.file(ids, files.MERGES[:60], level), "not in the order of ids; take"),
        (files.oracles.file(ids, files.MERGES, level, normalizer={"type": "NFC"}), "is changed"),
        (files.oracles.file(ids, files.MERGES, files.oracles.byte_level(True)), "is changed"),
        (files.oracles.file(ids, files.MERGES, level, added_tokens=[mine]), "'<a>' is an added"),
    ):
        with pytest.raises(ValueError, match=f"truncated: .*{said}"):
            Tokenizer.load(files.written(tmp_path, file)).truncated(300)
    plain = files.oracles.file(ids, files.MERGES, level)
    first = Tokenizer.from_tokens(bpe.TOKENS[:300], pattern="gpt2")
    small = Tokenizer.load(files.written(tmp_path, plain)).truncated(300)
    assert small.encode_batch(docs).equals(first.encode_batch(docs))


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="by: expected 1 rows as in docs, got 2"):
        report(["a"], ours(), by=["x", "y"])
    with pytest.raises(ValueError, match="baseline: no document has the group 'z'"):
        report(["a"], ours(), by=["x"], parallel=["1"], baseline="z")
    with pytest.raises(ValueError, match="parallel and baseline: pass both"):
        report(["a"], ours(), by=["x"], baseline="x")
    with pytest.raises(TypeError, match="parallel: expected a string column"):
        report(["a"], ours(), by=["x"], parallel=pa.array([1]), baseline="x")
    with pytest.raises(ValueError, match="number: expected one of"):
        tokenizers_svg(report(["a"], ours()), "none")
    path = corpus(tmp_path)
    with pytest.raises(shards.UsageError, match="by: no field 'language'"):
        shards.tokenizers(path, ours(), by="language")
    with pytest.raises(shards.UsageError, match="baseline: no row has 'fr'"):
        shards.tokenizers(path, ours(), by="lang", parallel="number", baseline="fr")
    with pytest.raises(shards.UsageError, match="tokenizers: expected at least one"):
        shards.tokenizers(path, {})


LINES = [
    {"text": f"The {word} of {number}, isn't it?", "lang": lang, "number": number}
    for number in range(200)
    for lang, word in (("en", "cat"), ("de", "größe"), ("ru", "слово"))
]


def corpus(folder: Path) -> Path:
    path = folder / "in"
    path.mkdir()
    table = pa.Table.from_pylist([line | {"number": str(line["number"])} for line in LINES[:300]])
    parquet.write_table(table, path / "a.parquet")
    lines = [json.dumps(line) for line in [*LINES[300:], {"text": None}, {"text": "ab cd"}]]
    (path / "b.jsonl").write_text("\n".join(lines))
    return path


@pytest.mark.usefixtures("small_units")
def test_files_give_the_numbers_of_their_rows(tmp_path: Path) -> None:
    docs, by, keys = ([str(line[name]) for line in LINES] for name in ("text", "lang", "number"))
    asked = {"by": [*by, None], "parallel": [*keys, None], "baseline": "en"}
    expected = report([*docs, "ab cd"], ours(), **asked)
    path = corpus(tmp_path)
    for threads in (1, 3):
        found = shards.tokenizers(
            path, ours(), by="lang", parallel="number", baseline="en", threads=threads
        )
        assert found.table.equals(expected)
        assert found.problems == ["1 of 602 rows were rejected, more than max_rejected=0.001"]


def test_the_command_writes_tables_and_drawings(tmp_path: Path) -> None:
    path = corpus(tmp_path)
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("\n".join(filter(str.isprintable, wordpiece.TOKENS)))
    ranks = tmp_path / "some.tiktoken"
    ranks.write_bytes(bpe.as_ranks(bpe.TOKENS))
    outs = [tmp_path / name for name in ("t.parquet", "t.csv", "t.svg")]
    command = [sys.executable, "-m", "corpusmill.cli", "tokenizers", path, "--by", "lang"]
    command += ["--tokenizer", f"{vocab}:uncased", "--tokenizer", f"{ranks}:cl100k"]
    command += ["--vocab-size", "300", "--parallel", "number", "--baseline", "en"]
    command += ["--plot", "premium"]
    command += [word for out in outs for word in ("-o", out)]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, "1 of 602 rows" in done.stderr) == (3, True), done.stderr
    table = parquet.read_table(outs[0])
    assert table.num_rows == csv.read_csv(outs[1]).num_rows == 12
    assert table["vocab_size"].to_pylist()[8:] == [300] * 4
    drawn = ET.parse(outs[2])
    assert sum(1 for _ in drawn.iter("{http://www.w3.org/2000/svg}title")) == 9
    assert f"{vocab}:uncased: WordPiece has no smaller vocabulary at its beginning" in done.stderr
    for wrong in (["-o", tmp_path / "t.txt"], ["--plot", "x"], ["--tokenizer", f"{ranks}:p50k"]):
        again = subprocess.run(list(map(str, [*command, *wrong])), capture_output=True, check=False)
        assert again.returncode == 2, wrong


def test_the_command_cuts_vocabularies_or_says_why_not(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps({"text": bpe.TEXT}) + "\n")
    saved, other = tmp_path / "tokenizer.json", files.written(tmp_path, files.kinds()[0])
    bpe.tokenizer().save(saved)
    bert = tmp_path / "vocab.txt"
    bert.write_text("[UNK]\na\n")

    def run(*given: object) -> tuple[int, str]:
        words = ["tokenizers", path, "--vocab-size", 300, "-o", tmp_path / "table.csv"]
        words += [word for one in given for word in ("--tokenizer", one)]
        done = CliRunner().invoke(app, list(map(str, words)))
        return done.exit_code, done.output

    assert run(saved)[0] == 0
    names = csv.read_csv(tmp_path / "table.csv")["tokenizer"].to_pylist()
    assert names == [str(saved), f"{saved} first 300"]
    code, said = run(saved, other)
    assert (code, f"--vocab-size: {other}: truncated: " in said) == (2, True)
    code, said = run(f"{bert}:uncased")
    assert (code, "--vocab-size: is for byte-level BPE" in said) == (2, True)
