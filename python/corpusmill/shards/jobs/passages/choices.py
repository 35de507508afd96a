"""choices: what a job on passages is asked for besides its outputs, and what follows from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from corpusmill import _core
from corpusmill._dedup_passages import passage_bytes, passage_options
from corpusmill._offsets import in_characters
from corpusmill.shards.jobs.asked import check_cuts_field
from corpusmill.shards.writing import encode
from corpusmill.shards.writing.target import Target

SOFTWARE = {"corpusmill": version("corpusmill")}
"""What decides the answer besides options and inputs."""

LENGTH_BYTES = 4
"""Of a row: how long its text is."""


@dataclass(frozen=True)
class Choices:
    """What decides which bytes of which rows go."""

    text: str
    min_bytes: int
    min_words: int  # 0: bytes alone decide
    keep: str
    tag: str | None  # a field that rows get, which stay whole then
    cuts_field: str | None
    offsets: str
    max_rejected: float
    write_dropped: bool

    @classmethod
    def checked(cls, *, min_bytes: int | None, min_words: int, **choices: Any) -> Choices:
        """ValueError naming the first that is wrong."""
        window = passage_bytes(min_bytes, min_words)
        found = cls(min_bytes=window, min_words=min_words, **choices)
        passage_options(found.min_bytes, found.min_words, found.keep)
        in_characters(found.offsets)
        if found.tag in ("", found.text):
            raise ValueError(
                f"tag: expected the name of a field that is not the text, got {found.tag!r}"
            )
        check_cuts_field(found.cuts_field, found.text, cuts=found.tag is None)
        return found

    @property
    def options(self) -> _core.dedup.PassageOptions:
        return passage_options(self.min_bytes, self.min_words, self.keep)

    def about(self, target: Target) -> dict[str, Any]:
        """All that decides the bytes of the results but the inputs."""
        return {
            "command": "passages",
            "software": SOFTWARE | encode.versions(),
            "options": asdict(self) | asdict(target),
        }
