"""train_tokenizer_job: what is learned from files is what is learned from their texts."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from corpusmill.cli.train_tokenizer import train_tokenizer as command
from corpusmill.shards import JobError, UsageError, train_tokenizer
from corpusmill.tokenizer import Tokenizer
from test_membership_job import rows_of_folder
from test_paragraphs_job import folder

__all__ = ["folder"]

OPTIONS = {"vocab_size": 400, "special_tokens": ["<eos>"], "superwords": 20}


@pytest.mark.usefixtures("small_units")
def test_a_vocabulary_of_files_is_that_of_their_texts(folder: Path, tmp_path: Path) -> None:
    texts = [row["text"] for row in rows_of_folder(folder)]
    Tokenizer.train(texts, **OPTIONS).save(tmp_path / "expected.json")
    for threads in (1, 3):
        path = tmp_path / f"by-{threads}.json"
        trained = train_tokenizer(folder, path, threads=threads, max_rejected=1.0, **OPTIONS)
        assert path.read_bytes() == (tmp_path / "expected.json").read_bytes()
        assert (trained.rows, trained.rejected) == (240, {"invalid_json": 1})
        assert not trained.problems
    again = {"max_rejected": 0.0, "overwrite": True}
    assert train_tokenizer(folder, path, **again, **OPTIONS).problems


def test_mistakes_are_named_and_harm_nothing(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    for wrong, said in (
        ({"vocab_size": 3}, "vocab_size"),
        ({"pattern": "none"}, "pattern: expected one of"),
        ({"max_rejected": 2}, "max_rejected"),
        ({"text": "none"}, "none"),
    ):
        with pytest.raises(UsageError, match=said):
            train_tokenizer(folder, path, **({"vocab_size": 300} | wrong))
    with pytest.raises(JobError, match="memory: 9,000 bytes are too little"):
        train_tokenizer(folder, path, vocab_size=300, memory=9000)
    assert not path.exists()
    path.write_text("mine")
    for mistaken in (path, folder, tmp_path / "none" / "t.json"):
        with pytest.raises(UsageError, match=r"is there|lies in no folder"):
            train_tokenizer(folder, mistaken, vocab_size=300)
    assert path.read_text() == "mine"


def test_the_command_learns(folder: Path, tmp_path: Path) -> None:
    def run(*words: object) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "corpusmill.cli", "train-tokenizer", folder, *words]
        return subprocess.run(list(map(str, line)), check=False, capture_output=True, text=True)

    path = tmp_path / "some.tiktoken"
    slack = ("--vocab-size", 300, "--max-rejected", 1)
    done = run("-o", path, "--json", *slack)
    assert (done.returncode, json.loads(done.stdout)["vocab_size"]) == (0, 300)
    assert Tokenizer.load(path, pattern="cl100k").vocab_size == 300
    assert run("-o", path, *slack).returncode == 2
    done = run("-o", path, "--overwrite", *slack)
    assert (done.returncode, "300 tokens learned from 240 rows" in done.stdout) == (0, True)


def test_the_command_takes_the_options_of_the_function() -> None:
    ours = inspect.signature(command).parameters
    for name, parameter in inspect.signature(train_tokenizer).parameters.items():
        if parameter.default is not parameter.empty and name not in ("progress", "special_tokens"):
            assert ours[name].default == parameter.default, name
