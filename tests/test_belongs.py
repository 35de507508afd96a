"""belongs: an option is refused where it would say nothing, and the error names what it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.main import get_command

from corpusmill.cli.app import app

Command: TypeAlias = Any
"""Of whichever click typer stands on."""

BUILD = "membership in --build f --items 9 --n 1"
LOOK_UP = "membership in --filter f -o out"
OF_LOOKING_UP = "belongs to --filter FILTER -o OUT; --build writes one file"

REFUSED = [
    (BUILD, "--format jsonl", OF_LOOKING_UP),
    (BUILD, "--codec gz", OF_LOOKING_UP),
    (BUILD, "--rows-per-file 3", OF_LOOKING_UP),
    (BUILD, "--join", OF_LOOKING_UP),
    (BUILD, "--gzip-level 1", OF_LOOKING_UP),
    (BUILD, "--zstd-level 3", OF_LOOKING_UP),
    (BUILD, "--memory 1GB", OF_LOOKING_UP),
    (BUILD, "--overwrite", OF_LOOKING_UP),
    (BUILD, "--share-field quip", OF_LOOKING_UP),
    (BUILD, "--span-field span", OF_LOOKING_UP),
    (LOOK_UP, "--items 9", "belongs to --build FILTER"),
    (LOOK_UP, "--fp-rate 0.01", "belongs to --build FILTER"),
    (LOOK_UP, "--n 1", "belongs to --build FILTER"),
    (LOOK_UP, "--unit word", "belongs to --build FILTER"),
    (LOOK_UP, "--stride 1", "belongs to --build FILTER"),
    (LOOK_UP, "--squeeze", "belongs to --build FILTER"),
    ("paragraphs in -o out", "--fp-rate 0.1", "belongs to --method bloom"),
    ("paragraphs in -o out --method bloom --against f", "--fp-rate 0.1", "does not go with"),
    ("paragraphs in -o out", "--share 0.1", "belongs to --action drop"),
    ("paragraphs in -o out --action drop", "--field again", "belongs to --action tag"),
    ("passages in -o out", "--offsets chars", "belongs to --tag FIELD or --cuts-field"),
    ("paragraphs in -o out --action drop", "--offsets chars", "belongs to --action tag or --cuts"),
    ("decontaminate in -o out --against b", "--tag found", "belongs to --action tag"),
    ("score in -o out --model m", "--k 0.1", "belongs to the statistics min_k and min_k_pp"),
    *(
        ("dedup in -o out --method exact", option, "belongs to --method near")
        for option in ("--threshold 0.8", "--verify none", "--n 5", "--unit word", "--seed 0")
    ),
    *(
        ("dedup in -o out --method exact", option, "belongs to --method near")
        for option in ("--num-hashes 8", "--bands 2", "--rows 2", "--max-comparisons 3")
    ),
]

TAKEN = [
    "membership in --filter f -o out --memory 1GB --overwrite --share-field a --join",
    "paragraphs in -o out --method bloom --fp-rate 0.1 --action drop --share 0.1",
    "paragraphs in -o out --action tag --field again",
    "passages in -o out --tag found --offsets chars",
    "passages in -o out --cuts-field cuts --offsets chars",
    "paragraphs in -o out --cuts-field cuts --offsets chars",
    "decontaminate in -o out --against b --action tag --tag found",
    "dedup in -o out --threshold 0.8",
    "dedup in -o out --method exact --keep longest",
    BUILD,
    LOOK_UP,
]


@pytest.fixture(scope="module")
def command() -> Command:
    return get_command(app)


@pytest.fixture
def said(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[str], str]:
    """What a command prints; it is wrong usage in any case, as there are no inputs."""
    monkeypatch.chdir(tmp_path)

    def said(line: str) -> str:
        with pytest.raises(SystemExit) as end:
            command.main(line.split(), prog_name="corpusmill")
        assert end.value.code == 2
        return " ".join(capsys.readouterr().err.split())

    return said


@pytest.mark.parametrize(("line", "option", "why"), REFUSED)
def test_an_option_that_would_say_nothing_is_refused(
    line: str, option: str, why: str, said: Callable[[str], str], tmp_path: Path
) -> None:
    assert f"{option.partition(' ')[0]} {why}" in said(f"{line} {option}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("line", TAKEN)
def test_an_option_that_says_something_is_taken(line: str, said: Callable[[str], str]) -> None:
    assert re.search("does not exist|No such file", said(line))


def test_windows_are_of_pairs(said: Callable[[str], str]) -> None:
    Path("terms").write_text("one\ntwo\n")
    assert "--window: is of pairs; say --pairs FILE" in said(
        "count in -o out --terms terms --window 3"
    )
