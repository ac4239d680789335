"""What embeddings are used for, each with its quality measured on what was held out."""
