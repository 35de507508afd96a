"""text: words and normalisation equal their slow twins, on every byte, border and level."""

from __future__ import annotations

import bz2
import hashlib
import random
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusmill as cm
import documents
import oracles

UNICODE = Path("/usr/share/unicode")  # Debian's unicode-data
TABLES = Path(__file__).parents[1] / "csrc" / "text"
FORMS = (None, "NFC", "NFD", "NFKC", "NFKD")
OURS = tuple(map(int, cm.text.unicode_version.split(".")))
THEIRS = tuple(map(int, unicodedata.unidata_version.split(".")))


def is_known(char: str) -> bool:
    """Assigned in our version of Unicode and in Python's; if Python's is newer, of old in both.

    Characters for private use are left out: they are many and all alike.
    """
    database = unicodedata if THEIRS <= OURS else unicodedata.ucd_3_2_0
    return database.category(char) not in ("Cn", "Co", "Cs")


KNOWN = [chr(code) for code in range(0x110000) if is_known(chr(code))]

# What the rules tell apart, and both sides of each length of UTF-8.
PIECES = [
    *"aZz9_ .,-'\n\t\0\u00a0",
    *"éÉßẞıİΣσςÅǅⅧ٣ªÅKȺⱥẞﬁϓΐ",  # lower and folded forms of other lengths among them
    *"中あアーกະខကཀ々〇㈱〱ｶ𠀀𛀀",
    *"\u0301\u0327\u0308\u0345\u0e31\u3099\u0f71\u0f72\u0344",
    *"각ㄱ가\u1100\u1161\u11a8",
    *"\u200d\u200c\u2028\u3000\ufeff\ue000😀𝔸𐐀\x7f\x80\u07ff\u0800\uffff\U0010ffff",
    "word", "Straße", "ΌΔΟΣ", "Йод", "x" * 70,
]  # fmt: skip
INVALID = [b"\x80", b"\xbf", b"\xc0\x80", b"\xc3", b"\xe3\x81", b"\xed\xa0\x80", b"\xf0\x9f\x98",
           b"\xf4\x90\x80\x80", b"\xe0\x80\xaf", b"\xff", b"\xc1\xbf", b"\xf8\x88\x80\x80"]  # fmt: skip

pieces = st.sampled_from(PIECES) | st.sampled_from(KNOWN)
texts = st.lists(pieces, max_size=40).map("".join)
raw = st.lists(
    pieces.map(str.encode) | st.sampled_from(INVALID) | st.binary(max_size=3), max_size=40
).map(b"".join)


def column(docs: Iterable[bytes | None]) -> pa.Array:
    return pa.array(docs, pa.large_binary()).view(pa.large_string())


def words_of(docs: Iterable[bytes], threads: int = 1) -> list[list[bytes]]:
    found = cm.text.words(column(docs), threads=threads)
    values = found.values.view(pa.large_binary())
    lists: list[list[bytes]] = pa.LargeListArray.from_arrays(found.offsets, values).to_pylist()
    return lists


def spans_of(docs: Iterable[bytes], threads: int = 1) -> list[list[tuple[int, int]]]:
    found = cm.text.word_spans(column(docs), threads=threads).to_pylist()
    return [[(span["begin"], span["end"]) for span in spans] for spans in found]


def normal(docs: Iterable[bytes], form: Any, **options: bool) -> list[bytes]:
    found = cm.text.normalize(column(docs), form=form, threads=1, **options)
    texts: list[bytes] = found.view(pa.large_binary()).to_pylist()
    return texts


def stretches(chars: list[str]) -> Iterator[bytes]:
    """Every character as the first, middle and last of a word, and behind marks and letters."""
    for i in range(0, len(chars), 64):
        yield "".join(f"{c} a{c}b {c}\u0301{c} あ{c}a" for c in chars[i : i + 64]).encode()


