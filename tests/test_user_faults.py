"""user faults: commands given what they cannot use: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from corpusmill import report, shards
from test_cli import CORPUSMILL, corpusmill
from test_formats import write_table
from test_shards import SLACK, put, row


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder of inputs and the results of a job on them."""
    folder = tmp_path_factory.mktemp("finished")
    text = "the same five words here"
    put(folder / "in/a.jsonl", row(text, id=1), row(text, id=2), b"{broken", row(None, id=3))
    write_table(folder / "in/t.parquet", pa.table({"text": [text, None], "id": [4, 5]}))
    shards.dedup(folder / "in", folder / "out", **SLACK)
    return folder


@pytest.fixture
def results(finished, tmp_path) -> Path:
    return Path(shutil.copytree(finished / "out", tmp_path / "out"))


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def folder_there(path: Path) -> None:
    path.unlink()
    path.mkdir()


def other(path: Path) -> None:
    path.write_bytes(b"PAR1" * 30)


@pytest.mark.parametrize("harm", [missing, empty, cut, folder_there, other])
@pytest.mark.parametrize("name", ["ledger.json", "duplicates.parquet"])
def test_damaged_results_are_named(results, name, harm):
    harm(results / name)
    words = rf"out'(: {name} cannot be read| holds no ledger)"
    with pytest.raises(shards.UsageError, match=words):
        shards.why(results, "2")
    with pytest.raises(shards.UsageError, match=words):
        report.write(results)


@pytest.mark.parametrize("harm", [missing, empty, cut, folder_there, other])
@pytest.mark.parametrize(
    "name", ["run.json", "rejected/a.jsonl.jsonl", "rejected/t.parquet.parquet"]
)
def test_results_that_are_of_less_use_may_be_damaged(results, name, harm):
    harm(results / name)
    [fate] = shards.why(results, "2").fates
    assert fate.fate == "dropped"
    assert report.write(results).is_file()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("files", 0, "path"), 7),
        (("files", 0, "bytes"), "many"),
        (("files", 0, "dropped"), None),
        (("files", 0, "outputs"), "data"),
        (("files",), None),
        (("version",), 2),
    ],
)
def test_a_ledger_that_is_none_is_named(results, place, value):
    ledger = json.loads((results / "ledger.json").read_text())
    inner = ledger
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    (results / "ledger.json").write_text(json.dumps(ledger))
    with pytest.raises(shards.UsageError, match=r"ledger\.json cannot be read"):
        shards.why(results, "2")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("why", "2", "-o", "nowhere"), 2, "no job has finished there"),
        (("why", "2", "-o", "in"), 2, "no job has finished there"),
        (
            ("why", "a.jsonl:99", "-o", "out"),
            2,
            "no row 'a.jsonl:99' in this job; name one by its id, or",
        ),
        (("why", "", "-o", "out"), 2, "no row '' in this job"),
        (("why", "2", "-o", "out", "--in", "nowhere"), 2, "input 'nowhere' does not exist"),
        (("report", "in"), 2, "no job has finished there"),
        (("report", "out", "--in", "nowhere"), 2, "input 'nowhere' does not exist"),
        (("stats", "nowhere"), 2, "input 'nowhere' does not exist"),
        (("stats", "in", "--text", "txt"), 2, "did you mean 'text'?"),
        (("stats", "in", "--max-rejected", "7"), 2, "--max-rejected: expected 0 to 1"),
        (("stats", "in", "-o", "in"), 2, "--out: 'in' is no file in a folder that is there"),
        (("stats", "in", "-o", "no/x"), 2, "--out: 'no/x' is no file in a folder that is there"),
        (("stats", "in", "-q", "-o", "/dev/full"), 1, "cannot write /dev/full: No space left"),
        (
            ("select", "in", "-o", "no", "--target", "x", "--budget", "1"),
            2,
            "--target: input 'x' does not exist",
        ),
        (
            ("decontaminate", "in", "-o", "no", "--against", "x"),
            2,
            "--against: input 'x' does not exist",
        ),
        (("demo", "-o", "in/a.jsonl"), 1, "cannot write in/a.jsonl"),
        (("nonsense",), 2, "No such command 'nonsense'"),
    ],
)
def test_every_command_says_what_is_wrong(finished, arguments, code, says):
    done = corpusmill(*arguments, cwd=finished)
    assert done.returncode == code
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "name", ["in/a.jsonl", "in/t.parquet", "in/new.jsonl", "link.csv", "hard.csv"]
)
def test_numbers_are_not_written_over_an_input(finished, tmp_path, name):
    shutil.copytree(finished / "in", tmp_path / "in")
    (tmp_path / "link.csv").symlink_to("in/t.parquet")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "in/a.jsonl")
    before = {file.name: file.read_bytes() for file in (tmp_path / "in").iterdir()}
    done = corpusmill("stats", "in", "-o", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--out: '{name}' is" in done.stderr
    assert {file.name: file.read_bytes() for file in (tmp_path / "in").iterdir()} == before


@pytest.mark.parametrize("arguments", ["stats in", "stats in --json", "why 2 -o out", "report out"])
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "| head -0"])
def test_nobody_needs_to_read_on(finished, arguments, redirection):
    command = f"{' '.join(CORPUSMILL)} {arguments} {redirection}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=finished, check=False, capture_output=True, text=True
    )
    as_ever = 3 if arguments.startswith("stats") else 0  # it has rejects
    assert done.returncode == (1 if redirection == ">/dev/full" else as_ever)
    assert "Traceback" not in done.stderr


