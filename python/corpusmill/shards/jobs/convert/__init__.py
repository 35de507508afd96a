"""convert: other formats, other sizes, some of the fields, some of the rows."""
