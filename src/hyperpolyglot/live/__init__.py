"""Models that are in memory: of other libraries, or bare arrays, told by what they look like and never imported.

What is found is laid out as a checkpoint with a tokenizer beside it, so that it is joined as files are.
"""

from hyperpolyglot.live.arrays import LiveTensor, looks_like_array
from hyperpolyglot.live.models import ACCEPTED, LiveModel, recognised
from hyperpolyglot.live.tokenizers import vocabulary_of

__all__ = ["ACCEPTED", "LiveModel", "LiveTensor", "looks_like_array", "recognised", "vocabulary_of"]
