"""cli: the command line, `corpusmill COMMAND` or `python -m corpusmill.cli`.

Reads the clock and the terminal, which the library never does. typer and rich are imported when a
command runs, not before.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

from corpusmill.cli.codes import (
    COULD_NOT_FINISH,
    DONE,
    DONE_WITH_PROBLEMS,
    INTERRUPTED,
    TERMINATED,
)
from corpusmill.cli.interrupts import Terminated, end_at_once, heed


def main() -> None:
    """Runs the command that the process was started with, and ends the process."""
    try:
        end_at_once()
        _run()
    except KeyboardInterrupt as interruption:
        terminated = isinstance(interruption, Terminated)
        with suppress(OSError, ValueError, AttributeError):  # stderr may be closed or None
            sys.stderr.write(f"corpusmill: {'terminated' if terminated else 'interrupted'}\n")
        _end_now(TERMINATED if terminated else INTERRUPTED)
    except OSError as error:  # a command deals with its own: this is help that cannot be printed
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"corpusmill: {error}\n")
        _end_now(COULD_NOT_FINISH)
    except SystemExit as end:
        if end.code not in (INTERRUPTED, TERMINATED):
            raise
        _end_now(INTERRUPTED if end.code == INTERRUPTED else TERMINATED)


def _end_now(code: int) -> None:
    """Ends without waiting for threads and without a traceback, whatever is pressed meanwhile."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def _run() -> None:
    gc.disable()  # imports leave no garbage; looking for it is a quarter of the start
    # Before Arrow is imported: what it takes for the pages of Parquet, no job can have it take elsewhere.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        from corpusmill.cli import app, streams  # noqa: PLC0415  the command line is an extra
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        sys.exit('corpusmill: the command line needs typer and rich: pip install "corpusmill[cli]"')
    gc.freeze()
    gc.enable()
    heed()
    try:
        app.app()
    except SystemExit as end:
        if streams.lost and end.code in (None, DONE, DONE_WITH_PROBLEMS):
            raise OSError(streams.lost[0]) from None
        raise
