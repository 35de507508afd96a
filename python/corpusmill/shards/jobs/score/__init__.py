"""score: the job that gives rows the losses of their texts under language models."""
