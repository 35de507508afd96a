"""codes: the exit codes of every command."""

from __future__ import annotations

DONE = 0
COULD_NOT_FINISH = 1
WRONG_USAGE = 2  # nothing was written
DONE_WITH_PROBLEMS = 3  # a file is damaged, or too many rows were rejected
INTERRUPTED = 130  # Ctrl-C
TERMINATED = 143  # SIGTERM
