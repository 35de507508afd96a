"""membership: filters made of files, and what of files is in a filter."""
