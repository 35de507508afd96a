"""state: the folder OUT, and what a job keeps between its passes and for its next run."""
