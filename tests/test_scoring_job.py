"""test_scoring_job: rows of files get what scoring.score says of their texts, however it ends."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch", reason="scoring under models needs PyTorch")
pytest.importorskip("transformers", reason="these models are Hugging Face's")

import documents
from corpusmill import scoring, shards
from corpusmill.cli.score import score as command
from corpusmill.scoring.models import Model
from corpusmill.scoring.scorer import Scorer
from corpusmill.scoring.small import byte_tokenizer
from corpusmill.shards import UsageError
from corpusmill.shards.jobs.score import job
from corpusmill.shards.jobs.score.choices import Choices
from corpusmill.shards.jobs.score.token_lists import difference
from corpusmill.shards.progress import Meter
from corpusmill.shards.state import store
from test_every_job import held
from test_shards import SLACK, put, row

pytestmark = pytest.mark.usefixtures("small_units")

SIZES: dict[str, Any] = {"width": 16, "heads": 2, "context": 64, "batch_tokens": 64, "steps": 1}
TEXTS = ["", "é", *documents.varied(30, seed=5)]
FEW = {"batch_tokens": 512, "threads": 1, **SLACK}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of two formats, with rejected rows, and two models of one tokenizer."""
    here = tmp_path_factory.mktemp("score")
    rows = [row(text, n=number) for number, text in enumerate(TEXTS[:20])]
    put(here / "in/a.jsonl", *rows[:5], b"{broken", row(None), *rows[5:])
    (here / "in").mkdir(exist_ok=True)
    more = pa.table({"text": [*TEXTS[20:], None]})
    pq.write_table(more, here / "in/b.parquet", row_group_size=5)
    for seed in (0, 1):
        made = scoring.tiny(["abc"], seed=seed, threads=1, **SIZES)
        made.save(here / f"model-{seed}")
    return here


def run(folder: Path, out: Path, **options: Any) -> shards.Ledger:
    return shards.score(folder / "in", out, **({"model": folder / "model-0", **FEW} | options))


def expected(folder: Path, texts: list[str | None], **options: Any) -> list[dict[str, Any]]:
    names = ("tokens", "bytes", "nll_mean", "bits_per_byte")
    given = {"stats": names, "batch_tokens": 512, "threads": 1} | options
    return scoring.score(folder / "model-0", byte_tokenizer(), texts, **given).to_pylist()


