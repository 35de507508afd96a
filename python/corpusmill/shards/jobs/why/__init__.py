"""why: what became of a row of a finished job, and why."""
