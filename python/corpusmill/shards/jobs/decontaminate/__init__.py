"""decontaminate: benchmarks found in files of rows: those rows dropped, cut or tagged."""
