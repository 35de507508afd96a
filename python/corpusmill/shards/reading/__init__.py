"""reading: input files as blocks of rows, the first time and again, whatever their format."""
