"""cli: what the commands print, how they end, and that they are the library's functions."""

from __future__ import annotations

import inspect
import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from corpusmill import shards

CORPUSMILL = [sys.executable, "-m", "corpusmill.cli"]


def corpusmill(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [*CORPUSMILL, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)


def put(path: Path, *lines: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def row(text: str) -> bytes:
    return orjson.dumps({"text": text})


@pytest.fixture
def folder(tmp_path):
    put(tmp_path / "in/a.jsonl", row("the same words here"), row("the SAME words, here!"))
    put(tmp_path / "in/b.jsonl", row("quite some other words"))
    return tmp_path


def test_dedup_prints_what_it_did(folder):
    done = corpusmill("dedup", "in", "-o", "out", cwd=folder)
    assert done.returncode == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "rows read 3 100.00%" in lines
    assert "kept 2 66.67%" in lines
    assert "dropped, equal 1 33.33%" in lines
    assert any("out/ledger.json" in line for line in lines)
    need, first = done.stderr.splitlines()[:2]
    assert re.fullmatch(r"about 0 MB will be written; of [\d,]+ MB of memory at least .*", need)
    assert first == "signals ..."
    assert (folder / "out/data/a.jsonl").read_bytes() == row("the same words here") + b"\n"


def test_options_are_those_of_the_library(folder):
    options = ["--threshold", "0.5", "--verify", "signature", "--keep", "longest", "--n", "2"]
    options += [
        "--unit",
        "char",
        "--num-hashes",
        "64",
        "--seed",
        "3",
        "--bands",
        "16",
        "--rows",
        "4",
    ]
    options += [
        "--max-comparisons",
        "9",
        "--max-rejected",
        "0.5",
        "--threads",
        "2",
        "--memory",
        "1GB",
    ]
    corpusmill("dedup", "in", "-o", "out", *options, "--gzip-level", "2", cwd=folder)
    ours = shards.Ledger.load(folder / "out").options
    shards.dedup(
        folder / "in",
        folder / "python",
        threshold=0.5,
        verify="signature",
        keep="longest",
        n=2,
        unit="char",
        num_hashes=64,
        seed=3,
        bands=16,
        rows=4,
        max_comparisons=9,
        max_rejected=0.5,
        gzip_level=2,
    )
    assert ours == shards.Ledger.load(folder / "python").options


def test_every_option_is_there_with_the_same_default():
    from corpusmill.cli.dedup import dedup  # noqa: PLC0415

    ours = inspect.signature(dedup).parameters
    for name, parameter in inspect.signature(shards.dedup).parameters.items():
        if name not in ("inputs", "out", "progress", "notice"):
            assert ours[name].default == parameter.default, name
    shown = corpusmill("dedup", "--help").stdout
    named = ours.keys() - {"as_json", "command_line", "inputs"}
    assert all(f"--{name.replace('_', '-')}" in shown for name in named)


def test_json_is_for_programs(folder):
    put(folder / "in/c.jsonl", b"broken")
    done = corpusmill("dedup", "in", "-o", "out", "--json", cwd=folder)
    assert done.returncode == 3
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events[:-1]} == {"start", "stage", "progress"}
    assert events[0]["minimum_memory_bytes"] > 0
    assert events[-1]["event"] == "done"
    assert events[-1]["exit_code"] == 3
    assert events[-1]["totals"]["kept"] == 2
    assert "1 of 4 rows were rejected" in events[-1]["problems"][0]
    assert done.stderr == ""
    done = corpusmill("dedup", "in", "-o", "out", "--json", cwd=folder)
    event = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, event["event"], event["exit_code"]) == (2, "error", 2)


def test_quiet_says_only_what_is_wrong(folder):
    done = corpusmill("dedup", "in", "-o", "out", "-q", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    put(folder / "in/b.jsonl.gz", b"plain")
    done = corpusmill("dedup", "in", "-o", "out", "-q", "--overwrite", cwd=folder)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("corpusmill: b.jsonl.gz is unreadable: no gzip file: it begins")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name inputs and a folder"),
        (("in",), "name inputs and a folder"),
        (("nowhere", "-o", "out"), "'nowhere' does not exist"),
        (("in", "-o", "out", "--text", "txt"), "--text FIELD: no field 'txt'"),
        (("in", "-o", "out", "--text", "txt"), "did you mean 'text'?"),
        (("in", "-o", "out", "--keep", "txt"), "--keep FIELD: no field 'txt'"),
        (("", "-o", "out"), "an input is an empty name"),
        (("in", "-o", ""), "the output is an empty name"),
        (("in", "-o", "out", "--threads", "2000"), "--threads: expected a whole number"),
        (("in", "-o", "out", "--unit", "token"), "unit: expected one of"),
        (("in", "-o", "out", "--n", "x"), "Invalid value for '--n'"),
        (("in", "-o", "in"), "lies in the output"),
        (("in", "-o", "/proc/x"), "cannot be written"),
        (("--explain", "--threshold", "2"), "threshold: expected"),
        (
            ("in", "-o", "out", "--method", "exact", "--threshold", "0.8"),
            "--threshold belongs to --method near",
        ),
    ],
)
def test_wrong_usage_ends_with_2_and_writes_nothing(folder, arguments, says):
    done = corpusmill("dedup", *arguments, cwd=folder)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())
    assert sorted(path.name for path in folder.iterdir()) == ["in"]


