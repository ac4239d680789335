"""Parallel text: the same segments in several languages."""

from hyperpolyglot.parallel_text.packaged import packaged_text
from hyperpolyglot.parallel_text.readers import read_text_folder, read_texts
from hyperpolyglot.parallel_text.record import ParallelText

__all__ = ["ParallelText", "packaged_text", "read_text_folder", "read_texts"]