# --- words: the rules, by hand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat_1 sat.", ["the", "cat_1", "sat"]),
        ("", []),
        ("!?… — ", []),
        ("don't l’été e-mail", ["don", "t", "l", "été", "e", "mail"]),
        ("a\u200db\u200cc\ufeffd", ["a", "b", "c", "d"]),  # ZWJ, ZWNJ and U+FEFF are no word's
        ("x² ½ Ⅷ ٣ ª", ["x²", "½", "ⅷ", "٣", "ª"]),  # N and L of every kind
        ("e\u0301t\u0301 \u0301a", ["e\u0301t\u0301", "\u0301a"]),  # marks are word characters
        ("Été E\u0301te\u0301", ["été", "e\u0301te\u0301"]),  # NFC and NFD differ
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),  # U+30FC: Script_Extensions Hira Kana
        ("aあb中1", ["a", "あ", "b", "中", "1"]),
        ("あ_", ["あ", "_"]),
        ("か\u3099き が", ["か\u3099", "き", "が"]),  # a mark goes with the letter before it,
        ("か\u3099\u0301\u0301ab", ["か\u3099\u0301\u0301", "ab"]),  # so do more,
        ("a\u3099か", ["a\u3099", "か"]),  # and with an ordinary letter too
        ("\u3099か x\u0301あ\u0301x", ["\u3099", "か", "x\u0301", "あ\u0301", "x"]),
        ("ที่นี่", ["ที่", "นี่"]),  # Thai: two letters with two marks each
        ("한국어 कमल", ["한국어", "कमल"]),  # scripts that space their words are ordinary
        ("İSTANBUL ΟΔΟΣ Straẞe", ["istanbul", "οδοσ", "straße"]),  # one to one, no context
        ("Ⱥ K Å Ω ǅ", ["ⱥ", "k", "å", "ω", "ǆ"]),  # lower case of other lengths
        ("xȺxKx İI", ["xⱥxkx", "ii"]),
        ("あȺあK", ["あ", "ⱥ", "あ", "k"]),
        ("a\0b\u2028c", ["a", "b", "c"]),
    ],
)
def test_rules(text: str, expected: list[str]) -> None:
    assert cm.text.words([text]).to_pylist() == [expected]
    assert oracles.words(text.encode()) == [word.encode() for word in expected]


@pytest.mark.parametrize("invalid", INVALID)
def test_an_invalid_byte_separates(invalid: bytes) -> None:
    assert words_of([b"a" + invalid + b"b" + invalid]) == [[b"a", b"b"]]
    assert words_of([invalid + "é".encode() + invalid]) == [["é".encode()]]


def test_each_invalid_byte_is_a_unit_and_each_character_one() -> None:
    docs = [*INVALID, *(char.encode() for char in KNOWN)]
    units = cm.ngram.hashes(column(docs), n=1, unit="char").value_lengths().to_pylist()
    assert units == [len(invalid) for invalid in INVALID] + [1] * len(KNOWN)


# --- words: the laws


@given(st.lists(raw, max_size=8))
def test_words_and_their_spans_equal_the_oracle(docs: list[bytes]) -> None:
    assert words_of(docs) == [oracles.words(document) for document in docs]
    assert spans_of(docs) == [oracles.word_spans(document) for document in docs]


def test_words_of_every_character_equal_the_oracle() -> None:
    docs = list(stretches(KNOWN))
    assert words_of(docs, threads=2) == [oracles.words(document) for document in docs]
    assert spans_of(docs, threads=2) == [oracles.word_spans(document) for document in docs]


@given(st.lists(raw, min_size=1, max_size=8))
def test_the_bytes_of_a_span_are_one_word(docs: list[bytes]) -> None:
    for document, spans, words in zip(docs, spans_of(docs), words_of(docs), strict=True):
        assert words_of(document[begin:end] for begin, end in spans) == [[word] for word in words]


def test_words_equal_the_regular_expression() -> None:
    def is_plain(char: str) -> bool:
        is_mark = unicodedata.category(char)[0] == "M"
        return not (is_mark or oracles.is_standalone(char) or char in "\u0130\u03a3")

    plain = [char for char in KNOWN if is_plain(char)]
    random.Random(1).shuffle(plain)
    docs = ["".join(f"{c}a {c}" for c in plain[i : i + 50]) for i in range(0, len(plain), 50)]
    expected = [re.findall(r"\w+", document.lower()) for document in docs]
    assert cm.text.words(docs).to_pylist() == expected


@given(raw, st.sampled_from(INVALID))
def test_words_of_valid_parts_do_not_see_invalid_bytes(document: bytes, invalid: bytes) -> None:
    valid = document.decode("utf-8", "ignore").encode()
    assert words_of([valid + b" " + invalid + b" " + valid]) == [words_of([valid])[0] * 2]


