"""recipes: steps are the jobs they name, every row is accounted for, and what is done stays done."""

from __future__ import annotations

import inspect
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpusmill as cm
from corpusmill.shards import JobError, Notice, UsageError
from corpusmill.shards.reading.inputs import NoInputError
from corpusmill.shards.recipe.commands import COMMANDS
from corpusmill.shards.state.out import OutFolder
from test_cli import corpusmill
from test_resume import SMALL
from test_shards import put, row, varied_rows
from test_tokenize_job import tokenizer_file

REQUIRED = {
    "count": {"n": 1},
    "decontaminate": {"against": os.devnull},
    "select": {"target": os.devnull, "budget": 1},
}
"""Options that have no default."""


@pytest.fixture(scope="module", autouse=True)
def a_filter_and_a_tokenizer(tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("filter") / "filter"
    bloom = cm.ngram.BloomFilter(1000, n=2)
    bloom.add(["some words of a text"])
    bloom.save(path)
    REQUIRED["membership"] = {"filter": str(path)}
    REQUIRED["score"] = {"model": "model"}
    tokenizer = tokenizer_file(path.with_name("small.tiktoken"))
    REQUIRED["tokenize"] = {"tokenizer": str(tokenizer), "pattern": "gpt2", "eos": "none"}


RECIPE = """
inputs = ["in"]
out = "mill"

[[step]]
command = "convert"
where = "len(text) > 40"
write_dropped = true
max_rejected = 1.0

[[step]]
command = "dedup"
name = "near"
n = 2
threshold = 0.7
keep = "longest"
max_rejected = 1.0

[[step]]
command = "convert"
name = "last"
format = "parquet"
columns = ["text"]
max_rejected = 1.0
"""

BY_HAND = [
    ("convert", cm.shards.convert, {"where": "len(text) > 40", "write_dropped": True}),
    ("near", cm.shards.dedup, {"n": 2, "threshold": 0.7, "keep": "longest"}),
    ("last", cm.shards.convert, {"format": "parquet", "columns": ["text"]}),
]


def recipe(folder: Path, text: str = RECIPE, *changes: tuple[str, str]) -> Path:
    """The recipe in a folder with some inputs, if it has none yet; `changes`: (old, new) in the text."""
    if not (folder / "in").exists():
        for number, name in enumerate(("a.jsonl", "b/c.jsonl.gz")):
            put(folder / "in" / name, *varied_rows(150, seed=number), b"{broken")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


def run(path: Path, **options: object) -> tuple[cm.shards.Account, list[str]]:
    """The account, and the steps that have run."""
    said: list[Notice] = []
    account = cm.shards.run(path, notice=said.append, **options)
    steps = [news.facts for news in said if news.kind == "step"]
    return account, [facts["step"] for facts in steps if facts["runs"]]


class Stop(Exception):
    """Ends a run in its midst."""


def stop_at(stage: str) -> Callable[[cm.shards.Progress], None]:
    def stop(news: cm.shards.Progress) -> None:
        if news.stage == stage:
            raise Stop

    return stop


def held(folder: Path) -> dict[str, bytes]:
    """All files but what is said of a run."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_steps_are_the_jobs_that_they_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    account, ran = run(recipe(Path()))
    assert ran == ["convert", "near", "last"]
    before = Path("in")
    for name, job, options in BY_HAND:
        job(before, f"hand/{name}", max_rejected=1.0, **options)
        before = Path("mill", name, "data")
        assert held(Path("hand", name)) == held(Path("mill", name))
    ledgers = [cm.shards.Ledger.load(f"mill/{name}") for name, *_ in BY_HAND]
    assert [step.ledger for step in account.steps] == ledgers
    assert json.loads(Path("mill/account.json").read_text())["totals"] == account.totals
    assert account.totals["dropped"].keys() == {"convert", "near"}
    assert account.totals["rejected"] == {"convert": {"invalid_json": 2}}
    assert account.problems == []


@settings(max_examples=25)
@given(
    texts=st.lists(st.sampled_from(["", "a b c", "a b c d", "x y z", "x  Y z", None]), max_size=30),
    shortest=st.integers(0, 6),
)
def test_every_row_is_accounted_for(texts, shortest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipe")
    put(folder / "in/a.jsonl", *map(row, texts))
    path = recipe(folder, RECIPE, ("len(text) > 40", f"len(text) > {shortest}"))
    account, _ = run(path)
    totals = account.totals
    assert account.balanced
    assert totals["rows_read"] == len(texts)
    filtered = [text for text in texts if text is None or len(text) <= shortest]
    assert sum(totals["dropped"].get("convert", {}).values()) == len(filtered)
    assert all(step.ledger.balanced for step in account.steps)


COUNTING = """
inputs = ["in"]
out = "mill"

[[step]]
command = "count"
name = "before"
n = 1
max_rejected = 1.0

[[step]]
command = "convert"
where = "len(text) > 40"
keep_data = false
max_rejected = 1.0

[[step]]
command = "count"
n = 2
unit = "char"
top = 30

[[step]]
command = "lexicon"
n = [2]
top = [10]

[[step]]
command = "membership"
filter = "filter"

[[step]]
command = "count"
name = "after"
n = 2
"""


def test_steps_that_count_look_at_rows_and_let_them_pass(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = recipe(Path(), COUNTING)
    Path("filter").write_bytes(Path(REQUIRED["membership"]["filter"]).read_bytes())
    account, ran = run(path)
    assert ran == ["before", "convert", "count", "lexicon", "membership", "after"]
    slack = {"max_rejected": 1.0}
    cm.shards.count("in", "hand/before", n=1, **slack)
    cm.shards.convert("in", "hand/convert", where="len(text) > 40", **slack)
    cm.shards.count("hand/convert/data", "hand/count", n=2, unit="char", top=30)
    cm.shards.lexicon("hand/convert/data", "hand/lexicon", n=(2,), top=(10,))
    cm.shards.membership("hand/convert/data", "hand/membership", filter="filter")
    cm.shards.count("hand/membership/data", "hand/after", n=2)
    for name, table in [("before", "counts"), ("count", "counts"), ("after", "counts")]:
        of_step = Path("mill", name, f"{table}.parquet")
        assert of_step.read_bytes() == Path("hand", name, of_step.name).read_bytes()
    for name in ("lexicon/lexicon.parquet", "membership/data/b/c.jsonl.gz"):
        assert Path("mill", name).read_bytes() == Path("hand", name).read_bytes()
    ledgers = {step.name: step.ledger.totals for step in account.steps}
    assert account.totals["rows_read"] == ledgers["before"]["rows_read"] == 302
    assert account.totals["kept"] == ledgers["membership"]["kept"] == ledgers["after"]["kept"]
    assert account.totals["dropped"].keys() == account.totals["rejected"].keys() == {"convert"}
    assert account.balanced
    assert not Path("mill/convert/data").exists()


def test_a_count_runs_again_by_itself(tmp_path):
    path = recipe(tmp_path, COUNTING)
    (tmp_path / "filter").write_bytes(Path(REQUIRED["membership"]["filter"]).read_bytes())
    run(path)
    before = held(tmp_path / "mill")
    assert run(path)[1] == []
    (tmp_path / "mill/before/counts.parquet").unlink()
    assert run(path)[1] == ["before"]
    (tmp_path / "mill/after/counts.parquet").unlink()
    assert run(path)[1] == ["after"]
    (tmp_path / "mill/count/counts.parquet").unlink()  # it reads data that was not kept
    assert run(path)[1] == ["convert", "count", "lexicon", "membership", "after"]
    assert held(tmp_path / "mill") == before
    recipe(tmp_path, COUNTING, ("n = 1", "n = 3"))
    assert run(path)[1] == ["before"]
    text = "inputs = ['in']\nout = 'm'\n[[step]]\ncommand = 'count'\nn = 1\n"
    with pytest.raises(UsageError, match="no step keeps rows"):
        run(recipe(tmp_path, text))


def test_what_is_done_is_not_done_again(tmp_path):
    path = recipe(tmp_path)
    run(path)
    ledger = tmp_path / "mill/near/ledger.json"
    before, written = held(tmp_path / "mill"), ledger.stat().st_mtime_ns
    account, ran = run(path)
    assert ran == []
    assert held(tmp_path / "mill") == before
    assert ledger.stat().st_mtime_ns == written
    assert account.balanced


@pytest.mark.parametrize(
    ("change", "ran"),
    [
        (("threshold = 0.7", "threshold = 0.6"), ["near", "last"]),
        (('columns = ["text"]', 'columns = ["text", "id"]'), ["last"]),
        (("len(text) > 40", "len(text) > 50"), ["convert", "near", "last"]),
        (('name = "last"', 'name = "end"'), ["end"]),
        (("n = 2", "n = 2\nthreads = 2\nmemory = '8GB'"), []),
        (("write_dropped = true", "write_dropped = true\nkeep_data = false"), []),
    ],
    ids=["threshold", "columns", "where", "name", "threads", "keep_data"],
)
def test_a_changed_recipe_runs_from_the_change_on(change, ran, tmp_path):
    run(recipe(tmp_path))
    assert run(recipe(tmp_path, RECIPE, change))[1] == ran
    assert held(tmp_path / "mill/near") == held(anew(tmp_path, change) / "near")


def anew(folder: Path, change: tuple[str, str]) -> Path:
    """What the recipe gives that has never been another one."""
    other = folder.parent / f"{folder.name}-anew"
    other.mkdir()
    (folder / "in").rename(other / "in")
    run(recipe(other, RECIPE, change))
    for ledger in (other / "mill").glob("*/ledger.json"):  # inputs are named as they were given
        ledger.write_text(ledger.read_text().replace(str(other), str(folder)))
    return other / "mill"


def test_changed_inputs_are_known_by_what_they_hold(tmp_path):
    path = recipe(tmp_path)
    run(path)
    file = tmp_path / "in/a.jsonl"
    held = file.read_bytes()
    file.write_bytes(held)
    assert run(path)[1] == []
    file.write_bytes(held[:-1] + b"!")
    assert cm.shards.plan(path)[0].why == "a.jsonl has changed"
    assert run(path)[1] == ["convert", "near", "last"]
    put(tmp_path / "in/new.jsonl", row("one more"))
    assert cm.shards.plan(path)[0].why == "there are other inputs"


def test_a_file_that_an_option_names_is_an_input(tmp_path):
    docs = [json.loads(line)["text"] for line in varied_rows(150, seed=0)]
    index = cm.dedup.Index(n=2, threshold=0.7)
    index.add(docs[:20])
    index.save(tmp_path / "old.index")
    path = recipe(tmp_path, RECIPE, ('"longest"', '"longest"\nagainst = "old.index"'))
    assert run(path)[0].totals["dropped"]["near"]["in_index"] > 0
    assert run(path)[1] == []
    index.add(docs[20:40])
    index.save(tmp_path / "old.index")
    assert cm.shards.plan(path)[1].why == "against has changed"


def test_a_file_that_a_step_makes_is_made_again(tmp_path):
    text = RECIPE.replace('"longest"', '"longest"\nsave_index = "new.index"')
    run(recipe(tmp_path, text))
    assert run(recipe(tmp_path, text))[1] == []
    first = (tmp_path / "new.index").read_bytes()
    assert run(recipe(tmp_path, text, ("0.7", "0.6")))[1] == ["near", "last"]
    second = (tmp_path / "new.index").read_bytes()
    assert first != second
    with pytest.raises(UsageError, match="no field 'txet'"):
        run(recipe(tmp_path, text, ("0.7", '0.6\ntext = "txet"')))
    assert (tmp_path / "new.index").read_bytes() == second
    assert not list(tmp_path.glob("*.before"))
    with pytest.raises(Stop):
        run(recipe(tmp_path, text), progress=stop_at("near write"))
    assert (tmp_path / "new.index").read_bytes() == second
    assert run(recipe(tmp_path, text))[1] == ["near", "last"]
    assert (tmp_path / "new.index").read_bytes() == first
    run(recipe(tmp_path, text, ("0.7", "0.6")))
    (tmp_path / "new.index").unlink()
    path = recipe(tmp_path, text, ("0.7", "0.6"))
    assert cm.shards.plan(path)[1].why == "save_index names a file that has changed"
    run(path)
    assert (tmp_path / "new.index").read_bytes() == second
    (tmp_path / "new.index").write_bytes(b"of another")
    with pytest.raises(UsageError, match=r"step 2 of 3, near: save_index: .*new.index"):
        run(path)
    assert (tmp_path / "new.index").read_bytes() == b"of another"


def test_data_that_is_not_to_stay_goes_and_comes_again(tmp_path):
    text = RECIPE.replace("write_dropped = true", "write_dropped = true\nkeep_data = false")
    run(recipe(tmp_path))
    kept = held(tmp_path / "mill/near/data")
    run(recipe(tmp_path, text))
    assert not (tmp_path / "mill/convert/data").exists()
    assert (tmp_path / "mill/convert/dropped").exists()
    path = recipe(tmp_path, text, ('"longest"', '"first"'))
    assert "near reads it" in (cm.shards.plan(path)[0].why or "")
    assert run(path)[1] == ["convert", "near", "last"]
    assert run(recipe(tmp_path, text))[1] == ["convert", "near", "last"]
    assert held(tmp_path / "mill/near/data") == kept


def test_data_that_was_to_stay_and_is_gone_is_made_again(tmp_path):
    path = recipe(tmp_path)
    run(path)
    before = held(tmp_path / "mill/near/data")
    (tmp_path / "mill/near/data/a.jsonl").unlink()
    assert run(path)[1] == ["near", "last"]
    assert held(tmp_path / "mill/near/data") == before


def test_data_that_somebody_wrote_to_is_made_again(tmp_path):
    path = recipe(tmp_path)
    run(path)
    before = held(tmp_path / "mill")
    put(tmp_path / "mill/near/data/a.jsonl", row("not ours"))
    assert cm.shards.plan(path)[1].why == "in its data a.jsonl has changed"
    assert run(path)[1] == ["near", "last"]
    assert held(tmp_path / "mill") == before


RUN = "import sys; from corpusmill.shards import run; run(sys.argv[1], threads=int(sys.argv[2]))"


def test_killed_at_any_moment_it_ends_the_same(tmp_path):
    """Killed again and again, each time a little later, until it gets through."""
    text = RECIPE.replace("write_dropped = true", "write_dropped = true\nkeep_data = false")
    path, rng, allowed = recipe(tmp_path, text), random.Random(1), 0.05
    program = [sys.executable, "-c", SMALL + RUN, str(path)]
    subprocess.run([*program, "1"], check=True)
    (tmp_path / "mill").rename(tmp_path / "whole")
    kills = 0
    while not (tmp_path / "mill/account.json").exists():
        with subprocess.Popen([*program, str(1 + kills % 2)]) as process:
            try:
                assert process.wait(timeout=rng.uniform(0, allowed)) == 0
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
        allowed *= 1.2
    assert kills > 3
    assert held(tmp_path / "mill") == held(tmp_path / "whole")


def test_what_was_saved_goes_though_killed_when_the_results_were_in_place(tmp_path, monkeypatch):
    path = recipe(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(OutFolder, "_leave", OutFolder._unlock)
        run(path)
    assert (tmp_path / "mill/near/.state").exists()
    assert run(path)[1] == []
    assert not list((tmp_path / "mill").rglob(".state"))


def test_what_a_run_leaves_that_noted_nothing_is_no_obstacle(tmp_path):
    path = recipe(tmp_path)
    (tmp_path / "mill").mkdir()
    for name in (".lock", ".steps.json.new"):
        (tmp_path / "mill" / name).touch()
    assert cm.shards.run(path).steps


def test_a_step_that_was_stopped_goes_on(tmp_path, small_units):  # noqa: ARG001
    path = recipe(tmp_path)
    with pytest.raises(Stop):
        run(path, progress=stop_at("near verify"))
    assert not (tmp_path / "mill/account.json").exists()
    assert cm.shards.plan(path)[0].why is None
    said: list[Notice] = []
    cm.shards.run(path, notice=said.append)
    assert [news.kind for news in said][:4] == ["step", "step", "start", "resume"]


def test_a_run_that_fails_says_at_which_step(tmp_path):
    path = recipe(tmp_path, RECIPE, ('"longest"', '"lenght"'))
    with pytest.raises(JobError, match=r"^step 2 of 3, near: keep: no field 'lenght'"):
        run(path)
    assert run(recipe(tmp_path))[1] == ["near", "last"]
    with pytest.raises(UsageError, match=r"^step 2 of 3, near: keep: no field 'lenght'"):
        run(recipe(tmp_path, RECIPE, ('"longest"', '"lenght"')))
    assert run(recipe(tmp_path))[1] == []
    path = recipe(tmp_path, RECIPE, ("len(text)", "len(txet)"), ('"mill"', '"other"'))
    with pytest.raises(UsageError, match=r"^step 1 of 3, convert: where: .*did you mean 'text'"):
        run(path)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("threshold", "treshold"),
            "step 2, near: no option 'treshold'; did you mean 'threshold'?",
        ),
        (("0.7", '"0.7"'), "step 2, near: threshold: expected a number, got '0.7'"),
        (("0.7", "7"), "step 2, near: threshold: expected 0 < threshold <= 1, got 7"),
        (("n = 2", "n = true"), "step 2, near: n: expected a whole number, got True"),
        (("write_dropped = true", 'join = "no"'), "join: expected true or false, got 'no'"),
        (('["text"]', '"text"'), "columns: expected a list of strings, got 'text'"),
        (("> 40", "> "), "step 1, convert: where: "),
        (('"dedup"', '"dedupe"'), "step 2: no command 'dedupe'; did you mean 'dedup'?"),
        (('name = "near"', 'name = "last"'), "2 steps are called 'last'"),
        (('name = "near"', 'name = "../near"'), "name: expected letters"),
        (("n = 2", "overwrite = true"), "overwrite: no option of a recipe: results of a step are"),
        (("n = 2", "update = true"), "update: no option of a recipe: what a step changes"),
        (("n = 2", "keep_data = 1"), "keep_data: expected true or false, got 1"),
        (('name = "last"', 'name = "last"\nkeep_data = false'), "the data of the last step is"),
        (('inputs = ["in"]', "inputs = []"), "inputs: expected names of files"),
        (('inputs = ["in"]', 'inputs = ["away"]'), "away' does not exist"),
        (('inputs = ["in"]', "input = 1"), "no key 'input'; did you mean 'inputs'?"),
        (('inputs = ["in"]', 'inputs = ["in", ""]'), "inputs: expected names of files"),
        (('"mill"', '"a\\u0000b"'), "out: expected a folder for all steps"),
        (('command = "dedup"', "command = ['dedup']"), "step 2: no command \"['dedup']\""),
        (('out = "mill"', ""), "out: expected a folder for all steps"),
        (("[[step]]", "[[steps]]"), "no key 'steps'; did you mean 'step'?"),
        (("[[step]]", "[step"), "recipe '"),
        (('out = "mill"', 'out = "in/b"'), "out: 'in/b' holds files that no recipe left there"),
    ],
)
def test_what_is_wrong_is_named_before_anything_runs(change, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = recipe(Path(), RECIPE, change)
    with pytest.raises(UsageError, match=re.escape(said)):
        run(path)
    assert not Path("mill").exists()


def test_a_glob_does_not_read_what_the_recipe_writes(tmp_path):
    path = recipe(tmp_path, RECIPE, ('["in"]', '["**/*.jsonl"]'))
    run(path)
    with pytest.raises(UsageError, match=r"they match files in .*mill', where the recipe writes"):
        run(path)


def test_results_of_others_stay(tmp_path):
    path = recipe(tmp_path)
    cm.shards.convert(tmp_path / "in", tmp_path / "mill/near", max_rejected=1.0)
    (tmp_path / "mill/.steps.json").write_text("{}")
    with pytest.raises(UsageError, match="near' holds results that this recipe did not leave"):
        run(path)
    assert run(path, overwrite=True)[1] == ["convert", "near", "last"]
    cm.shards.convert(tmp_path / "in", tmp_path / "mill/near", overwrite=True, max_rejected=1.0)
    with pytest.raises(UsageError, match="near' holds results that this recipe did not leave"):
        cm.shards.plan(path)


def test_one_run_at_a_time(tmp_path):
    path, found = recipe(tmp_path), []

    def again(_: cm.shards.Progress) -> None:
        with pytest.raises(UsageError, match="another run is writing"):
            cm.shards.run(path)
        found.append(True)

    cm.shards.run(path, progress=again)
    assert found


def test_data_that_changes_between_steps_fails_the_account(tmp_path):
    def add(out: str, _: cm.shards.Ledger) -> None:
        put(Path(out, "data/more.jsonl"), row("one more"))

    with pytest.raises(JobError, match=r"convert kept \d+ rows, but near read \d+"):
        cm.shards.run(
            recipe(tmp_path), finished=lambda out, of: add(out, of) if "convert" in out else None
        )
    assert not (tmp_path / "mill/account.json").exists()


def test_names_that_are_no_text_are_kept_track_of(tmp_path):
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/\xff.jsonl")).write_bytes(row("a b") + b"\n")
    path = recipe(tmp_path, RECIPE, ('> 40"', '> 1"\nkeep_data = false'))
    assert run(path)[1] == ["convert", "near", "last"]
    assert not (tmp_path / "mill/convert/data").exists()
    assert run(path)[1] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_those_of_the_function_and_of_the_command(name):
    from corpusmill.cli.app import app  # noqa: PLC0415

    command = COMMANDS[name]
    parameters = inspect.signature(command.function).parameters
    ours = command.resolved(REQUIRED.get(name, {}))
    refused = {*command.refused, "overwrite"}
    assert {*ours, *refused, "inputs", "out", "progress", "notice"} == parameters.keys()
    ours_by_default = {key: ours[key] for key in ours.keys() - REQUIRED.get(name, {}).keys()}
    assert all(parameters[option].default == value for option, value in ours_by_default.items())
    [of_cli] = [info.callback for info in app.registered_commands if info.callback.__name__ == name]
    assert ours.keys() <= inspect.signature(of_cli).parameters.keys()
    assert not ours.keys() & {"command", "name", "keep_data"}
    assert command.paths() >= {*command.writes}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_job_checks_its_options_before_it_looks_for_inputs(name):
    command = COMMANDS[name]
    with pytest.raises(NoInputError):
        command.function([], os.devnull, **REQUIRED.get(name, {}))
    with pytest.raises(UsageError, match="threads") as raised:
        command.function([], os.devnull, threads=-1, **REQUIRED.get(name, {}))
    assert not isinstance(raised.value, NoInputError)


# --- the command line -----------------------------------------------------------------------------


def test_a_dry_run_says_all_and_writes_nothing(tmp_path):
    path = recipe(tmp_path)
    done = corpusmill("run", path, "--dry-run")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert "step 1, convert: runs: it has not run yet" in lines
    assert "threshold 0.7" in lines
    assert 'verify "exact" (default)' in lines
    assert f"inputs {tmp_path / 'mill/near/data'}" in lines
    steps = json.loads(corpusmill("run", path, "--dry-run", "--json").stdout)
    assert [step["step"] for step in steps] == ["convert", "near", "last"]
    assert steps[1]["options"]["threshold"] == 0.7
    assert not (tmp_path / "mill").exists()


def test_the_command_runs_from_anywhere_and_ends_as_others_do(tmp_path):
    path = recipe(tmp_path)
    done = corpusmill("run", path.name, "--threads", 2, cwd=tmp_path)
    assert done.returncode == 0
    assert "step 2 of 3, near runs: it has not run yet" in done.stderr
    assert "near signals ..." in done.stderr
    assert (tmp_path / "mill/near/report.html").is_file()
    (tmp_path / "else").mkdir()
    done = corpusmill("run", path, "--json", cwd=tmp_path / "else")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["step", "step", "step", "done"]
    assert not any(event["runs"] for event in events[:3])
    assert events[-1]["totals"]["rows_read"] == 302
    recipe(tmp_path, RECIPE.replace("1.0", "0.001"))
    assert corpusmill("run", path, "-q").returncode == 3
    done = corpusmill("run", path, "-q")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "convert: 2 of 302 rows were rejected" in done.stderr
    recipe(tmp_path, RECIPE.replace("threshold", "treshold"))
    done = corpusmill("run", path)
    assert done.returncode == 2
    assert "did you mean 'threshold'?" in done.stderr


def test_ctrl_c_ends_a_run_in_order(tmp_path):
    path = recipe(tmp_path)
    put(tmp_path / "in/large.jsonl", *[row(f"text {i} " * 40) for i in range(200_000)])
    command = [sys.executable, "-m", "corpusmill.cli", "run", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while "near signals" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "interrupted" in said
    assert [one.why is None for one in cm.shards.plan(path)] == [True, False, False]
    assert not (tmp_path / "mill/.lock").exists()
