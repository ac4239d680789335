"""What cuts text as a model does: a tokenizer file for a library, or a function; not run before text is to be cut."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["Encode", "Library", "TokenizerSource", "given"]

Library = Literal["tokenizers", "sentencepiece", "tiktoken"]
Encode = Callable[[str], Sequence[int]]
"""The ids of a text's tokens, special ones left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerSource:
    """A file, or what was made of a checkpoint's metadata, for a ``library``; or ``encode``, a function of the caller.

    ``form``: how the library is to take it, with ``settings`` that are not in the file. ``by_piece``: ids of the
    library are not those of the model, which knows a token by its piece. ``name``: what messages call it.
    """

    name: str
    library: Library | None = None
    form: str = ""
    path: Path | None = None
    made: Callable[[], bytes] | None = None
    encode: Encode | None = None
    identity: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    by_piece: bool = False

    def __post_init__(self) -> None:
        given = sum(part is not None for part in (self.path, self.made, self.encode))
        if given != 1 or (self.encode is None) == (self.library is None):
            raise ValueError("a tokenizer is a file or made bytes for a library, or a function")

    def known_by(self, data: bytes | None = None) -> str:
        """What tells it from others: of a function its ``identity``, else a digest of the bytes."""
        if self.encode is not None:
            return self.identity
        settings = repr((self.library, self.form, sorted(self.settings.items())))
        return hashlib.sha256((data or b"") + settings.encode()).hexdigest()


def given(encode: Encode, identity: str | None = None) -> TokenizerSource:
    """The caller's function. What cannot be told from others is new each time, so that no cache mixes two up."""
    if not callable(encode):
        raise TypeError(
            f"encode= is a {type(encode).__name__}; it takes a function from a text to the ids of its tokens."
        )
    return TokenizerSource(
        name="encode=", encode=encode, identity=identity or f"given {secrets.token_hex(8)}"
    )
