"""cli: `python -m corpusmill.cli` is `corpusmill`."""

from __future__ import annotations

from corpusmill.cli import main

main()
