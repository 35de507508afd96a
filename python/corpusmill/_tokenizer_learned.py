"""_tokenizer_learned: the methods of `Tokenizer` by which one is learned, grown and saved."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusmill import (
    _tokenizer_delegated,
    _tokenizer_json,
    _tokenizer_save,
    _tokenizer_sentencepiece,
    _tokenizer_train,
    _whole_file,
)
from corpusmill._tokenizer_encoding import Encoding
from corpusmill._tokenizer_files import CACHE_BYTES, Loaded, digest

if TYPE_CHECKING:
    from typing_extensions import Self


class Learned(Encoding):
    """Vocabularies made of documents, of other vocabularies and documents, and made files."""

    @classmethod
    def train(
        cls,
        docs: _tokenizer_train.Corpus,
        vocab_size: int,
        *,
        family: str = "bpe",
        pattern: str | None = None,
        special_tokens: Sequence[str] = (),
        superwords: int = 0,
        min_count: int = 2,
        max_token_bytes: int = 256,
        memory: int | str | None = None,
        threads: int = 0,
        options: Mapping[str, Any] | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> Self:
        """Byte-level BPE learned from documents: the most frequent pair of tokens becomes one, again and again.

        docs            strings, nulls left out; or an iterable of such columns, read once
        vocab_size      ids in all: 256 bytes, merges, special tokens. Less if no pair is left to merge
        family          "unigram" is learned by the library sentencepiece, "wordpiece" by tokenizers: see
                        below. All that follows is of "bpe"
        pattern         how text is cut into pieces; none but adjacent tokens of a piece merge. None: "cl100k"
        special_tokens  get the last ids; what spells one is never merged to it
        superwords      so many of the merges, the last ones, are learned over whole lines, across words;
                        all merges are then done over lines, and `pattern` becomes "lines"
        min_count       a pair that occurs less often is not merged
        max_token_bytes longer tokens are not made
        memory          a limit, e.g. "4GB"; None: none. More different text is refused, not cut
        threads         0: as many as this process may use

        Equally frequent pairs go by the smaller left id, then the smaller right id; bytes have GPT-2's
        ids. Counts are of 64 bits. The answer depends on how often each piece occurs alone: not on
        threads, chunks or the order of documents. O(bytes + D log D), memory about 32 D + 64 bytes for
        each different piece, D the bytes of the different pieces, which must be less than 4 GiB.
        Raises TypeError, ValueError naming the argument.
        Source: Sennrich et al. 2016; SuperBPE (Liu et al. 2025) for superwords. The merges are those of
        tokenizers' BpeTrainer with ByteLevel's alphabet.

        family "unigram" or "wordpiece": docs, vocab_size, special_tokens and cache_bytes as above, and
        `options`, which the library's trainer gets as they are. Each line is a sentence to sentencepiece, none
        too long; wordpiece is cased and cut as BERT's uncased models do. `save` writes the library's own file. What
        is learned, and the memory it takes, is the library's affair. ModuleNotFoundError without it.

        >>> from corpusmill.tokenizer import Tokenizer
        >>> learned = Tokenizer.train(["low lower lowest"], 259)
        >>> [learned.decode([number]) for number in learned.encode("lower")]
        ['low', 'e', 'r']
        """
        if family != "bpe":
            given = {"pattern": pattern, "superwords": superwords, "memory": memory}
            _tokenizer_delegated.check(family, given)
            data = _tokenizer_delegated.learned(
                family, docs, vocab_size, special_tokens, options or {}
            )
            return cls._of_file(data, family, cache_bytes)
        if options is not None:
            raise ValueError("options: are for families that other libraries learn")
        how = _tokenizer_train.Learning.of(
            min_count=min_count,
            max_token_bytes=max_token_bytes,
            memory=memory,
            threads=threads,
            cache_bytes=cache_bytes,
        )
        learner = _tokenizer_train.Learner(
            vocab_size,
            pattern="cl100k" if pattern is None else pattern,
            special_tokens=special_tokens,
            superwords=superwords,
            how=how,
        )
        for column in _tokenizer_train.columns(docs):
            learner.add(column, how.threads)
        return cls(learner.learned())

    def extended(
        self,
        docs: _tokenizer_train.Corpus,
        vocab_size: int,
        *,
        pattern: str | None = None,
        min_count: int = 2,
        max_token_bytes: int = 256,
        memory: int | str | None = None,
        threads: int = 0,
        cache_bytes: int = CACHE_BYTES,
    ) -> Self:
        """This vocabulary with tokens added that other documents teach; all old ids stay what they are.

        vocab_size      ids in all, old ones included
        pattern         None: the same. A weaker one, "lines", learns superwords

        The rest as for `train`. Text is encoded as before, and then the new pairs are merged in their
        order: undone, each new token parted into its two, the ids are the old ones, and where no new
        pair occurs they are the same. (By another pattern: as before by that pattern.)
        """
        how = _tokenizer_train.Learning.of(
            min_count=min_count,
            max_token_bytes=max_token_bytes,
            memory=memory,
            threads=threads,
            cache_bytes=cache_bytes,
        )
        return type(self)(
            _tokenizer_train.extended(
                self._whole(),
                docs,
                vocab_size,
                pattern=pattern or self.pattern,
                how=how,
            )
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes byte-level BPE as a tokenizer.json, or as ranks if the name ends in .tiktoken.

        The library tokenizers gives text the same ids by this tokenizer.json, but for special tokens,
        which it finds in text. Tokens that no merges make (of some files of ranks) stay in the
        vocabulary for whole pieces (`ignore_merges`). A file of ranks holds neither pattern nor special
        tokens, and is refused (ValueError) if ids are not in the order of the merges. Same tokenizer,
        same bytes; the file takes its name when it is whole and synced. Raises OSError.

        What another library learned is written as its own file: WordPiece as a tokenizer.json, Unigram
        as a model of SentencePiece, for the library tokenizers does not always give SentencePiece's
        ids by a tokenizer.json; a name that ends in .json is refused then (ValueError).
        """
        if self._loaded.file:
            _tokenizer_delegated.check_name(Path(path), self.family)
            _whole_file.write(Path(path), self._loaded.file)
        elif self.pattern is None:
            raise ValueError(f"path: {self.family} is not saved; keep the file it came from")
        else:
            _tokenizer_save.save(self._whole(), Path(path))

    @classmethod
    def _of_file(cls, data: bytes, family: str, cache_bytes: int) -> Self:
        """Of what a library wrote."""
        if family == "unigram":
            loaded = _tokenizer_sentencepiece.of_bytes(data, cache_bytes)
        else:
            loaded = _tokenizer_json.of_top(json.loads(data), None, cache_bytes)
        return cls(replace(loaded, file=data, identity=loaded.identity or digest(data)))

    def _whole(self) -> Loaded:
        """With the special tokens that the caller gave."""
        return replace(
            self._loaded, added=tuple(self._added), special={}, vocab_size=self.vocab_size
        )
