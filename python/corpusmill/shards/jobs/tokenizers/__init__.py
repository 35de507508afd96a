"""tokenizers: what tokenizers make of a corpus, by language or source."""