@settings(max_examples=25)
@given(raw, st.sampled_from([b".", "あ".encode(), "—".encode()]))
def test_words_do_not_see_block_borders(document: bytes, pad: bytes) -> None:
    shifts = [*range(131), *range(4096 - 131, 4096 + 8)]
    found = words_of(
        b"." * (k % len(pad)) + pad * (k // len(pad)) + b"." + document for k in shifts
    )
    for k, words in zip(shifts, found, strict=True):
        pads = k // len(pad) * (pad == "あ".encode())
        assert words[pads:] == oracles.words(document)


@settings(max_examples=25)
@given(raw, st.integers(1, 9))
def test_spans_do_not_see_block_borders(document: bytes, size: int) -> None:
    shifts = [*range(131), *range(size * 4096 - 131, size * 4096 + 8)]
    expected = oracles.word_spans(document)
    for k, spans in zip(shifts, spans_of(b"." * k + document for k in shifts), strict=True):
        assert spans == [(begin + k, end + k) for begin, end in expected]


@settings(max_examples=25)
@given(raw, st.integers(1, 9))
def test_words_cross_chunk_borders(document: bytes, size: int) -> None:
    long = document * (size * 4096 // max(1, len(document)))
    assert words_of([long]) == [oracles.words(long)]
    assert spans_of([long]) == [oracles.word_spans(long)]


@pytest.mark.parametrize("size", range(4092, 4100))
def test_other_lengths_at_chunk_borders(size: int) -> None:
    """A break before the border, then one after which the word goes on behind the next border."""
    text = "." * (size - 3) + "あ" + "." * 4094 + "あȺa " + "xȺ" * 4000 + "あ\u0301"
    assert words_of([text.encode()]) == [oracles.words(text.encode())]
    assert spans_of([text.encode()]) == [oracles.word_spans(text.encode())]


@pytest.mark.parametrize("char", ["a", "é", "İ", "Ⱥ", "\u0301", "\U00010400"])
def test_one_word_of_megabytes(char: str) -> None:
    size = 20_000_000 // len(char.encode())
    [[word]] = words_of([(char * size).encode()])
    assert word == (char.lower()[0] * size).encode()
    assert spans_of([b". " + char.encode() * size]) == [[(2, 2 + len(char.encode()) * size)]]


def test_one_byte_words_of_megabytes() -> None:
    words = cm.text.words(["A " * 2_000_000 + "あ" * 1_000_000])
    assert words.values.value_counts().to_pylist() == [
        {"values": "a", "counts": 2_000_000},
        {"values": "あ", "counts": 1_000_000},
    ]


# --- normalize: by hand


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("e\u0301 \u212b", {"form": "NFC"}, "é å".replace("å", "Å")),
        ("é각", {"form": "NFD"}, "e\u0301\u1100\u1161\u11a8"),
        ("ﬁ½ｶﾞ①", {"form": "NFKC"}, "fi1\u20442ガ1"),
        ("가\u11a7 가\u11c3", {"form": "NFC"}, "가\u11a7 가\u11c3"),  # neighbours of the T jamos
        ("ﬁé", {"form": "NFKD"}, "fie\u0301"),
        ("a\u0301\u0323", {"form": "NFD"}, "a\u0323\u0301"),  # 220 before 230
        ("Straße ΣΑΣ ŉ İ", {"casefold": True}, "strasse σασ ʼn i\u0307"),
        ("É", {"form": "NFD", "casefold": True}, "e\u0301"),
        ("\t a \u2003\u3000 b\r\n", {"whitespace": True}, "a b"),
        ("a\u200b\u001cb", {"whitespace": True}, "a\u200b\u001cb"),  # neither is White_Space
        (" \u2028\x85", {"whitespace": True}, ""),
        ("As It Is ", {}, "As It Is "),
    ],
)
def test_normalize_by_hand(text: str, options: dict[str, Any], expected: str) -> None:
    assert cm.text.normalize([text], **options).to_pylist() == [expected]


def test_form_is_checked() -> None:
    wrong: Any = "nfc"
    with pytest.raises(ValueError, match=r"form: expected .* got 'nfc'"):
        cm.text.normalize(["a"], form=wrong)


# --- normalize: the laws


@given(st.lists(raw, max_size=8), st.sampled_from(FORMS), st.booleans(), st.booleans())
def test_normalize_equals_the_oracle_and_is_idempotent(
    docs: list[bytes], form: str | None, casefold: bool, whitespace: bool
) -> None:
    once = normal(docs, form, casefold=casefold, whitespace=whitespace)
    assert once == [
        oracles.normalize(document, form, casefold=casefold, whitespace=whitespace)
        for document in docs
    ]
    assert normal(once, form, casefold=casefold, whitespace=whitespace) == once


@pytest.mark.parametrize("form", FORMS)
def test_normalize_of_every_character_equals_the_oracle(form: str | None) -> None:
    docs = list(stretches(KNOWN))
    once = normal(docs, form, casefold=True)
    assert normal(docs, form) == [oracles.normalize(document, form) for document in docs]
    assert once == [oracles.normalize(document, form, casefold=True) for document in docs]
    assert normal(once, form, casefold=True) == once


@given(raw)
def test_equivalent_texts_normalize_alike(document: bytes) -> None:
    for left, right, compatible in (("NFC", "NFD", False), ("NFKC", "NFKD", True)):
        [joined], [apart] = normal([document], left), normal([document], right)
        assert normal([apart], left) == [joined]
        assert normal([joined], right) == [apart]
        if compatible:
            assert normal(normal([document], "NFC"), left) == [joined]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_marks_of_megabytes_are_sorted_in_linear_time(form: str) -> None:
    size = 2_000_000
    [found] = normal([b"b" + "\u0301\u0327".encode() * size], form)
    assert found == ("b" + "\u0327" * size + "\u0301" * size).encode()


