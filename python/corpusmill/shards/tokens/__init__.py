"""tokens: token shards: rows of ids in files, written by a job and read by trainers."""
