"""exits: how a command ends: its exit code, and one line that says why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from corpusmill.cli.codes import COULD_NOT_FINISH, INTERRUPTED, WRONG_USAGE
from corpusmill.cli.show import Show
from corpusmill.shards import JobError, UsageError


@contextmanager
def exits(show: Show) -> Iterator[None]:
    """Turns what a job raises into an exit code; anything else is a bug and stays a traceback."""
    try:
        yield
    except UsageError as error:
        show.error(str(error), WRONG_USAGE)
        raise typer.Exit(WRONG_USAGE) from None
    except (JobError, OSError, MemoryError) as error:
        show.error(str(error) or type(error).__name__, COULD_NOT_FINISH)
        raise typer.Exit(COULD_NOT_FINISH) from None
    except KeyboardInterrupt:
        show.error("interrupted; what was written is gone again", INTERRUPTED)
        raise typer.Exit(INTERRUPTED) from None
