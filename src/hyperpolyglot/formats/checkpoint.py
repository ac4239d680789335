"""The checkpoint that lists tensors, and gives one of them as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hyperpolyglot.errors import DamagedFile, TensorNotFound
from hyperpolyglot.formats.companions import completed
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.tensor import Tensor
from hyperpolyglot.table import Table

__all__ = ["Checkpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint holds, without its contents having been read.

    ``tensors``: by name. ``tokens``: what the rows stand for, where the file itself says so (npz, word2vec).
    ``metadata``: the key-value pairs of a GGUF header (numeric arrays as numpy arrays, string arrays as
    tuples of ``str`` in which bytes that are no UTF-8 are surrogate escapes) or safetensors ``__metadata__``.
    ``remark``: what the user should know of how it was read, in a sentence; empty where nothing was chosen.
    """

    name: str
    tensors: Mapping[str, Tensor]
    tokens: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    remark: str = ""

    def table(self, name: str) -> Table:
        """The tensor of that name as a table, completed by the tensors that belong to it: scales, masks, a mapping.

        Raises ``TensorNotFound`` where there is none, ``UnsupportedFormat`` where it cannot be read as rows
        of numbers: wide integers, packed weights, views that are not row-major, scales of an unknown kind.
        """
        if name not in self.tensors:
            raise TensorNotFound(f"{self.name} has no tensor {shown(name)}.")
        table = completed(self.name, self.tensors, name, shared=self.tokens is None)
        if self.tokens is not None and len(self.tokens) != table.shape[0]:
            raise DamagedFile(
                self.name, f"there are {len(self.tokens)} tokens for {table.shape[0]} rows of {shown(name)}"
            )
        return table
