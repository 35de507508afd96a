"""corpusmill beside its rivals, in one run on one machine. Nothing imports this folder."""

from __future__ import annotations
