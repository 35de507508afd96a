"""scoring: the loss of every token of a text under a language model, and what is made of it.

    statistics     the statistics of a token: names, meanings, which level of the kernels gives them

What a statistic is stands in docs/scoring.md. PyTorch is needed for models alone; Triton for GPUs.
"""

from __future__ import annotations
