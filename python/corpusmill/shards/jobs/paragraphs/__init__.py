"""paragraphs: lines and paragraphs that repeat: cut out, their rows dropped, or tagged."""
