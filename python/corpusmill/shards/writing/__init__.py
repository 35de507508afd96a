"""writing: rows to the files of OUT, in formats, codecs and sizes that are asked for."""
