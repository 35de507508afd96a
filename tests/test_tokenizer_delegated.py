"""tokenizer_delegated: Unigram and WordPiece that libraries learn are theirs, file and ids."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest
import sentencepiece
import tokenizers

import documents
from corpusmill.tokenizer import Tokenizer
from test_tokenizer import TEXT

DOCS = [*documents.varied(60), None, "", TEXT, "a line\nanother line\n\n"]
SIZE = {"unigram": 120, "wordpiece": 500}
FAMILIES = list(SIZE)


def reference(family: str, data: bytes, doc: str) -> list[int]:
    if family == "unigram":
        ids: list[int] = sentencepiece.SentencePieceProcessor(model_proto=data).encode(doc)
        return ids
    theirs = tokenizers.Tokenizer.from_str(data.decode())
    return list(theirs.encode(doc, add_special_tokens=False).ids)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_library_learns_is_its_own(family: str, tmp_path: Path) -> None:
    ours = Tokenizer.train(DOCS, SIZE[family], family=family, special_tokens=["<x>"])
    ours.save(tmp_path / "saved")
    data = (tmp_path / "saved").read_bytes()
    for doc in filter(None, DOCS[::5]):
        assert ours.encode(doc).tolist() == reference(family, data, doc)
    assert "<x>" in ours.special_tokens
    assert ours.vocab_size <= SIZE[family]
    loaded = Tokenizer.load(tmp_path / "saved")
    assert loaded.encode_batch(DOCS).equals(ours.encode_batch(DOCS))
    column = pa.array(DOCS, pa.large_string())
    again = Tokenizer.train(
        iter([column[:9], column[9:]]), SIZE[family], family=family, special_tokens=["<x>"]
    )
    again.save(tmp_path / "again")
    if family == "unigram":  # tokenizers numbers WordPiece otherwise each time
        assert (tmp_path / "again").read_bytes() == data


def test_a_model_of_sentencepiece_is_named_as_such(tmp_path: Path) -> None:
    unigram = Tokenizer.train(DOCS, SIZE["unigram"], family="unigram")
    for name in ("tokenizer.json", "a.b.JSON"):
        said = rf"{name}': SentencePiece Unigram is saved as a model .* name it '{name[:-5]}.model'"
        with pytest.raises(ValueError, match=said):
            unigram.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    unigram.save(tmp_path / "tokenizer.model")
    assert sentencepiece.SentencePieceProcessor(str(tmp_path / "tokenizer.model")).vocab_size()
    wordpiece = Tokenizer.train(DOCS, SIZE["wordpiece"], family="wordpiece")
    wordpiece.save(tmp_path / "tokenizer.json")
    assert tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json")).get_vocab_size()


def test_options_are_the_librarys(tmp_path: Path) -> None:
    bytes_too = {"byte_fallback": True}
    ours = Tokenizer.train(DOCS, 360, family="unigram", options=bytes_too)
    assert (
        ours.decode(ours.encode("never seen: \u0ba4\u0bae\u0bbf"))
        == "never seen: \u0ba4\u0bae\u0bbf"
    )
    cased = Tokenizer.train(["Aa Bb"] * 9, 99, family="wordpiece", options={"min_frequency": 99})
    cased.save(tmp_path / "saved")
    assert b'"aa"' not in (tmp_path / "saved").read_bytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_what_cannot_be_learned_is_said(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong, said in (
        ({"family": "bbpe"}, "family: expected bpe, unigram or wordpiece, got 'bbpe'"),
        ({"pattern": "gpt2"}, "pattern: is of family='bpe', not of"),
        ({"superwords": 2}, "superwords: is of family='bpe'"),
        ({"vocab_size": -1}, "vocab_size: expected a whole number from 1"),
        ({"options": {"nonsense": 1}}, "nonsense"),
        ({"family": "bpe", "options": {}}, "options: are for families that other libraries learn"),
    ):
        with pytest.raises(ValueError, match=said):
            Tokenizer.train(DOCS, **({"vocab_size": 300, "family": family} | wrong))
    with pytest.raises(TypeError, match="docs: expected a string column"):
        Tokenizer.train(pa.array([1]), 300, family=family)
    with pytest.raises(ValueError, match="cannot be extended; byte-level BPE can"):
        Tokenizer.train(DOCS, SIZE[family], family=family).extended(DOCS, 1000)
    for library in ("sentencepiece", "tokenizers"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "corpusmill\[train\]"'):
        Tokenizer.train(DOCS, 300, family=family)


def test_a_vocabulary_too_large_for_its_text_is_said() -> None:
    with pytest.raises(ValueError, match=r"sentencepiece: .*[Vv]ocab"):
        Tokenizer.train(DOCS, 100_000, family="unigram")
