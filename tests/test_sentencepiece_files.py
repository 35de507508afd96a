"""sentencepiece_files: what a model says is told, and what is none, or damaged, is refused."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import pytest

import oracles_sentencepiece as oracles
from corpusmill.tokenizer import Tokenizer
from oracles_sentencepiece import NORMAL
from test_sentencepiece import LLAMA, TRAINED, agree, loaded


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (oracles.field(1, oracles.field(1, "a"))[:-1], "damaged at byte 2: a field of 3 bytes, of"),
        (oracles.written([("a", -1.0, NORMAL)], "word"), "a SentencePiece model of words is not"),
        (oracles.written([("a", -1.0, NORMAL)], "char"), "a SentencePiece model of characters is"),
        (oracles.written([("a", -1.0, NORMAL)] * 2, "bpe"), "piece 4, 'a', is there twice"),
        (oracles.written([("", -1.0, NORMAL)], "bpe"), "piece 3 is empty"),
        (oracles.written([("<c>", 0.0, 3)] * 2, "bpe"), "both the control token '<c>'"),
        (oracles.written([("a", float("nan"), NORMAL)], "bpe"), "piece 3 has a score that is no"),
        (oracles.written([("a" * 8000, -1.0, NORMAL)], "bpe"), "piece 3 is of 8,000 bytes or more"),
        (oracles.written([("<0x0G>", -1.0, 6)], "bpe"), "piece 3, '<0x0G>', is said to be a byte"),
        (oracles.written([("a", -1.0, 2)], "bpe"), "piece 3, 'a', is unknown too"),
        (
            oracles.written([("a", -1.0, NORMAL)], "bpe", charsmap=b"abc"),
            "charsmap is damaged: it is",
        ),
        (oracles.field(1, oracles.field(1, "a\0")), "piece 0 is no text"),
        (oracles.field(1, oracles.field(1, "a") + oracles.field(3, 9)), "piece of an unknown type"),
        (oracles.field(1, oracles.field(1, "\0a")[:2]), "damaged at byte"),
        (oracles.field(7, "\0"), "it holds no pieces"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "some.model"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=said) as error:
        Tokenizer.load(path)
    assert str(path) in str(error.value)


def shared_charsmap(levels: int, becomes: bytes) -> bytes:
    """Every key of up to so many of the letters a and b becomes that; two places for all of one size."""
    units = [0] * (256 * (levels + 2))
    units[0] = 256 << 10
    for base in range(256, 256 * (levels + 1), 256):
        for letter in b"ab":
            units[base ^ letter] = (base ^ letter ^ base + 256) << 10 | 1 << 8 | letter
        units[base + 256] = 1 << 31
    array = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(array)) + array + becomes + b"\0"


def test_a_small_charsmap_of_many_rules_takes_no_gigabytes(tmp_path: Path) -> None:
    few = oracles.written([("x", -1.0, NORMAL)], "bpe", charsmap=shared_charsmap(3, b"x"))
    assert (
        loaded(few, tmp_path).encode("abaab").tolist()
        == loaded(few, tmp_path).encode("xx").tolist()
    )
    many = oracles.written([("x", -1.0, NORMAL)], "bpe", charsmap=shared_charsmap(13, b"x" * 2000))
    assert len(many) < 20_000
    with pytest.raises(ValueError, match="charsmap is damaged: its rules take more than 16 MiB"):
        loaded(many, tmp_path)


def test_a_damaged_model_is_refused_or_is_another(tmp_path: Path) -> None:
    """Cut off anywhere, or with bytes changed, in its charsmap too."""
    rng = random.Random(1)
    path = tmp_path / "some.model"
    for name in ("bpe, bytes", "unigram"):
        model = oracles.trained(**TRAINED[name])
        refused = 0
        for i in range(45):
            data = bytearray(model[: rng.randrange(len(model))] if i % 3 == 0 else model)
            for _ in range(rng.randint(0, 3)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            path.write_bytes(data)
            try:
                Tokenizer.load(path, cache_bytes=0).encode("The cat's ﬁne hat, 中文")
            except ValueError:
                refused += 1
        assert refused > 15


def test_what_a_model_says_is_told(tmp_path: Path) -> None:
    model = oracles.trained(**LLAMA, vocab_size=500, control_symbols="<a>,<b>")
    ours = loaded(model, tmp_path)
    assert ours.family == "SentencePiece BPE"
    assert ours.special_tokens == {"<s>": 1, "</s>": 2, "<a>": 3, "<b>": 4}
    assert loaded(oracles.trained(**TRAINED["unigram"]), tmp_path).family == "SentencePiece Unigram"
    with pytest.raises(ValueError, match="cuts text by no pattern"):
        Tokenizer.load(tmp_path / f"{zlib.crc32(model)}.model", pattern="gpt2")


def test_a_denormalizer_is_applied(tmp_path: Path) -> None:
    rules = tmp_path / "rules.tsv"
    rules.write_text("61\t62 62\n20\t\n")  # a becomes bb, a space nothing
    model = oracles.trained(model_type="bpe", vocab_size=200, denormalization_rule_tsv=str(rules))
    agree(loaded(model, tmp_path), model, ["a cat  and a hat", "", " a"])
