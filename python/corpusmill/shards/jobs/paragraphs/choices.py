"""choices: what a job over repeated pieces is asked for besides its outputs, and what follows from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from corpusmill import _check
from corpusmill._check import KeepCopies
from corpusmill._dedup_pieces import MAX_MIN_BYTES, Piece
from corpusmill._offsets import in_characters
from corpusmill.shards.jobs.asked import check_cuts_field
from corpusmill.shards.jobs.saved_filter import SavedFilter
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.target import Target

Method: TypeAlias = Literal["exact", "bloom"]
Scope: TypeAlias = Literal["corpus", "file"]
Action: TypeAlias = Literal["cut", "drop", "tag"]

SOFTWARE = {"corpusmill": version("corpusmill"), "piece_version": 2}
"""What decides the answer besides options and inputs."""

ROW_BYTES = 1024
"""Of a row's pieces, at 32 bytes each: no block has more, of lines of two bytes."""


@dataclass(frozen=True)
class Choices:
    """What decides which pieces repeat, and what becomes of their rows."""

    text: str
    unit: Piece
    method: Method
    fp_rate: float
    min_bytes: int
    keep: KeepCopies
    scope: Scope
    action: Action
    share: float
    field: str
    cuts_field: str | None
    offsets: str
    against: str | None
    save_filter: str | None
    max_rejected: float
    write_dropped: bool

    @classmethod
    def checked(cls, **choices: Any) -> Choices:
        """ValueError naming the first that is wrong."""
        kinds = {"unit": Piece, "method": Method, "scope": Scope, "action": Action}
        for name, kind in kinds.items():
            if choices[name] not in get_args(kind):
                known = ", ".join(map(repr, get_args(kind)))
                raise ValueError(f"{name}: expected one of {known}, got {choices[name]!r}")
        choices["min_bytes"] = _check.whole("min_bytes", choices["min_bytes"], 1, MAX_MIN_BYTES)
        _check.keep_first(choices["keep"])
        choices["share"] = _check.share("share", choices["share"])
        choices["fp_rate"] = _check.share("fp_rate", choices["fp_rate"])
        if not 1e-8 <= choices["fp_rate"] <= 0.5:
            raise ValueError(f"fp_rate: expected 1e-8 to 0.5, got {choices['fp_rate']!r}")
        if choices["field"] in ("", choices["text"]):
            raise ValueError(
                f"field: expected the name of a field that is not text, got {choices['field']!r}"
            )
        in_characters(choices["offsets"])
        found = cls(**choices)
        check_cuts_field(found.cuts_field, found.text, cuts=found.action == "cut")
        found._check_filters()
        return found

    def _check_filters(self) -> None:
        if self.against is None:
            if self.save_filter is not None:
                raise ValueError(
                    "save_filter: is what against becomes, and there is none; build_filter makes one"
                )
            return
        if self.method != "bloom" or self.scope != "corpus":
            raise ValueError(
                'against: a filter is looked up by method="bloom", scope="corpus"; got '
                f"method={self.method!r}, scope={self.scope!r}"
            )
        if self.save_filter is None:
            return
        if not Path(self.save_filter).absolute().parent.is_dir():
            raise ValueError(f"save_filter: {self.save_filter!r} lies in no folder that is there")
        if Path(self.save_filter).resolve() == Path(self.against).resolve():
            raise ValueError(
                "save_filter: is the file of against, which the job would need again if it was "
                "stopped; name another"
            )

    def about(self, target: Target, known: SavedFilter | None) -> dict[str, Any]:
        """All that decides the bytes of the results but the inputs."""
        about: dict[str, Any] = {
            "command": "paragraphs",
            "software": SOFTWARE | encode.versions(),
            "options": asdict(self) | asdict(target),
        }
        return about | ({"against": known.checksum} if known else {})

    def known(self) -> SavedFilter | None:
        """The filter of what came before all inputs; ValueError or OSError if it is none for these."""
        if self.against is None:
            return None
        known = SavedFilter.opened(self.against)
        if (unit := known.bloom.options["unit"]) != self.unit:
            raise ValueError(f"against: is of unit {unit!r}, and unit is {self.unit!r}")
        return known
