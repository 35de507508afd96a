"""folders: Hugging Face models of folders, and their tokenizers. Downloads nothing, scores nothing.

transformers, asked for what a folder lacks, makes it up of random numbers and says so in a log; here
that is an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import torch

from corpusmill.scoring.texts import AnyTokenizer
from corpusmill.tokenizer import Tokenizer

AnyPath: TypeAlias = str | os.PathLike[str]
Dtype: TypeAlias = Literal["float32", "bfloat16", "float16"]

CONFIG, TOKENIZER = "config.json", "tokenizer.json"


def loaded(path: AnyPath, auto: str, device: str | None, dtype: Dtype | None) -> Any:
    """The model of a folder, by one of transformers' automatic classes; on a CPU float32 by default.

    Raises FileNotFoundError if it is no folder of a model, ValueError for what else is wrong: with
    the device, the dtype, the configuration, the weights.
    """
    transformers = _transformers()
    shown = os.fspath(path)
    if not Path(path, CONFIG).is_file():
        raise FileNotFoundError(
            f"model: {shown!r} is no folder with a {CONFIG}; save a model there, "
            "nothing is downloaded"
        )
    place = _device(device)
    if dtype is not None and dtype not in get_args(Dtype):
        raise ValueError(f"dtype: expected {', '.join(get_args(Dtype))} or None, got {dtype!r}")
    kind = dtype or ("float32" if place.type == "cpu" else "auto")
    how: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "dtype": kind}
    how |= {"ignore_mismatched_sizes": True, "output_loading_info": True}  # told, not raised
    try:
        with quietly(transformers):
            module, told = getattr(transformers, auto).from_pretrained(Path(path), **how)
    except Exception as error:  # of many kinds: what is wrong with a folder is nowhere listed
        raise ValueError(
            f"model: {shown!r} cannot be loaded: {_said(error)}; save the model there again"
        ) from error
    wrong = sorted({*told["missing_keys"], *(name for name, *_ in told["mismatched_keys"])})
    if wrong:
        raise ValueError(
            f"model: the weights in {shown!r} lack {len(wrong)} of those that its {CONFIG} asks for, "
            f"or have them in other shapes, {wrong[0]} among them; save the whole model there, or the "
            f"{CONFIG} that belongs to them"
        )
    return module.to(place)


def tokenizer_of(path: AnyPath) -> AnyTokenizer:
    """That of a file that ours reads, or of a folder: its tokenizer.json, read by ours; what ours does
    not read, or is in other files, by transformers.

    Special tokens that a text spells are text to both. Raises OSError; ValueError if there is none.
    """
    if not Path(path).is_dir():
        return Tokenizer.load(path)
    try:
        return Tokenizer.load(Path(path, TOKENIZER))
    except (FileNotFoundError, ValueError) as error:
        ours = error
    transformers = _transformers()
    how = {"local_files_only": True, "split_special_tokens": True}
    try:
        with quietly(transformers):
            return transformers.AutoTokenizer.from_pretrained(Path(path), **how)
    except Exception as error:  # as above
        raise ValueError(
            f"tokenizer: {os.fspath(path)!r} has none that can be read (by ours: {_said(ours)}; by "
            f"transformers: {_said(error)}); name another"
        ) from error


def _device(name: str | None) -> torch.device:
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.zeros(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device: {name!r} cannot be used here: {_said(error)}") from None


def _said(error: Exception) -> str:
    """Its first line, and its kind where the text alone says little."""
    line = (str(error).splitlines() or [""])[0].rstrip(".: ")
    return line if isinstance(error, (OSError, ValueError)) else f"{type(error).__name__}: {line}"


def _transformers() -> Any:
    try:
        import transformers  # noqa: PLC0415  seconds, and of no use to what is in memory
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'model: a folder is loaded by transformers: pip install "corpusmill[score]"',
            name=error.name,
        ) from error
    return transformers


@contextmanager
def quietly(transformers: Any) -> Iterator[None]:
    """Without its progress bars and warnings."""
    logging = transformers.utils.logging
    shown, told = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(told)
        if shown:
            logging.enable_progress_bar()