def test_explain_prints_the_curve_and_stops(folder):
    done = corpusmill("dedup", "--explain", "--bands", "14", "--rows", "8", cwd=folder)
    assert done.returncode == 0
    curve = dict(line.split()[:2] for line in done.stdout.splitlines()[2:22])
    assert len(curve) == 20
    assert float(curve["0.80"]) == pytest.approx(1 - (1 - 0.8**8) ** 14, abs=1e-4)
    assert float(curve["1.00"]) == 1
    assert "14 bands of 8 rows" in done.stdout


def test_explain_of_the_exact_method_shows_no_bands(folder):
    done = corpusmill("dedup", "--explain", "--method", "exact", cwd=folder)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert "no bands are used" in done.stdout


@pytest.mark.parametrize(
    "redirection", [">&-", "2>&-", ">&- 2>&-", "| head -0", "2>/dev/full", ">/dev/full"]
)
@pytest.mark.parametrize("option", ["", "--json"])
def test_nobody_needs_to_read_what_is_printed_but_a_full_disk_is_told_of(
    folder, redirection, option
):
    job = f"{shlex.join(CORPUSMILL)} dedup in -o out {option} {redirection}"
    command = ["bash", "-c", f"{job}; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    full = redirection.startswith(">/dev/full")
    assert done.returncode == (1 if full else 0)
    assert ("cannot write standard output: No space left on device\n" in done.stderr) == full
    assert "rror" not in done.stderr
    assert shards.Ledger.load(folder / "out").totals["kept"] == 2
    assert not (folder / "out/.state").exists()


def test_paths_are_never_split(folder):
    out = "o" * 200
    done = corpusmill("dedup", "in", "-o", out, cwd=folder)
    assert f"{out}/ledger.json" in done.stdout


@pytest.mark.parametrize("module", ["typer", "numpy", "pyarrow.lib", "corpusmill._core"])
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")],
)
def test_a_signal_while_importing_is_no_traceback(module, number, code, word):
    program = (
        "import os, sys\nclass Stop:\n def find_spec(self, name, *_):\n"
        f"  if name == {module!r}: os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Stop())\nfrom corpusmill.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (code, f"corpusmill: {word}\n")


def test_an_ignored_signal_stays_ignored(folder):
    """As nohup and a shell's `&` have it."""
    program = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from corpusmill.cli import main\n"
        "sys.argv = ['corpusmill', 'dedup', 'in', '-o', 'out']\n"
        "from corpusmill.shards.writing import write\n"
        "work = write.WritePass.work\n"
        "def kill(*arguments):\n os.kill(os.getpid(), signal.SIGINT); work(*arguments)\n"
        "write.WritePass.work = kill\n"
        "main()"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0


def test_a_terminal_sees_a_bar(folder, on_a_terminal):
    shown = on_a_terminal([*CORPUSMILL, "dedup", "in", "-o", "out"], "stderr", cwd=folder)
    assert b"\x1b[" in shown
    assert b"signals" in shown


def test_interruption_ends_with_130_and_leaves_nothing(folder):
    put(folder / "in/a.jsonl", *[row(f"{i} of many rows" * 50) for i in range(100_000)])
    command = [*CORPUSMILL, "dedup", "in", "-o", "out", "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout
        while b"progress" not in process.stdout.readline():  # the job has begun
            pass
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        rest = process.stdout.read().splitlines()
        assert process.wait() == 130
    assert time.monotonic() - began < 5
    assert json.loads(rest[-1])["exit_code"] == 130
    assert not (folder / "out").exists()


def test_missing_extras_are_named():
    program = "import sys; sys.modules['typer'] = None\nfrom corpusmill.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert 'pip install "corpusmill[cli]"' in done.stderr


def test_importing_the_command_line_imports_no_extras():
    program = "import corpusmill.cli, sys; assert not {'typer', 'rich'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_demo_finds_duplicates(tmp_path, monkeypatch, capsys):
    from corpusmill.cli import demo  # noqa: PLC0415

    monkeypatch.setattr(demo, "MAX_BYTES", 15_000_000)  # a part of what a user would see
    demo.demo(tmp_path / "demo")
    shown = capsys.readouterr().out
    assert "Jaccard similarity 0." in shown
    assert "dropped: " in shown
    ledger = shards.Ledger.load(tmp_path / "demo/out")
    assert {file.format for file in ledger.files} == {"jsonl", "jsonl.gz", "jsonl.zst"}
    assert ledger.totals["dropped"]["similar"] > 0
    assert ledger.problems == []


def test_arrow_takes_its_memory_from_the_c_library(monkeypatch):
    """All of it; unless somebody has said otherwise."""
    program = """
import sys
from corpusmill import cli
sys.argv = ["corpusmill", "--version"]
try:
    cli.main()
finally:
    import pyarrow
    print(pyarrow.default_memory_pool().backend_name)
"""
    for asked, name in ((None, "system"), ("mimalloc", "mimalloc")):
        monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
        if asked:
            monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", asked)
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout.split()[-1] == name
