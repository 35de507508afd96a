"""kernels: Triton sources, one kernel and its launcher per file. Installed as corpusmill.kernels.

Imports torch and triton, never corpusmill; nothing imports it before a function asks for a kernel.

    state           what a kernel keeps of the logits it has seen; merging; statistics of it
    from_logits     statistics of logits that are in memory
    fused_linear    statistics of hidden states times a head, the logits never in memory
    chunked         the same by torch's matrix multiplication, some logits at a time
    dispatch        one of the two
    documents       columns of tokens as numbers of documents
    heads           hidden states and a head, and the steps of both ways
    combine, target_logits, configurations, outputs    what these share
"""
