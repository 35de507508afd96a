"""tokenize job: shards hold what the tokenizer gives for each document, the same bytes however it is run."""

from __future__ import annotations

import base64
import json
import pickle
import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import documents
import oracles_tokenizer
import oracles_tokens as oracles
from corpusmill import shards
from corpusmill.cli.app import app
from corpusmill.shards import JobError, TokenShards, UsageError
from corpusmill.shards.jobs.tokenize.encode_pass import Encoding
from corpusmill.shards.tokens import packing, shuffle, write
from corpusmill.shards.tokens.file import Form, Header
from corpusmill.tokenizer import Tokenizer
from test_every_job import held
from test_faults import in_child
from test_formats import write_table
from test_resume import SMALL
from test_shards import SLACK, put, row

pytestmark = pytest.mark.usefixtures("small_units")

TEXTS = documents.varied(150, seed=3)
TOKENS = oracles_tokenizer.trained(" ".join(TEXTS[:12]).encode(), 400)
EOS, BOS = 400, 401


def tokenizer_file(path: Path) -> Path:
    """A small tokenizer as .tiktoken."""
    lines = (b"%s %d\n" % (base64.b64encode(of), rank) for rank, of in enumerate(TOKENS))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Inputs of two formats, with rejected rows, and a tokenizer."""
    here = tmp_path_factory.mktemp("tokenize")
    tokenizer_file(here / "small.tiktoken")
    rows = [row(text, id=number) for number, text in enumerate(TEXTS[:100])]
    put(here / "in/a.jsonl", *rows[:50], b"{broken", row(None), *rows[50:])
    more = pa.table({"text": [*TEXTS[100:], None], "id": [str(i) for i in range(51)]})
    write_table(here / "in/b.parquet", more, rows=9)
    return here


def run(folder: Path, out: Path, **options: object) -> shards.Ledger:
    given = {"tokenizer": folder / "small.tiktoken", "pattern": "gpt2", "eos": EOS, **SLACK}
    return shards.tokenize(folder / "in", out, **(given | options))


def ids(bos: bool = False, eos: bool = True, most: int | None = None) -> list[list[int]]:
    """What the tokenizer gives for all documents, in their order."""
    tokenizer = Tokenizer.from_tokens(TOKENS, pattern="gpt2")
    found = tokenizer.encode_batch(TEXTS).to_pylist()
    return [[BOS] * bos + of[:most] + [EOS] * eos for of in found]


def rows(out: Path) -> list[oracles.Row]:
    paths = sorted((out / "tokens").iterdir())
    files = [oracles.shard(path) for path in paths]
    first = np.cumsum([0, *(len(file.rows) for file in files)])
    assert [file.first_row for file in files] == first[:-1].tolist()
    return [of for file in files for of in file.rows]


EXPECTED = {
    "documents": ({}, lambda: [[(i, of)] for i, of in enumerate(ids())]),
    "bare": ({"eos": "none"}, lambda: [[(i, of)] for i, of in enumerate(ids(eos=False))]),
    "around": (
        {"bos": str(BOS), "max_tokens": 20},
        lambda: [[(i, of)] for i, of in enumerate(ids(bos=True, most=20))],
    ),
    "cut": ({"length": 64}, lambda: oracles.cut(ids(), 64, EOS)),
    "packed": (
        {"length": 64, "pack": True, "pad": 7},
        lambda: oracles.packed(ids(), 64, 7, (1 << 21, 1 << 16)),
    ),
}


@pytest.mark.parametrize("shuffle", [None, 0, 2**64 - 1])
@pytest.mark.parametrize("name", EXPECTED)
def test_shards_hold_the_ids_of_every_document(folder, tmp_path, name, shuffle):
    options, expected = EXPECTED[name]
    ledger = run(folder, tmp_path / "out", tokens_per_shard=1500, shuffle=shuffle, **options)
    found, whole = rows(tmp_path / "out"), expected()
    if shuffle is not None:
        order = sorted(range(len(whole)), key=lambda number: oracles.key(shuffle, number))
        whole = [whole[number] for number in order]
    assert found == whole
    sizes = [shard["ids"] for shard in ledger.findings["shards"]]
    assert len(sizes) > 1
    assert max(sizes) <= 1500
    told = ledger.findings["tokens"]
    assert told["documents"] == ledger.totals["kept"] == len(TEXTS)
    assert ledger.totals["rejected"] == {"invalid_json": 1, "text_null": 2}
    assert told["text_bytes"] == sum(len(text.encode()) for text in TEXTS)
    in_rows = [(number, len(of)) for row_of in found for number, of in row_of]
    assert told["tokens"] == sum(size for number, size in in_rows if number >= 0)
    assert told["padding"] == sum(size for number, size in in_rows if number < 0)
    assert sum(sizes) == told["tokens"] + told["padding"]


def test_what_max_tokens_cuts_off_is_counted(folder, tmp_path):
    told = run(folder, tmp_path / "out", max_tokens=20).findings["tokens"]
    over = [len(of) - 20 for of in ids(eos=False) if len(of) > 20]
    assert (told["cut_documents"], told["cut_tokens"]) == (len(over), sum(over))


def test_special_tokens_that_texts_spell_are_text_and_counted(tmp_path):
    texts = ["<|end|>a<|end|>", "none", "<|end|><|pad|>", ""] * 5
    source = put(tmp_path / "a.jsonl", *map(row, texts))
    given = {"tokenizer": tokenizer_file(tmp_path / "small"), "pattern": "gpt2"}
    given |= {"special": ["<|end|>=400", "<|pad|>=401", "<|other|>=402"]}
    ledger = shards.tokenize(source, tmp_path / "out", eos="<|end|>", bos="402", **given)
    assert ledger.findings["tokens"]["spelled"] == {"<|end|>": 15, "<|pad|>": 5}
    found = [of.tolist() for of in TokenShards(tmp_path / "out")]
    tokenizer = Tokenizer.from_tokens(TOKENS, pattern="gpt2")
    assert found == [[402, *of, 400] for of in tokenizer.encode_batch(texts).to_pylist()]
    named = {**given, "special": given["special"][::-1]}
    shards.tokenize(source, tmp_path / "named", eos=400, bos="<|other|>", **named)
    assert held(tmp_path / "named") == held(tmp_path / "out")


def test_where_each_document_is_from_is_listed(folder, tmp_path):
    run(folder, tmp_path / "out", length=32, shuffle=1)
    table = pq.read_table(tmp_path / "out/documents.parquet").to_pydict()
    assert table["tokens"] == list(map(len, ids()))
    assert table["file"] == ["a.jsonl"] * 100 + ["b.parquet"] * 50
    assert table["row"] == [*range(50), *range(52, 102), *range(50)]
    assert table["id"] == [*map(str, range(100)), *map(str, range(50))]


def test_the_texts_come_back(folder, tmp_path):
    run(folder, tmp_path / "out", eos="none", tokens_per_shard=2000)
    found = list(TokenShards(tmp_path / "out"))
    assert all(of.base is not None and not of.flags.writeable for of in found)
    tokenizer = Tokenizer.load(folder / "small.tiktoken", pattern="gpt2")
    column = pa.array([of.tolist() for of in found], pa.large_list(pa.uint16()))
    assert tokenizer.decode_batch(column).cast(pa.large_string()).to_pylist() == TEXTS


@pytest.mark.parametrize(
    "options",
    [{}, {"length": 48, "pack": True}, {"length": 48, "shuffle": 3}, {"shuffle": 4}],
    ids=str,
)
def test_threads_memory_and_windows_of_reading_change_no_byte(
    folder, tmp_path, options, tight_memory, monkeypatch
):
    options |= {"tokens_per_shard": 4000}
    run(folder, tmp_path / "one", threads=1, **options)
    whole = held(tmp_path / "one")
    run(folder, tmp_path / "two", threads=2, memory=tight_memory, **options)
    assert held(tmp_path / "two") == whole
    from corpusmill.shards.reading import read  # noqa: PLC0415

    monkeypatch.setattr(read, "BLOCK_SIZE", 700)
    run(folder, tmp_path / "small", threads=2, **options)
    assert held(tmp_path / "small") == whole


def test_a_shard_has_no_more_segments_than_are_held(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(write, "MOST_SEGMENTS", 10)
    run(folder, tmp_path / "out", length=512, pack=True)
    files = [oracles.shard(path) for path in sorted((tmp_path / "out/tokens").iterdir())]
    assert all(sum(map(len, file.rows)) <= 10 or len(file.rows) == 1 for file in files)
    whole = oracles.packed(ids(), 512, EOS, (packing.WINDOW_IDS, packing.WINDOW_DOCUMENTS))
    assert rows(tmp_path / "out") == whole


def test_megatron_reads_documents(folder, tmp_path):
    run(folder, tmp_path / "out", megatron=True, tokens_per_shard=4000)
    paths = sorted((tmp_path / "out/tokens").glob("*.bin"))
    assert len(paths) > 1
    assert [of for path in paths for of in oracles.megatron(path)] == ids()
    run(folder, tmp_path / "wide", megatron=True, eos=70_000)
    found = oracles.megatron(tmp_path / "wide/tokens/part-00000.bin")
    assert [of[:-1] for of in found] == ids(eos=False)
    assert {of[-1] for of in found} == {70_000}
    with pytest.raises(ValueError, match="Megatron-LM, which reads them itself"):
        TokenShards(tmp_path / "out")


def test_the_header_says_what_it_was_made_with(folder, tmp_path):
    run(folder, tmp_path / "out", eos=70_000, bos=3, length=40, pad=9)
    file = oracles.shard(tmp_path / "out/tokens/part-00000.tokens")
    found = file.id_bytes, file.length, file.vocab_size, file.eos, file.bos, file.pad
    assert found == (4, 40, 400, 70_000, 3, 9)
    told = json.loads((tmp_path / "out/ledger.json").read_text())["tokens"]
    assert (file.fingerprint, file.unicode_version) == (told["tokenizer"], told["unicode_version"])


# --- readers --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packed(folder, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("packed") / "out"
    run(folder, out, length=64, pack=True, pad=7, tokens_per_shard=3000)
    return out


def test_a_reader_gives_rows_segments_and_positions(packed):
    found, expected = TokenShards(packed), rows(packed)
    assert len(found) == len(expected)
    assert found.num_ids == 64 * len(expected)
    for number, of in enumerate(expected):
        assert found[number].tolist() == [id for _, ids in of for id in ids]
        assert found.documents(number).tolist() == [document for document, _ in of]
        ends = np.cumsum([0, *(len(ids) for _, ids in of)]).tolist()
        assert found.cu_seqlens(number).tolist() == ends
        assert found.positions(number).tolist() == [at for _, ids in of for at in range(len(ids))]
        assert found.padding(number) == sum(len(ids) for document, ids in of if document < 0)
    assert found[-1].tolist() == found[len(found) - 1].tolist()
    matrices = np.concatenate([shard.rows for shard in found.shards])
    assert matrices.tolist() == [found[number].tolist() for number in range(len(found))]
    for row_of in (len(found), -len(found) - 1):
        with pytest.raises(IndexError):
            found[row_of]
    again = pickle.loads(pickle.dumps(found))
    assert again[3].tolist() == found[3].tolist()
    paths = sorted((packed / "tokens").iterdir())
    assert len(TokenShards(paths[1:])) == len(found) - found.shards[0].counts.rows
    assert len(TokenShards(str(paths[0]))) == found.shards[0].counts.rows


def test_damage_is_named_by_its_place(packed, tmp_path):
    source = packed / "tokens/part-00000.tokens"
    data, path, rng = source.read_bytes(), tmp_path / "a.tokens", random.Random(3)
    found = TokenShards(source).shards[0]
    ids_end = 256 + found.counts.ids * 2
    for begin, end, says in [
        (0, 8, "is no token shard"),
        (8, 256, "damaged in its header, bytes 0 to 256"),
        (256, ids_end, f"damaged in its ids, bytes 256 to {ids_end:,}"),
        (ids_end, len(data), f"damaged in its index, bytes {ids_end:,} to {len(data):,}"),
    ]:
        for at in rng.sample(range(begin, end), min(8, end - begin)):
            path.write_bytes(bytes([*data[:at], data[at] ^ 4, *data[at + 1 :]]))
            with pytest.raises(ValueError, match=f"a.tokens .*{says}|a.tokens {says}"):
                TokenShards(path).verify()
    for size in [0, 7, 255, 256, 1000, len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(ValueError, match=r"damaged|no token shard"):
            TokenShards(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(ValueError, match=f"expected {len(data):,} bytes, got {len(data) + 1:,}"):
        TokenShards(path)


def test_shards_that_do_not_go_on_from_each_other_are_named(packed, tmp_path):
    one, two, three = sorted((packed / "tokens").iterdir())[:3]
    whole = [TokenShards(path).shards[0].counts for path in (one, two, three)]
    for paths, named, first in [
        ([two, one], one, whole[2].first_row),
        ([one, one], one, whole[1].first_row),
        ([one, three], three, whole[1].first_row),
    ]:
        with pytest.raises(
            ValueError, match=rf"{named.name} begins .*, expected {first:,}: .* order"
        ):
            TokenShards(paths)
    shutil.copytree(packed, tmp_path / "out")
    shutil.copy(two, tmp_path / "out/tokens" / one.name)
    with pytest.raises(ValueError, match=rf"{one.name} begins with row .*, expected 0"):
        TokenShards(tmp_path / "out")
    last = max((packed / "tokens").iterdir())
    header = Header.unpack(last.read_bytes()[:256])
    more = replace(header, counts=header.counts._replace(rows=header.counts.rows + 1))
    shutil.copy(one, tmp_path / "out/tokens" / one.name)
    with (tmp_path / "out/tokens" / last.name).open("r+b") as file:
        file.write(more.pack())
        file.seek(0, 2)
        file.write(bytes(8))
    with pytest.raises(ValueError, match=rf"{last.name} holds .* rows, but ledger.json says"):
        TokenShards(tmp_path / "out")


def test_what_holds_no_shards_is_said(folder, packed, tmp_path):
    with pytest.raises(ValueError, match="no job has finished there"):
        TokenShards(tmp_path)
    shards.convert(folder / "in", tmp_path / "other", **SLACK)
    with pytest.raises(ValueError, match="is of no tokenize job"):
        TokenShards(tmp_path / "other")
    put(tmp_path / "none/a.jsonl")
    given = {"tokenizer": folder / "small.tiktoken", "pattern": "gpt2", "eos": EOS}
    shards.tokenize(tmp_path / "none", tmp_path / "empty", **given)
    with pytest.raises(ValueError, match="no documents"):
        TokenShards(tmp_path / "empty")
    run(folder, tmp_path / "others", length=32)
    mixed = [packed / "tokens/part-00000.tokens", tmp_path / "others/tokens/part-00000.tokens"]
    with pytest.raises(ValueError, match="expected shards of one job, got 2 kinds"):
        TokenShards(mixed)
    with pytest.raises(FileNotFoundError):
        TokenShards(tmp_path / "there is none")


# --- asking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tokenizer": "nowhere"}, "tokenizer: 'nowhere': No such file"),
        ({"pattern": "gpt9"}, "pattern"),
        ({"pattern": None}, "pattern"),
        ({"eos": "<eos>"}, "eos: '<eos>' is no special token of the tokenizer"),
        ({"eos": "<eos>", "special": ["<pad>=400"]}, "no special token .* has: <pad>; name one of"),
        ({"special": "<eos>=400"}, "special: expected a list of SPELLING=ID"),
        ({"special": ["<eos>"]}, "special: expected SPELLING=ID, got '<eos>'"),
        ({"special": ["<a>=400", "<a>=401"]}, "special: '<a>' is given twice"),
        ({"special": ["<a>=\u0664\u0660\u0660"]}, "special: expected SPELLING=ID"),
        ({"lowercase": True}, "lowercase: is for a vocab.txt"),
        ({"eos": "\u0664\u0660\u0660"}, "eos: '\u0664\u0660\u0660' is no special token"),
        ({"eos": 1.9}, "eos: expected a whole number from 0 .* got 1.9"),
        ({"eos": True}, "eos: expected a whole number from 0 .* got True"),
        ({"eos": -1}, "eos: expected a whole number from 0"),
        ({"eos": 1 << 31}, "eos: expected a whole number from 0"),
        ({"pack": True}, "length: pack and pad are of rows of one length"),
        ({"pad": 3}, "length: pack and pad are of rows of one length"),
        ({"length": 0}, "length: expected a whole number from 1 to 1048576"),
        ({"length": 8, "megatron": True}, "megatron: takes documents"),
        ({"max_tokens": 0}, "max_tokens: expected"),
        ({"shuffle": -1}, "shuffle: expected"),
        ({"tokens_per_shard": 0}, "tokens_per_shard: expected"),
    ],
    ids=str,
)
def test_what_is_asked_wrongly_is_said_before_anything_is_written(folder, tmp_path, options, says):
    with pytest.raises(UsageError, match=says):
        run(folder, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_the_command_is_the_function(folder, tmp_path):
    run(folder, tmp_path / "expected", length=64, pack=True, shuffle=5, tokens_per_shard=3000)
    words = ["tokenize", folder / "in", "-o", tmp_path / "out", "--eos", EOS, "--pattern", "gpt2"]
    words += ["--tokenizer", folder / "small.tiktoken", "--length", 64, "--pack", "--shuffle", 5]
    words += ["--tokens-per-shard", 3000, "--max-rejected", 1]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output
    assert held(tmp_path / "out") == held(tmp_path / "expected")


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_vocab_txt_is_told_whether_it_is_uncased(tmp_path, lowercase):
    source = put(tmp_path / "a.jsonl", row("Caf\xe9 cafe Word"), row("word"))
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("[PAD]\n[UNK]\ncafe\nCaf\xe9\nword\ncaf\xe9\n", encoding="utf-8")
    given = {"tokenizer": vocab, "eos": "[PAD]", **SLACK}
    with pytest.raises(UsageError, match=r"lowercase: a vocab\.txt does not say"):
        shards.tokenize(source, tmp_path / "out", **given)
    given |= {"lowercase": lowercase, "strip_accents": False}
    ledger = shards.tokenize(source, tmp_path / "out", **given)
    found = [of.tolist() for of in TokenShards(tmp_path / "out")]
    assert found == [[5, 2, 4, 0] if lowercase else [3, 2, 1, 0], [4, 0]]
    assert ledger.options["lowercase"] is lowercase
    assert TokenShards(tmp_path / "out").form.unicode_version == "tokenizers 0.23.3"
    words = [
        "tokenize",
        source,
        "-o",
        tmp_path / "by_command",
        "--tokenizer",
        vocab,
        "--eos",
        "[PAD]",
    ]
    words += ["--lowercase" if lowercase else "--cased", "--keep-accents", "--max-rejected", 1]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output
    assert held(tmp_path / "by_command") == held(tmp_path / "out")


def test_what_stages_keep_of_special_tokens_depends_on_no_order():
    ids = {"<a>": 400, "<b>": 401, "<c>": 402}
    found = []
    for given in (ids, dict(reversed(ids.items()))):
        tokenizer = Tokenizer.from_tokens(TOKENS, pattern="gpt2", special_tokens=given)
        form = Form(2, 0, 403, -1, -1, -1, tokenizer.unicode_version, tokenizer.fingerprint)
        encoding = Encoding(tokenizer, form, None)
        found.append((tokenizer.fingerprint, encoding.spelled([pa.array(["<a><c><c>"])])))
    assert found[0] == found[1]
    assert found[0][1] == [0, 1, 2, 2]


def test_results_are_replaced_whole(folder, tmp_path):
    out = tmp_path / "out"
    run(folder, out, tokens_per_shard=1000)
    run(folder, out, tokens_per_shard=50_000, megatron=True, overwrite=True)
    assert sorted(path.name for path in (out / "tokens").iterdir()) == [
        "part-00000.bin",
        "part-00000.idx",
    ]
    (out / "tokens/part-00000.tokens").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"part-00000\.tokens' exists and is not ours"):
        run(folder, out, overwrite=True)
    assert (out / "tokens/part-00000.tokens").read_bytes() == b"mine"


FULL = (
    SMALL
    + """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_tokenize_job