def test_help_that_cannot_be_printed_is_an_error():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*CORPUSMILL, "--help"], check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (1, "corpusmill: [Errno 28] No space left on device\n")


def test_numbers_on_standard_output_outlive_a_file_that_cannot_be_written(finished):
    done = corpusmill("stats", "in", "--json", "-o", "/dev/full", cwd=finished)
    assert done.returncode == 1
    assert json.loads(done.stdout)["total"]["rows_read"] == 6


@pytest.mark.parametrize("memory", ["99999999TB", 10**40])
def test_more_memory_than_there_is_may_be_allowed(finished, tmp_path, memory):
    ledger = shards.dedup(finished / "in", tmp_path / "out", memory=memory, **SLACK)
    assert ledger.totals["kept"] == 1


@pytest.mark.parametrize(
    "name",
    [
        "with space",
        "é",
        "a#b",
        "100%",
        "a:1",
        "日本",
        "[a]*?",
        "line\nbreak",
        "-o",
        "'\"$(x)",
        "a\\b",
    ],
)
@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst", "jsonl.bz2", "jsonl.xz"])
def test_names_of_any_kind(tmp_path, name, suffix):
    from test_formats import put as put_packed  # noqa: PLC0415

    put_packed(tmp_path / f"in/{name}/{name}.{suffix}", {"text": "a b", "id": 1}, {"text": None})
    put_packed(tmp_path / f"in/{name}/\U0010fffd.{suffix}", {"text": "a b", "id": 2})
    ledger = shards.dedup(tmp_path / "in" / name, tmp_path / "out", **SLACK)
    assert [file.kept for file in ledger.files] == [1, 0]
    assert (tmp_path / f"out/data/{name}.{suffix}").is_file()
    assert (tmp_path / f"out/rejected/{name}.{suffix}.jsonl").is_file()
    [fate] = shards.why(tmp_path / "out", "2").fates
    assert fate.kept.file == ledger.files[0].path
    assert report.write(tmp_path / "out").is_file()


@pytest.mark.parametrize("stem", [243, 244, 249])
def test_a_name_too_long_for_an_output_is_named_before_work(tmp_path, stem):
    """A rejected row of a.jsonl would lie in a.jsonl.jsonl; a name has at most 255 bytes."""
    put(tmp_path / f"in/{'a' * stem}.jsonl", row("x"))
    if stem + len(".jsonl.jsonl") <= 255:
        shards.dedup(tmp_path / "in", tmp_path / "out")
        return
    with pytest.raises(shards.UsageError, match=r"aaa\.jsonl\.jsonl' would have a name of more"):
        shards.dedup(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_noncharacters_and_controls_are_text(tmp_path):
    texts = ["\uffff\ufdd0\U0010ffff", "\x7f\x80\x9f", "\u200e\u202e\ufeff", "\x00\x1f"]
    raw = [b'{"text":"%s"}' % text.encode() for text in texts[:3]]
    escaped = [json.dumps({"text": text}).encode() for text in texts]
    path = put(tmp_path / "a.jsonl", *raw, *escaped, b'{"text":"\x01"}', b'{"text":"a","text":"b"}')
    ledger = shards.dedup(path, tmp_path / "out", **SLACK)
    assert ledger.totals["rejected"] == {"invalid_json": 1}  # a bare control is no JSON
    assert ledger.totals["dropped"] == {"equal": 3}
    kept = (tmp_path / "out/data/a.jsonl").read_bytes().splitlines()
    assert kept == [*raw, escaped[3], b'{"text":"a","text":"b"}']


def test_links_in_a_circle_are_unreadable(tmp_path):
    put(tmp_path / "in/a.jsonl", row("x"))
    (tmp_path / "in/circle.jsonl").symlink_to("circle.jsonl")
    (tmp_path / "in/up").symlink_to("..")
    ledger = shards.dedup(tmp_path / "in", tmp_path / "out")
    assert [file.status for file in ledger.files] == ["complete", "unreadable"]
    assert ledger.files[1].error == "Too many levels of symbolic links"


def test_an_input_that_no_file_can_be_called_is_named(tmp_path):
    with pytest.raises(
        shards.UsageError, match=r"input 'aaa.*'(: File name too long| does not exist)"
    ):
        shards.dedup("a" * 300, tmp_path / "out")
