"""_tokenizer_parts: a byte-level BPE taken apart, and put together. Learns nothing, writes nothing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from corpusmill import _core
from corpusmill._tokenizer_files import Loaded, digest, joined
from corpusmill._tokenizer_ranks import known, of_tokens

Merges: TypeAlias = npt.NDArray[np.uint32]
"""Of each merge the two ids, in order."""

_PRINTED = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
BYTES = (*_PRINTED, *(byte for byte in range(0x100) if byte not in _PRINTED))
"""The bytes in the order of their ids where we give them, as in GPT-2: the visible ones come first."""

CHARACTER = {
    byte: chr(byte) if number < len(_PRINTED) else chr(0x100 + number - len(_PRINTED))
    for number, byte in enumerate(BYTES)
}
"""How a byte is written in a vocabulary."""


@dataclass(frozen=True)
class Parts:
    """What decides its ids but for the pattern."""

    tokens: list[bytes]  # by id, b"" for none
    merges: Merges  # those alone that are ever done
    whole_pieces: bool  # a piece that is a token is not merged
    change: _core.tokenizer.Change  # of a text, before it is cut

    @classmethod
    def of(cls, core: _core.tokenizer.Tokenizer) -> Parts:
        data, offsets, merges, whole_pieces, change = _core.tokenizer.bpe_parts(core)
        tokens = [data[begin:end] for begin, end in itertools.pairwise(offsets.tolist())]
        return cls(tokens, merges.reshape(-1, 2), whole_pieces, change)

    def no_ranks(self, pattern: str | None) -> str | None:
        """Why these tokens, as a file of ranks, would not give the same ids; None if they would."""
        if self.change != _core.tokenizer.Change.none:
            return "ranks cannot say how text is changed"
        reachable = len(self.merges) == sum(len(token) > 1 for token in self.tokens)
        ranked = Parts.of(of_tokens(self.tokens, pattern, 0).core)
        same = np.array_equal(ranked.merges, self.merges)
        if not same or not (self.whole_pieces or reachable):
            return "these merges are not in the order of ids"
        return None

    def grown(self, merges: Merges, first_id: int) -> Parts:
        """Merged on: what these make gets the ids from first_id on."""
        tokens = [*self.tokens, *([b""] * (first_id - len(self.tokens)))]
        for left, right in merges.tolist():
            tokens.append(tokens[left] + tokens[right])
        return replace(self, tokens=tokens, merges=np.concatenate([self.merges, merges]))

    def loaded(self, pattern: str | None, cache_bytes: int) -> Loaded:
        data, begins = joined(self.tokens)
        offsets = np.array(begins, np.int64)
        pairs = self.merges.reshape(-1)
        core = _core.tokenizer.merged_bpe(
            np.frombuffer(data, np.uint8),
            offsets,
            pairs,
            self.whole_pieces,
            known(pattern, "documents"),
            self.change,
            cache_bytes,
        )
        kind = f"merges {self.whole_pieces} {self.change!s}".encode()
        identity = digest(kind, data, offsets.tobytes(), pairs.tobytes())
        return Loaded(core, "byte-level BPE", len(self.tokens), pattern, identity=identity)
