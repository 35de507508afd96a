"""recipe: what a TOML file asks for: inputs, a folder, steps. Checks all of it and runs nothing."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import DATA, shown
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.recipe.commands import COMMANDS, RUNTIME, Command, unknown

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_OF_RECIPE, _OF_STEP = ("inputs", "out", "step"), ("command", "name", "keep_data")


@dataclass(frozen=True)
class Step:
    """A job of a recipe. `options` are all that there are, paths as they were given."""

    name: str
    command: str
    options: Mapping[str, Any]
    given: frozenset[str]  # which of them the recipe names
    folder: Path  # that of the recipe, to which paths are relative
    out: Path
    keep_data: bool

    @property
    def job(self) -> Command:
        return COMMANDS[self.command]

    @property
    def deciding(self) -> dict[str, Any]:
        """The options that decide the answer."""
        return {name: value for name, value in self.options.items() if name not in RUNTIME}

    def arguments(self, **runtime: Any) -> dict[str, Any]:
        """The options for the job; `runtime`: of those that the recipe does not name."""
        named = {name: runtime[name] for name in runtime.keys() & self.options.keys() - self.given}
        return {**self.options, **named, **self.reads, **self.writes}

    @property
    def reads(self) -> dict[str, Any]:
        """The options that name files to be read, as paths from here."""
        return self._paths(self.job.paths() - {*self.job.writes})

    @property
    def writes(self) -> dict[str, Any]:
        """The options that name files which the job makes, as paths from here."""
        return self._paths({*self.job.writes})

    def _paths(self, names: set[str]) -> dict[str, Any]:
        given = {name: self.options[name] for name in sorted(names)}
        return {name: _from(self.folder, of) for name, of in given.items() if of is not None}


@dataclass(frozen=True)
class Recipe:
    """Steps in their order: each reads the data of its source, or `inputs` if it has none."""

    inputs: list[str]
    out: Path
    steps: list[Step]

    def source(self, number: int) -> int | None:
        """The last step before it that keeps rows, if there is one."""
        before = (at for at in reversed(range(number)) if self.steps[at].job.keeps_rows)
        return next(before, None)

    def inputs_of(self, number: int) -> list[str]:
        source = self.source(number)
        return self.inputs if source is None else [str(self.steps[source].out / DATA)]


def load(path: AnyPath) -> Recipe:
    """The recipe in a file; UsageError that names the place for anything that is wrong in it."""
    said = f"recipe {shown(path)!r}"
    try:
        with Path(path).open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"{said}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{said}: {error}") from error
    try:
        return _recipe(content, Path(path).parent)
    except UsageError as error:
        raise UsageError(f"{said}: {error}") from None


def _recipe(content: dict[str, Any], folder: Path) -> Recipe:
    for name in sorted(content.keys() - {*_OF_RECIPE}):
        raise UsageError(unknown("key", name, _OF_RECIPE))
    inputs, out, steps = (content.get(name, "") for name in _OF_RECIPE)
    inputs = [inputs] if isinstance(inputs, str) else inputs
    if not inputs or not isinstance(inputs, list) or not all(map(_is_path, inputs)):
        raise UsageError(
            f'inputs: expected names of files, as in inputs = ["crawl/"], got {inputs!r}'
        )
    if not _is_path(out):
        raise UsageError(f'out: expected a folder for all steps, as in out = "clean", got {out!r}')
    if not steps or not isinstance(steps, list) or not all(isinstance(one, dict) for one in steps):
        raise UsageError('step: expected a [[step]] for each, with command = "dedup" or another')
    named = [_step(number, step, folder, folder / out) for number, step in enumerate(steps, 1)]
    for name, count in Counter(step.name for step in named).items():
        if count > 1:
            raise UsageError(f"{count} steps are called {name!r}; give each a name of its own")
    keeping = [step for step in named if step.job.keeps_rows]
    if not keeping:
        raise UsageError("no step keeps rows; give the recipe one, or run the command by itself")
    if not keeping[-1].keep_data:
        raise UsageError("keep_data: the data of the last step is what is asked for")
    return Recipe(_from(folder, inputs), folder / out, named)


def _step(number: int, content: Mapping[str, Any], folder: Path, out: Path) -> Step:
    command = content.get("command")
    said = f"step {number}, {content.get('name', command)}"
    if not isinstance(command, str) or command not in COMMANDS:
        raise UsageError(f"step {number}: {unknown('command', str(command), COMMANDS)}")
    name, keep_data = content.get("name", command), content.get("keep_data", True)
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]+", name):
        raise UsageError(f"{said}: name: expected letters, digits, - and _, got {name!r}")
    if not isinstance(keep_data, bool):
        raise UsageError(f"{said}: keep_data: expected true or false, got {keep_data!r}")
    given = {key: value for key, value in content.items() if key not in _OF_STEP}
    try:
        options = COMMANDS[command].resolved(given)
        step = Step(name, command, options, frozenset(given), folder, out / name, keep_data)
        step.job.check(step.arguments())
    except UsageError as error:
        raise UsageError(f"{said}: {error}") from None
    return step


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _from(folder: Path, value: Any) -> Any:
    """A path of the recipe, or several, from here."""
    if isinstance(value, (str, os.PathLike)):
        return str(folder / value)
    return [_from(folder, one) for one in value]
