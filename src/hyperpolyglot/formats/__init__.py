"""Checkpoint files: what tensors they list, and one of them as a table.

>>> from pathlib import Path
>>> open_checkpoint(Path("no-such.gguf"))
Traceback (most recent call last):
    ...
hyperpolyglot.errors.ModelNotFound: no-such.gguf cannot be opened: No such file or directory.
"""

from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.layout import (
    folders_beneath,
    folders_that_open,
    open_checkpoint,
    open_files,
    open_folder,
)
from hyperpolyglot.formats.registry import (
    FORMATS,
    REFUSED_SUFFIXES,
    is_checkpoint_file,
    read_checkpoint,
    suffixes,
)
from hyperpolyglot.formats.source import LocalFile
from hyperpolyglot.formats.tensor import StoredTensor, Tensor, UnreadableTensor

__all__ = [
    "FORMATS",
    "REFUSED_SUFFIXES",
    "Checkpoint",
    "LocalFile",
    "StoredTensor",
    "Tensor",
    "UnreadableTensor",
    "folders_beneath",
    "folders_that_open",
    "is_checkpoint_file",
    "open_checkpoint",
    "open_files",
    "open_folder",
    "read_checkpoint",
    "suffixes",
]
