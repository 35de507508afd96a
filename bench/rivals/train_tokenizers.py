"""tokenizers (Rust): BpeTrainer over GPT-2's pieces, by as many threads as its environment says."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

SIZE = 32_000


def signatures(docs: list[str], threads: int) -> object:
    del threads  # RAYON_NUM_THREADS says it
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(
        vocab_size=SIZE,
        min_frequency=2,
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(docs, trainer)
    return None
