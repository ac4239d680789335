"""How text is cut into tokens: by the model's own tokenizer, or by an estimate from the vocabulary alone."""
