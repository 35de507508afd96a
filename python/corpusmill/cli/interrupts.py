"""interrupts: SIGTERM ends a command as Ctrl-C does, in order, and with an exit code of its own.

Before a command has begun both end the process there and then: imports must not see an exception
come out of nowhere, which some turn into another one or print.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

from corpusmill.cli.codes import INTERRUPTED, TERMINATED

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class Terminated(KeyboardInterrupt):
    """The process was asked to end."""


def end_at_once() -> None:
    """Until `heed`, Ctrl-C and SIGTERM end the process; nothing has been done that must be undone.

    A signal that whoever started the process has it ignore (nohup) stays ignored.
    """
    for number in _WORDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def heed() -> None:
    """From now on they raise KeyboardInterrupt and Terminated in the main thread."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) is _end:
        signal.signal(signal.SIGTERM, _raise)


def _end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    kind = signal.Signals(number)
    try:
        os.write(2, f"corpusmill: {_WORDS[kind]}\n".encode("ascii"))
    finally:
        os._exit(_CODES[kind])


def _raise(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise Terminated
