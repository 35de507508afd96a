"""report: OUT/report.html, what a job did as one page to read, print and attach.

    write       makes it for a finished job

One file that needs nothing else: no network, no fonts, no library. The order of reading: gather,
samples, markup, charts, then the sections, then page.
"""

from __future__ import annotations

from corpusmill.report.page import write

__all__ = ["write"]
