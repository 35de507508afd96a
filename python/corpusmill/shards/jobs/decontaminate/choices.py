"""choices: what a decontamination is asked for besides its outputs, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Literal, TypeAlias, get_args

from corpusmill._ngram_contamination_rules import named_rule
from corpusmill._offsets import in_characters
from corpusmill.ngram import ContaminationRule
from corpusmill.shards.jobs.asked import check_cuts_field
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.target import Target

SOFTWARE = {"corpusmill": version("corpusmill")}
"""What decides the answer besides options and inputs."""

Action: TypeAlias = Literal["drop", "cut", "tag"]

FOUND_BYTES = 8
"""Of a row: what is found in it, where that is rare."""


@dataclass(frozen=True)
class Choices:
    """What decides which rows are written, and how."""

    rule: str | None  # None: one of the caller's own
    rule_is: ContaminationRule
    action: Action
    fields: tuple[str, ...] | None
    text: str
    id: str | None
    tag: str
    cuts_field: str | None
    offsets: str
    max_rejected: float
    write_dropped: bool

    @classmethod
    def checked(
        cls,
        rule: ContaminationRule | str,
        fields: Sequence[str] | None,
        action: Action,
        **others: Any,
    ) -> Choices:
        """ValueError or TypeError for what cannot be."""
        rule_is = named_rule(rule)
        if action not in get_args(Action):
            raise ValueError(f"action: expected drop, cut or tag, got {action!r}")
        check_cuts_field(others["cuts_field"], others["text"], cuts=action == "cut")
        in_characters(others["offsets"])
        if isinstance(fields, str):
            raise TypeError(f'fields: expected a list of names, got {fields!r}; pass ["{fields}"]')
        return cls(
            rule=rule if isinstance(rule, str) else None,
            rule_is=rule_is,
            action=action,
            fields=None if fields is None else tuple(fields),
            **others,
        )

    def about(self, target: Target, benchmarks: str) -> dict[str, Any]:
        """All that decides the bytes of the results but the inputs; `benchmarks`: their hash."""
        return {
            "command": "decontaminate",
            "software": SOFTWARE | encode.versions(),
            "options": self.options(target, benchmarks),
        }

    def options(self, target: Target, benchmarks: str) -> dict[str, Any]:
        """As the ledger has them."""
        fields = None if self.fields is None else list(self.fields)
        return asdict(self) | {"fields": fields, "benchmarks": benchmarks} | asdict(target)