def close(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """By rounding, which the rows beside one decide."""
    return all(found[name] == pytest.approx(value, abs=1e-4) for name, value in wanted.items())


SCORED = """
import json, sys
import corpusmill
source, *runs = sys.argv[1:]
for run in runs:
    corpusmill.shards.score(source, **json.loads(run))
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")))
"""


def test_memory_counts_what_a_batch_takes(folder: Path, tmp_path: Path) -> None:
    """Of 8,192 inputs: more than what else a job of so few rows holds beside the model."""
    if not Path("/proc/self/status").exists():
        pytest.skip("peaks are read from Linux's /proc")
    put(tmp_path / "in/a.jsonl", *[row("word " * 10) for _ in range(1000)])

    def job(out: str, batch_tokens: int) -> str:
        given = {"model": str(folder / "model-0"), "threads": 1, "batch_tokens": batch_tokens}
        return json.dumps(given | {"out": str(tmp_path / out)})

    def least(out: str) -> int:
        return int(json.loads((tmp_path / out / "run.json").read_text())["minimum_memory_bytes"])

    runs = [job("small", 64), job("large", 8192)]
    command = [sys.executable, "-c", SCORED, tmp_path / "in", *runs]
    peak = 1024 * int(subprocess.check_output(command, text=True))
    assert least("large") - least("small") > 8192 * SIZES["width"] * 4
    assert peak <= least("large")


def test_rows_get_what_the_function_says(folder: Path, tmp_path: Path) -> None:
    ledger = run(folder, tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out/data/a.jsonl").read_text().splitlines()]
    wanted = expected(folder, TEXTS[:20])
    assert [line["n"] for line in lines] == list(range(20))
    assert all(map(close, lines, wanted))
    assert [line["text"] for line in lines] == TEXTS[:20]
    table = pq.read_table(tmp_path / "out/data/b.parquet")
    assert table.schema.field("tokens").type == pa.int64()
    assert all(map(close, table.to_pylist(), expected(folder, TEXTS[20:])))
    assert (ledger.totals["kept"], ledger.balanced) == (len(TEXTS), True)
    kept = held(tmp_path / "out")
    run(folder, tmp_path / "again", threads=3)
    assert held(tmp_path / "again").keys() == kept.keys()


@pytest.mark.parametrize("join", [False, True])
def test_losses_of_tokens_are_kept_as_lists(folder: Path, tmp_path: Path, join: bool) -> None:
    models = [folder / "model-0", folder / "model-1"]
    options: dict[str, Any] = {"join": True, "format": "parquet"} if join else {}
    run(folder, tmp_path / "out", model=models, tokens="float32", **options)
    if join:
        rows = pq.read_table(tmp_path / "out/data/part-00000.parquet").to_pylist()
    else:
        lines = (tmp_path / "out/data/a.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        rows += pq.read_table(tmp_path / "out/data/b.parquet").to_pylist()
    assert [row["text"] for row in rows] == TEXTS
    for number, model in enumerate(models, 1):
        wanted = scoring.score(model, byte_tokenizer(), TEXTS, tokens="float32", threads=1)[
            "token_nll"
        ]
        for found, losses in zip(rows, wanted.to_pylist(), strict=True):
            assert found[f"token_nll_{number}"] == pytest.approx(losses, abs=1e-4)
    for found in rows:
        first, second = (np.array(found[f"token_nll_{number}"], np.float32) for number in (1, 2))
        np.testing.assert_array_equal(np.float32(found["token_difference_2"]), first - second)


def test_losses_of_tokens_take_half_as_much_as_float16(folder: Path, tmp_path: Path) -> None:
    models = [folder / "model-0", folder / "model-1"]
    tables = []
    for kind in ("float32", "float16"):
        run(folder, tmp_path / kind, model=models, tokens=kind, join=True, format="parquet")
        tables.append(pq.read_table(tmp_path / kind / "data/part-00000.parquet"))
    for name in ("token_nll_1", "token_nll_2", "token_difference_2"):
        whole, half = (table[name].combine_chunks() for table in tables)
        assert half.type == pa.large_list(pa.float16())
        assert half.value_lengths() == whole.value_lengths()
        values = whole.flatten().to_numpy().astype(np.float16)
        np.testing.assert_array_equal(half.flatten().to_numpy(), values)
    run(folder, tmp_path / "lines", model=models, tokens="float16", join=True, format="jsonl")
    lines = (tmp_path / "lines/data/part-00000.jsonl").read_text().splitlines()
    assert [json.loads(line)["token_nll_2"] for line in lines] == tables[1][
        "token_nll_2"
    ].to_pylist()
    with pytest.raises(UsageError, match="tokens: expected 'float16' or 'float32', got True"):
        run(folder, tmp_path / "wrong", tokens=True)


def test_lists_are_subtracted_item_by_item() -> None:
    """Of chunks of any sizes, as a worker of a Ray dataset gets them."""
    of = pa.large_list(pa.float32())
    first = pa.chunked_array([[[3, 5], None], [[], [1]]], of)
    second = pa.chunked_array([[[1, 1], None, [], [4]]], of)
    assert difference(first, second).to_pylist() == [[2, 4], None, [], [-3]]


class Killed(BaseException):
    """Ends a job in its midst."""


class Blocks:
    """How many were scored; the job is killed at the one that is `last`."""

    def __init__(self) -> None:
        self.scored = self.last = 0

    def killed_at(self, last: int, start: Callable[[], object]) -> None:
        self.scored, self.last = 0, last
        with pytest.raises(Killed):
            start()
        self.scored = self.last = 0


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Blocks:
    tables, found = Scorer.tables, Blocks()

    def counted(self: Scorer, docs: Any, progress: Any = None) -> Any:
        found.scored += 1
        if found.scored == found.last:
            raise Killed
        return tables(self, docs, progress)

    monkeypatch.setattr(Scorer, "tables", counted)
    return found


def test_a_job_that_was_stopped_ends_with_the_same_bytes(
    folder: Path, tmp_path: Path, blocks: Blocks
) -> None:
    run(folder, tmp_path / "whole", tokens="float32")
    every = blocks.scored
    blocks.killed_at(4, lambda: run(folder, tmp_path / "out", tokens="float32"))
    run(folder, tmp_path / "out", tokens="float32")
    assert blocks.scored < every
    assert held(tmp_path / "out") == held(tmp_path / "whole")


def test_even_a_small_job_is_gone_on_with(
    folder: Path, tmp_path: Path, blocks: Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others read again in a moment takes a model hours."""
    monkeypatch.setattr(store, "SMALL_JOB", 1 << 40)
    run(folder, tmp_path / "whole")
    every = blocks.scored
    blocks.killed_at(4, lambda: run(folder, tmp_path / "out"))
    run(folder, tmp_path / "out")
    assert blocks.scored < every
    assert held(tmp_path / "out") == held(tmp_path / "whole")


def test_progress_is_that_of_the_models(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a block, too, and no byte of it is counted before it is scored."""
    news: list[int] = []
    add = Meter.add_bytes

    def note(self: Meter, count: int) -> None:
        add(self, count)
        if self.read().stage == "score":
            news.append(self.read().done_bytes)

    monkeypatch.setattr(Meter, "add_bytes", note)
    size = put(tmp_path / "one.jsonl", row("word " * 500)).stat().st_size
    models = [folder / "model-0", folder / "model-1"]
    shards.score(tmp_path / "one.jsonl", tmp_path / "out", model=models, **FEW)
    assert news == sorted(news)
    assert [news[0] < size // 10, news[-1]] == [True, size]
    assert len(set(news)) > 8


@pytest.mark.parametrize("change", ["model", "torch", "dtype"])
def test_nothing_is_taken_over_of_another_model_torch_or_machine(
    folder: Path, tmp_path: Path, blocks: Blocks, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    shutil.copytree(folder / "model-0", tmp_path / "model")
    ledger = run(folder, tmp_path / "whole", model=tmp_path / "model")
    assert {"torch", "transformers"} <= ledger.software.keys()
    assert ledger.findings["dtypes"] == ["float32"]
    every = blocks.scored
    blocks.killed_at(4, lambda: run(folder, tmp_path / "out", model=tmp_path / "model"))
    if change == "model":
        shutil.copytree(folder / "model-1", tmp_path / "model", dirs_exist_ok=True)
    elif change == "torch":
        monkeypatch.setattr(job, "runs_models", lambda: {"torch": "0"})
    else:  # as on a GPU, where models are loaded as they are stored
        load = Model.load
        as_stored = lambda *given, **how: load(*given, **how | {"dtype": "bfloat16"})
        monkeypatch.setattr(Model, "load", as_stored)
    run(folder, tmp_path / "out", model=tmp_path / "model")
    assert blocks.scored == every


def test_two_models_and_their_difference(folder: Path, tmp_path: Path) -> None:
    models = [folder / "model-1", folder / "model-0"]
    run(folder, tmp_path / "out", model=models, stats=["tokens", "nll_mean"], field_prefix="lm_")
    line = json.loads((tmp_path / "out/data/a.jsonl").read_text().splitlines()[2])
    added = ["lm_tokens", "lm_nll_mean_1", "lm_nll_mean_2", "lm_difference_2"]
    assert list(line)[-4:] == added
    assert line["lm_nll_mean_1"] - line["lm_nll_mean_2"] == line["lm_difference_2"] != 0
    table = scoring.compare(*models, byte_tokenizer(), [line["text"]], threads=1)
    assert line["lm_difference_2"] == pytest.approx(table["difference"][0].as_py(), abs=1e-4)


def test_what_is_wrong_is_said_before_anything_is_written(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "config.json").write_text("{}")
    for options, message in (
        ({"stats": ["loss"]}, "stats: expected some of tokens"),
        ({"model": []}, "model: expected at least one"),
        ({"model": tmp_path}, r"is no folder with a config\.json"),
        ({"model": bare}, r"^tokenizer: .*bare' has none that can be read"),
        ({"tokenizer": tmp_path / "none"}, "^tokenizer: .*none': No such file"),
        ({"device": "no such"}, "^device: 'no such' cannot be used"),
        ({"dtype": "int8"}, "^dtype: expected float32"),
        ({"context": 65}, "^context: expected a whole number from 1 to 64"),
        ({"text": "body"}, "^text: no field 'body'"),
        ({"stride": 65}, "stride: expected a whole number from 1 to 64"),
        ({"prefix": "999"}, "prefix: 999 is no id of the model"),
        ({"text": "bytes", "stats": ["bytes"]}, "would replace the text"),
    ):
        with pytest.raises(UsageError, match=message):
            run(folder, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_folder_whose_tokenizer_ours_does_not_read_just_works(
    folder: Path, tmp_path: Path
) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    shutil.copytree(folder / "model-0", tmp_path / "model")
    words = {"[UNK]": 0} | {word: 1 + i for i, word in enumerate(TEXTS[3].split()[:20])}
    backend = Tokenizer(models.WordLevel(words, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.save(str(tmp_path / "model/tokenizer.json"))
    run(folder, tmp_path / "out", model=tmp_path / "model")
    lines = (tmp_path / "out/data/a.jsonl").read_text().splitlines()
    fast = PreTrainedTokenizerFast(tokenizer_object=backend)
    stats = ("tokens", "nll_mean")
    wanted = scoring.score(tmp_path / "model", fast, TEXTS[:20], stats=stats, threads=1)
    assert all(map(close, map(json.loads, lines), wanted.to_pylist()))


def test_models_are_within_the_budget(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = Choices.scorer

    def large(self: Choices, threads: int) -> Any:
        held.append(np.ones(40 << 20))
        return loaded(self, threads)

    held: list[Any] = []
    run(folder, tmp_path / "small")
    monkeypatch.setattr(Choices, "scorer", large)
    run(folder, tmp_path / "large")
    small, more = (
        json.loads((tmp_path / name / "run.json").read_text())["minimum_memory_bytes"]
        for name in ("small", "large")
    )
    assert more - small > 300 << 20


def test_what_became_of_a_row_is_told(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    (fate,) = shards.why(tmp_path / "out", "a.jsonl:5").fates
    assert (fate.fate, fate.rejection.reason) == ("rejected", "invalid_json")
    with pytest.raises(UsageError, match=r"every row that was not rejected is in data/"):
        shards.why(tmp_path / "out", "a.jsonl:0")


def test_the_command_has_the_options_of_the_function() -> None:
    ours = inspect.signature(shards.score).parameters.keys() - {"progress", "notice"}
    theirs = inspect.signature(command).parameters.keys() - {"as_json", "command_line", "quiet"}
    assert ours == theirs
