"""cli: the command line, `corpusmill COMMAND` or `python -m corpusmill.cli`.

Reads the clock and the terminal, which the library never does. typer and rich are imported when a
command runs, not before.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command that the process was started with, and ends the process."""
    try:
        from corpusmill.cli import app  # noqa: PLC0415  the command line is an extra
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        sys.exit('corpusmill: the command line needs typer and rich: pip install "corpusmill[cli]"')
    app.app()
