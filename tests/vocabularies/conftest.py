"""The tokenizers that the tests of the vocabulary readers share."""

from tests.vocabularies.tokenizer_samples import (
    byte_level,
    clip,
    fallback,
    sentencepiece_model,
    unigram,
    wordpiece,
)

__all__ = ["byte_level", "clip", "fallback", "sentencepiece_model", "unigram", "wordpiece"]
