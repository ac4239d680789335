"""See how a language model represents languages, by opening just its input embedding layer."""
