"""dedup: near-duplicates removed."""
