"""recipe: jobs one after the other, each on the rows that the one before kept, by a file that says so."""
