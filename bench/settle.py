"""Memory that is had from the host before each turn, for every contender alike.

The host of a virtual machine takes back what lies free for some seconds, and giving it again costs
far more than a page that is still there: without this, whoever runs behind a pause, or behind a
contender that needs little, would be charged for it. Knows nothing of what is run.
"""

from __future__ import annotations

import mmap

BYTES = 1 << 30
_PAGE = 4096


def memory() -> None:
    """So much is touched, in huge pages where there are such, and let go of."""
    with mmap.mmap(-1, BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as pages:
        if hasattr(mmap, "MADV_HUGEPAGE"):
            pages.madvise(mmap.MADV_HUGEPAGE)
        pages[::_PAGE] = bytes(BYTES // _PAGE)
