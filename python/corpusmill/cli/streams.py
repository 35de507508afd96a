"""streams: text to standard output and error, where a reader that has gone changes nothing.

A disk that is full does: what it lost is told of when the command ends.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from rich.console import Console

lost: list[str] = []
"""Why standard output is not whole, if it is not."""

_NOBODY_READS = {errno.EPIPE, errno.EBADF}


def say(text: str) -> None:
    _write(sys.stdout, text)


def complain(text: str) -> None:
    _write(sys.stderr, text)


def show(thing: Any, *, wrap: bool = False) -> None:
    """Prints what rich can render. Without `wrap`, a long line stays one, so paths are not split."""
    shown = io.StringIO()  # rich would let an error of standard output through
    console = Console(
        file=shown, force_terminal=is_terminal(sys.stdout), highlight=False, markup=False
    )
    console.print(thing, soft_wrap=not wrap)
    say(shown.getvalue().removesuffix("\n"))


def prints_colour() -> bool:
    """Whether standard output is a terminal that is not asked to do without colour."""
    return is_terminal(sys.stdout) and not Console().no_color


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # the process was started without it
        return
    try:
        encoding = stream.encoding or "utf-8"  # of a terminal that may not know every character
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except (OSError, ValueError) as error:
        if stream is sys.stdout and isinstance(error, OSError) and error.errno not in _NOBODY_READS:
            lost.append(f"cannot write standard output: {error.strerror}")
        _give_up(stream)


def _give_up(stream: TextIO) -> None:
    """Nobody reads on: what is still held back must not fail once more when Python ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