store.UNIT_SIZE, limit = 10_000, int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
test_tokenize_job.run(*map(Path, sys.argv[3:]), shuffle=1)
"""
)


def test_a_disk_that_is_full_ends_the_job_and_room_lets_it_go_on(folder, tmp_path):
    run(folder, tmp_path / "expected", shuffle=1)
    done = in_child(FULL, Path(__file__).parent, 60_000, folder, tmp_path / "out")
    assert re.search(r"JobError: cannot write .*(\.state/scratch|part-00000)", done.stderr)
    run(folder, tmp_path / "out", shuffle=1)
    assert held(tmp_path / "out") == held(tmp_path / "expected")


def test_with_too_little_memory_to_shuffle_the_job_ends_and_says_how_much(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setattr("corpusmill.shards.tokens.shuffle.MOST_BITS", -1)
    with pytest.raises(JobError, match=r"memory: .* too few to shuffle"):
        run(folder, tmp_path / "out", shuffle=1)


def test_padding_is_shuffled_in_what_was_counted_for_it(tmp_path, monkeypatch):
    """Documents just longer than half a row: each has one, of which half is padding."""
    counted = []

    def counting(seed, folder, num_bytes, *others):
        counted.append(num_bytes)
        return shuffle.Shuffle(seed, folder, num_bytes, *others)

    monkeypatch.setattr("corpusmill.shards.jobs.tokenize.results.Shuffle", counting)
    source = put(tmp_path / "a.jsonl", *[row("1" * 513)] * 50)
    given = {"tokenizer": tokenizer_file(tmp_path / "small"), "pattern": "gpt2", "eos": None}
    given |= {"length": 1024, "pack": True, "shuffle": 1}
    told = shards.tokenize(source, tmp_path / "out", **given).findings["tokens"]
    of_row = 1024 * 2 + 2 * shuffle.SEGMENT_BYTES + shuffle.ROW_BYTES
    assert told["padding_share"] > 0.49
    assert counted[0] >= told["rows"] * of_row


PEAKED = """
import json, sys
import corpusmill.shards
source, tokenizer, out, options = sys.argv[1:]
given = {"tokenizer": tokenizer, "pattern": "gpt2", "eos": 70_000, "threads": 1}
corpusmill.shards.tokenize(source, out, **given, **json.loads(options))
with open("/proc/self/status") as status, open(f"{out}/run.json") as facts:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps([1024 * peak, json.load(facts)["spilled"]]))
"""


def test_a_budget_is_kept(folder, tmp_path):
    """Of texts that are all ids: 12 MB of them come to 48."""
    if not Path("/proc/self/status").exists():
        pytest.skip("peaks are read from Linux's /proc")
    rng, budget = random.Random(2), 320_000_000
    digits = rng.randbytes(6_000_000).hex()
    texts = [digits[at : at + 40_000] for at in range(0, len(digits), 40_000)]
    source = put(tmp_path / "a.jsonl", *map(row, texts))
    options = json.dumps({"length": 1000, "pack": True, "shuffle": 1, "memory": budget})
    done = in_child(PEAKED, source, folder / "small.tiktoken", tmp_path / "out", options)
    assert done.stderr == ""
    peak, spilled = json.loads(done.stdout)
    assert spilled
    assert peak <= budget