# --- what holds for both: columns, threads, levels, tables


@given(documents.columns, st.integers(0, 12), st.integers(0, 12), st.integers(1, 3))
def test_columns(docs: list[str | None], start: int, size: int, threads: int) -> None:
    whole = pa.array(docs, pa.string())
    parts = pa.chunked_array([whole.slice(0, start), whole.slice(start)])
    for function in (
        cm.text.words,
        cm.text.word_spans,
        lambda d, **o: cm.text.normalize(d, form="NFKC", **o),
    ):
        expected = function(docs, threads=1)
        assert expected.null_count == docs.count(None)
        expected.validate(full=True)
        assert function(parts, threads=threads).equals(expected)
        assert function(docs, threads=1024).equals(expected)
        part = whole.slice(start, size)
        assert function(part, threads=threads).equals(expected.slice(start, size))


LEVEL_PROGRAM = """
import hashlib, sys
import pyarrow as pa
import corpusmill as cm
docs = pa.array([bytes.fromhex(line) for line in open(sys.argv[1])], pa.large_binary())
words = cm.text.words(docs.view(pa.large_string()), threads=3).values
print(hashlib.sha256(b"\\n".join(words.view(pa.large_binary()).to_pylist())).hexdigest())
"""


def test_every_level_gives_the_same_words(at_level: Callable[..., str], tmp_path: Path) -> None:
    rng = random.Random(2)
    parts = [*map(str.encode, PIECES), *INVALID]
    docs = [b"".join(rng.choices(parts, k=rng.choice([3, 50, 3000]))) for _ in range(60)]
    (tmp_path / "docs").write_text("\n".join(document.hex() for document in docs))
    expected = b"\n".join(word for document in docs for word in oracles.words(document))
    found = at_level("-c", LEVEL_PROGRAM, str(tmp_path / "docs"))
    assert found.split() == [hashlib.sha256(expected).hexdigest()]


@pytest.fixture(scope="module")
def database() -> Path:
    """The Unicode files of the version the tables are of."""
    if not (UNICODE / "PropList.txt").exists():
        pytest.skip(f"needs {UNICODE}: apt install unicode-data")
    first = (UNICODE / "PropList.txt").read_text("utf-8").splitlines()[0]
    if cm.text.unicode_version not in first:
        pytest.skip(f"{UNICODE} is not of Unicode {cm.text.unicode_version}")
    return UNICODE


def test_tables_are_what_the_generator_writes(database: Path) -> None:
    command = [sys.executable, str(TABLES / "generate_unicode_tables.py"), str(database)]
    made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert made == (TABLES / "unicode_tables.cpp").read_text()


def test_standalone_ranges_of_the_oracle(database: Path) -> None:
    wanted = {"Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"}
    wanted |= {"Hani", "Hira", "Kana", "Laoo", "Khmr", "Mymr", "Tibt"}
    standalone = set()
    for name in ("Scripts.txt", "ScriptExtensions.txt"):
        lines = (database / name).read_text("utf-8")
        for first, last, value in re.findall(r"(?m)^(\w+)(?:\.\.(\w+))? *; ([\w ]+)", lines):
            if wanted & set(value.split()):
                standalone |= set(range(int(first, 16), int(last or first, 16) + 1))
    for char in KNOWN:
        is_letter_or_number = unicodedata.category(char)[0] in "LN"
        expected = is_letter_or_number and ord(char) in standalone
        assert oracles.is_standalone(char) == expected, hex(ord(char))


def test_conformance(database: Path) -> None:
    """UAX #15: NFC takes columns 1-3 to 2 and 4-5 to 4; NFD to 3 and 5; NFKC and NFKD, all."""
    rows = []
    for line in bz2.decompress((database / "NormalizationTest.txt.bz2").read_bytes()).splitlines():
        fields = line.decode().split("#")[0].split(";")
        if len(fields) > 5:
            rows.append(["".join(chr(int(c, 16)) for c in f.split()).encode() for f in fields[:5]])
    assert len(rows) > 15_000
    c1, c2, c3, c4, c5 = map(list, zip(*rows, strict=True))
    for form, first, second in (("NFC", c2, c4), ("NFD", c3, c5)):
        assert [normal(c, form) for c in (c1, c2, c3, c4, c5)] == [first] * 3 + [second] * 2
    for form, only in (("NFKC", c4), ("NFKD", c5)):
        assert [normal(c, form) for c in (c1, c2, c3, c4, c5)] == [only] * 5
