"""tokenize: texts of files as token shards."""
