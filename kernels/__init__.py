"""kernels: Triton sources, one kernel and its launcher per file. Installed as corpusmill.kernels.

Imports torch and triton, never corpusmill; nothing imports it before a function asks for a kernel.
"""
