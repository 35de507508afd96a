"""decided: what a job has found out between two passes, saved for the run that goes on behind them.

One stage file of one record; its key is the whole job and every row's results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import numpy.typing as npt

from corpusmill.shards.state import stages


class Decided:
    """What is saved at `path`, which errors call `name`; None: nothing is saved, and nothing was."""

    def __init__(
        self,
        path: Path | None,
        name: str,
        key: bytes,
        writing: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self._path = path
        self._name = name
        self._key = key
        self._writing = writing

    def load(self) -> tuple[list[npt.NDArray[Any]], Any] | None:
        """The arrays, mapped, and the findings that were saved; None if there are none of this job."""
        if self._path is None or not self._path.exists():
            return None
        try:
            index = stages.index(self._path, self._key)
            record = index and index["records"][0]
            if not record:
                return None
            data = stages.mapped(self._path, record["at"], record["size"])
        except (stages.StageError, OSError):
            return None
        if stages.digest(data) != record["xxh3_128"]:
            return None
        return stages.taken_apart(data, record["arrays"]), record["findings"]

    def forget(self) -> None:
        """What was saved is not what a later run goes on from."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def save(self, arrays: Sequence[npt.NDArray[Any]], findings: Any) -> None:
        """`findings` is what JSON can write."""
        if self._path is not None:
            new = stages.StageWriter
            with self._writing(self._name), closing(new(self._path, self._key)) as writer:
                about = {"arrays": stages.layout(arrays), "findings": findings}
                writer.append(about, arrays)
                writer.seal()
