"""identity: what tells one tokenizer from another, and the special tokens that it has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corpusmill import _core
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown
from corpusmill.shards.reading.inputs import AnyPath
from corpusmill.tokenizer import Tokenizer

UNICODE_VERSION = "16.0.0"
"""Of the classes of characters by which text is cut into pieces."""


@dataclass(frozen=True)
class Loaded:
    """A tokenizer, and what decides its ids, as XXH3-128 of its file and of its pattern."""

    tokenizer: Tokenizer
    fingerprint: str
    special_tokens: Mapping[str, int]


def loaded(path: AnyPath, pattern: str | None) -> Loaded:
    """The tokenizer of a file; UsageError if it cannot be read."""
    try:
        found = Tokenizer.load(path, pattern=pattern)  # type: ignore[arg-type]  # it checks it
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"tokenizer: {shown(os.fspath(path))!r}: {error.strerror}") from None
    hashed = _core.core.StreamHash()
    hashed.update(f"{found.family} {found.pattern} ".encode() + data)
    return Loaded(found, hashed.hexdigest(), {})
