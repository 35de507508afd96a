"""saved_filter: a filter that a job reads, known by its checksum. Looks nothing up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusmill.ngram import BloomFilter
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.shards.state import stages

_HEADER = 4096  # bytes of a filter's file, with checksums of all of it


def check_unit(bloom: BloomFilter, where: str) -> None:
    """ValueError if it is of token ids, which files of texts do not hold."""
    if (unit := bloom.options["unit"]) == "token":
        raise ValueError(
            f"{where}unit: {unit!r} is for columns of token ids in Python (corpusmill.ngram.BloomFilter); "
            "files are read as texts, give another unit"
        )


@dataclass(frozen=True)
class SavedFilter:
    """A file that was read whole, and found to be a filter that is not overfull (or may be)."""

    path: AnyPath
    checksum: str
    bloom: BloomFilter

    @classmethod
    def opened(cls, path: AnyPath, *, allow_overfull: bool = False) -> SavedFilter:
        """ValueError if it cannot be read, is no filter, damaged, of token ids or overfull."""
        try:
            bloom = BloomFilter.load(path, verify=True, allow_overfull=allow_overfull)
        except OSError as error:
            raise ValueError(
                f"cannot read the filter {shown(path)!r}: {error.strerror}; BloomFilter.save and "
                "`corpusmill membership IN --build FILTER` make one"
            ) from None
        check_unit(bloom, f"{shown(path)!r}: ")
        bloom.bits()
        with Path(path).open("rb") as file:
            return cls(path, stages.digest(file.read(_HEADER)), bloom)

    def findings(self) -> dict[str, Any]:
        """What a ledger says of it."""
        return {"checksum": self.checksum, "added": self.bloom.added, **self.bloom.options}
