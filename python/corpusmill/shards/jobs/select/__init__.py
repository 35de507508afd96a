"""select: rows that look like a target, files in and files out."""
