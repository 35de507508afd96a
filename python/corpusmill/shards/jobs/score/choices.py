"""choices: what a score job is told, checked: models, tokenizer, statistics; and its fields."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusmill import _check
from corpusmill.scoring.documents import NEEDS
from corpusmill.scoring.texts import AnyTokenizer, fingerprint
from corpusmill.shards.errors import UsageError
from corpusmill.shards.ours import shown

if TYPE_CHECKING:
    from corpusmill.scoring.scorer import Scorer

WHOLE = ("tokens", "bytes")
"""Of the text, whatever the model; the others are numbers of a model."""

TOKEN_NLL = "token_nll"
DIFFERENCE = "difference"
"""The first model's nll_mean less that of another."""
TOKEN_DIFFERENCE = "token_difference"
"""The same of each token."""

CONFIG = "config.json"
NEEDED = 'models need PyTorch and transformers: pip install "corpusmill[score]"'
DECIDING = (".json", ".model", ".safetensors", ".tiktoken", ".txt")
"""Of a model's folder the file that makes it one, and how the names of those end that may decide numbers."""


@dataclass(frozen=True)
class Choices:
    """Checked options."""

    models: list[str]
    tokenizer: str | None
    stats: list[str]
    prefix: str | int
    context: int | None
    stride: int | None
    repeat_prefix: bool
    k: float
    batch_tokens: int
    device: str | None
    dtype: str | None
    field_prefix: str
    tokens: str | None

    @classmethod
    def checked(cls, model: Any, tokenizer: Any, *, stats: Any, k: Any, **others: Any) -> Choices:
        """ValueError for what is wrong and can be told without loading a model."""
        wanted = [stats] if isinstance(stats, str) else list(dict.fromkeys(stats))
        if not wanted or any(name not in NEEDS for name in wanted):
            raise ValueError(f"stats: expected some of {', '.join(NEEDS)}, got {stats!r}")
        for name in ("context", "stride"):
            if others[name] is not None:
                _check.whole(name, others[name], 1, 1 << 40)
        _check.whole("batch_tokens", others["batch_tokens"], 1, 1 << 40)
        prefix, tokens = others.pop("prefix"), others.pop("tokens")
        digits = isinstance(prefix, str) and prefix.isascii() and prefix.isdecimal()
        given = [model] if isinstance(model, (str, os.PathLike)) else list(model)
        if not given:
            raise ValueError("model: expected at least one folder")
        return cls(
            models=[os.fspath(of) for of in given],
            tokenizer=None if tokenizer is None else os.fspath(tokenizer),
            stats=wanted,
            k=_check.share("k", k),
            prefix=int(prefix) if digits else "none" if prefix is None else prefix,
            tokens=_check.floats("tokens", tokens),
            **others,
        )

    def fields(self) -> dict[str, tuple[int, str]]:
        """The fields that rows get, and of each the model's number and the statistic it holds."""
        found: dict[str, tuple[int, str]] = {}
        several = len(self.models) > 1
        for number in range(len(self.models)):
            for name in self.stats:
                end = f"_{number + 1}" if several and name not in WHOLE else ""
                found.setdefault(f"{self.field_prefix}{name}{end}", (number, name))
            if number:
                found[f"{self.field_prefix}{DIFFERENCE}_{number + 1}"] = (number, DIFFERENCE)
        return found

    def token_fields(self) -> dict[str, tuple[int, str]]:
        """Those that hold lists of numbers of tokens, and of each the model's number and what they are."""
        found: dict[str, tuple[int, str]] = {}
        several = len(self.models) > 1
        for number in range(len(self.models) if self.tokens else 0):
            end = f"_{number + 1}" if several else ""
            found[f"{self.field_prefix}{TOKEN_NLL}{end}"] = (number, TOKEN_NLL)
            if number:
                found[f"{self.field_prefix}{TOKEN_DIFFERENCE}{end}"] = (number, TOKEN_DIFFERENCE)
        return found

    def options(self) -> dict[str, Any]:
        tokenizer = None if self.tokenizer is None else shown(self.tokenizer)
        return {**asdict(self), "models": [shown(of) for of in self.models], "tokenizer": tokenizer}

    def digests(self) -> list[str]:
        """Of the files of each model that may decide its numbers, and of the tokenizer's; reads them.

        UsageError for a folder that is none of a model.
        """
        for folder in self.models:
            if not Path(folder, CONFIG).is_file():
                raise UsageError(
                    f"model: {shown(folder)!r} is no folder with a {CONFIG}; save a model there, "
                    "nothing is downloaded"
                )
        named = [] if self.tokenizer is None else [("tokenizer", self.tokenizer)]
        of_models = [("model", folder) for folder in self.models]
        return [_digest(option, Path(path)) for option, path in of_models + named]

    def scorer(self, threads: int) -> Scorer:
        """The models, loaded. UsageError if one cannot be, or they do not go together."""
        try:
            from corpusmill.scoring.folders import tokenizer_of  # noqa: PLC0415  needs PyTorch
            from corpusmill.scoring.models import Model  # noqa: PLC0415
            from corpusmill.scoring.scorer import Asked, Scorer  # noqa: PLC0415
            from corpusmill.scoring.token_pass import torch_threads  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise UsageError(NEEDED) from error
        try:
            stats = [*self.stats, *(["nll_mean"] if len(self.models) > 1 else [])]
            named = self.models if self.tokenizer is None else [self.tokenizer]
            used = _one([tokenizer_of(path) for path in named])
            how: dict[str, Any] = {
                name: getattr(self, name) for name in ("device", "dtype", "context")
            }
            with torch_threads(threads):  # they are tried when they are loaded
                models = [Model.load(folder, **how) for folder in self.models]
            return Scorer.of(
                models,
                used,
                Asked.of(stats, self.tokens and "float32", self.k),
                prefix=self.prefix,  # type: ignore[arg-type]
                stride=self.stride,
                repeat_prefix=self.repeat_prefix,
                batch_tokens=self.batch_tokens,
                threads=threads,
            )
        except (OSError, ValueError, ModuleNotFoundError) as error:
            raise UsageError(str(error)) from None


def runs_models() -> dict[str, str]:
    """What runs models, which decides last digits; UsageError if it is not there."""
    try:
        return {name: version(name) for name in ("torch", "transformers")}
    except PackageNotFoundError as error:
        raise UsageError(NEEDED) from error


def _one(tokenizers: Sequence[AnyTokenizer]) -> AnyTokenizer:
    """The one that all are."""
    if len({fingerprint(of) for of in tokenizers}) > 1:
        raise UsageError(
            "model: the tokenizers of these models differ, and losses of different tokens are not "
            "compared; score them in jobs of their own, or name by tokenizer the one that all have"
        )
    return tokenizers[0]


def _digest(option: str, path: Path) -> str:
    """Of a file, or of those of a folder that may decide something."""
    whole = hashlib.sha256()
    file = path
    try:
        held = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in [of for of in held if of == path or of.suffix in DECIDING]:
            whole.update(f"{file.name}\n{file.stat().st_size}\n".encode())
            with file.open("rb") as data:
                while piece := data.read(1 << 20):
                    whole.update(piece)
    except OSError as error:
        raise UsageError(f"{option}: {shown(file)!r}: {error.strerror}") from None
    return whole.hexdigest()
