"""commands: the jobs that a recipe may name, and what their functions say of their options.

A job is one line of COMMANDS. Names, types and defaults of its options are those of its function, and
which values are right is for the function to say. Runs no job.
"""

from __future__ import annotations

import difflib
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from corpusmill.shards.errors import UsageError
from corpusmill.shards.jobs.convert.job import convert
from corpusmill.shards.jobs.count.job import count, lexicon
from corpusmill.shards.jobs.decontaminate.job import decontaminate
from corpusmill.shards.jobs.dedup.job import dedup
from corpusmill.shards.jobs.membership.job import membership
from corpusmill.shards.jobs.paragraphs.job import paragraphs
from corpusmill.shards.jobs.passages.job import passages
from corpusmill.shards.jobs.score.job import score
from corpusmill.shards.jobs.select.job import select
from corpusmill.shards.jobs.tokenize.job import tokenize
from corpusmill.shards.ledger import Ledger
from corpusmill.shards.reading.inputs import NoInputError

RUNTIME = ("threads", "memory")
"""Options that do not decide the answer."""

_NOT_OPTIONS = ("progress", "notice")
_REFUSED = {"overwrite": "results of a step are replaced when what decides them has changed"}


@dataclass(frozen=True)
class Command:
    """A job: `function(inputs, out, *, options, progress, notice)`, which checks options first.

    writes      options that name files which the job makes
    refused     options that no recipe has, and why
    keeps_rows  whether steps behind it read its rows; else they read what it read
    """

    function: Callable[..., Ledger]
    writes: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    keeps_rows: bool = True

    def resolved(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All options, as given or by default; UsageError for a name or a type that is wrong."""
        hints = get_type_hints(self.function)
        known = {
            name: parameter.default
            for name, parameter in inspect.signature(self.function).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name not in _NOT_OPTIONS
        }
        refused = {**_REFUSED, **self.refused}
        for name, value in given.items():
            if name in refused:
                raise UsageError(f"{name}: no option of a recipe: {refused[name]}")
            if name not in known:
                raise UsageError(unknown("option", name, known.keys() - refused.keys()))
            if not _fits(value, hints[name]):
                raise UsageError(f"{name}: expected {_called(hints[name])}, got {value!r}")
        for name, default in known.items():
            if default is inspect.Parameter.empty and name not in given:
                raise UsageError(f"{name}: expected {_called(hints[name])}, and it is not there")
        return {name: given.get(name, known[name]) for name in known if name not in refused}

    def check(self, options: Mapping[str, Any]) -> None:
        """UsageError if the job would refuse these, whatever its inputs."""
        try:
            self.function([], os.devnull, **options)
        except NoInputError:
            return

    def paths(self) -> set[str]:
        """The options that name files or folders."""
        hints = get_type_hints(self.function)
        return {name for name in hints if _mentions(hints[name], os.PathLike)} - {"inputs", "out"}


COMMANDS = {
    "convert": Command(convert),
    "count": Command(count, keeps_rows=False),
    "decontaminate": Command(decontaminate),
    "dedup": Command(
        dedup,
        writes=["save_index"],
        refused={"update": "what a step changes it could not be run on again; use save_index"},
    ),
    "lexicon": Command(lexicon, keeps_rows=False),
    "membership": Command(membership),
    "paragraphs": Command(paragraphs, writes=["save_filter"]),
    "passages": Command(passages),
    "score": Command(score),
    "select": Command(select),
    "tokenize": Command(tokenize, keeps_rows=False),
}


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That there is no such thing, and what may have been meant."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    return f"no {what} {name!r}; {meant}"


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value of TOML is of a type; of several strings, which one is for the job to say."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if origin is Literal:
        return isinstance(value, str)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return isinstance(value, list) and all(_fits(one, get_args(hint)[0]) for one in value)
    if isinstance(value, bool) or origin is not None or not isinstance(hint, type):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


def _called(hint: Any) -> str:
    """How people call a type."""
    found = [_NAMES[one] for one in _parts(hint) if one in _NAMES]
    if Sequence in _parts(hint):
        found.append("a list of strings")
    return " or ".join(dict.fromkeys(found)) or "a string"


def _mentions(hint: Any, kind: type) -> bool:
    return kind in (hint, get_origin(hint)) or any(_mentions(of, kind) for of in get_args(hint))


def _parts(hint: Any) -> list[Any]:
    """The types that a value may be of, without their arguments."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return [part for one in get_args(hint) for part in _parts(one)]
    return [str] if origin is Literal else [origin or hint]
