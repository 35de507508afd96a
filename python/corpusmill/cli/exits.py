"""exits: how a command ends: its exit code, and one line that says why."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from corpusmill.cli.codes import COULD_NOT_FINISH, INTERRUPTED, TERMINATED, WRONG_USAGE
from corpusmill.cli.interrupts import Terminated
from corpusmill.cli.show import Show
from corpusmill.shards import JobError, UsageError


@contextmanager
def exits(show: Show) -> Iterator[None]:
    """Turns what a job raises into an exit code; anything else is a bug and stays a traceback."""
    try:
        yield
    except UsageError as error:
        show.error(with_flag(str(error)), WRONG_USAGE)
        raise typer.Exit(WRONG_USAGE) from None
    except (JobError, OSError, MemoryError) as error:
        show.error(str(error) or type(error).__name__, COULD_NOT_FINISH)
        raise typer.Exit(COULD_NOT_FINISH) from None
    except KeyboardInterrupt as interruption:  # says what is left, if anything
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # the end has begun: it is not begun again
        terminated = isinstance(interruption, Terminated)
        said = ("terminated" if terminated else "interrupted", str(interruption))
        code = TERMINATED if terminated else INTERRUPTED
        show.error("; ".join(filter(None, said)), code)
        raise typer.Exit(code) from None


def with_flag(message: str) -> str:
    """The library begins with the name of a parameter; on the command line that is a flag."""
    found = re.match(r"([a-z_]+): ", message)
    if found is None:
        return message
    chosen = found[1] == "keep" and "'first'" in message  # from words, and no field of rows
    value = " FIELD" if found[1] in ("text", "id", "keep") and not chosen else ""
    return f"--{found[1].replace('_', '-')}{value}: {message[found.end() :]}"
