"""jobs: what is done with shards: a folder for each kind of job."""
