"""``vocab.txt`` with words added to it: as added tokens, which ``tokenizer_config.json`` lists.

A line of the list would be found at the beginning of other words too, as WordPiece takes the longest piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from hyperpolyglot.applications.extension.added_tokens import (
    CONFIGURATION,
    added_token,
    configuration_with,
    named_elsewhere,
)
from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.applications.extension.written import Matching, Original, Written
from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.vocabularies.wordpiece_txt import read_vocab_txt
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["ListForm", "read_list_form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForm:
    """What the list was read from; ``elsewhere``: the tokens that follow its last line."""

    original: Original
    elsewhere: tuple[dict[str, Any], ...]
    first: int
    matching: ClassVar[Matching] = "words"

    def extended(self, words: Sequence[NewWord]) -> Written:
        """The list as it is, and beside it the words."""
        source = self.original.tokenizer
        tokens = [
            *self.elsewhere,
            *(
                {"id": id_, **added_token(word, normalized=True)}
                for id_, word in enumerate(words, self.first)
            ),
        ]
        data = self.original.data
        there = {token["id"]: token for token in (*tokens, *source.settings.get("added", ()))}
        return Written(
            files={
                "vocab.txt": data,
                CONFIGURATION: configuration_with(self.original.folder, tokens),
            },
            tokenizer=replace(
                source,
                name="vocab.txt",
                path=None,
                made=lambda: data,
                settings={**source.settings, "added": [there[id_] for id_ in sorted(there)]},
            ),
            pieces=tuple(word.text for word in words),
            scores=(float("nan"),) * len(words),
            matching=self.matching,
        )


def read_list_form(original: Original) -> ListForm:
    """The form of a ``vocab.txt``. Raises ``UnsupportedFormat`` where a token lacks a name."""
    named = np.flatnonzero(original.vocabulary.kinds != TokenKind.PADDING)
    if len(named) != (named[-1] + 1 if len(named) else 0):
        raise UnsupportedFormat(
            f"{original.tokenizer.name}: its token ids have gaps, and libraries would number new tokens by a gap; "
            "number its tokens anew first, as prune does."
        )
    lines = len(read_vocab_txt(original.data, original.tokenizer.name).entries)
    elsewhere = named_elsewhere(original, lines)
    return ListForm(original=original, elsewhere=elsewhere, first=lines + len(elsewhere))
