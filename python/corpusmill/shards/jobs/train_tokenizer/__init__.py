"""train_tokenizer: a vocabulary learned from files."""
