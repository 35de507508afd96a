"""stats: what a corpus is made of."""
