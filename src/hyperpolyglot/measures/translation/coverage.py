"""How many words of each language are single tokens: what a translation score can be about at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.measures.translation.lookup import RULES, Words

__all__ = ["LanguageCoverage", "language_coverage"]

_SINGLE = RULES.index("pieces")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageCoverage:
    """Words of one language that have a vector.

    ``script``: that of most of its words; ``words``: distinct words; ``single_token`` of them are one token, by the
    rules in ``rules``; ``pieces`` are scored by the mean of their pieces; ``scored``: enough words to ask questions.
    """

    language: str
    script: str
    words: int
    single_token: int
    pieces: int
    rules: dict[str, int]
    scored: bool

    @property
    def share(self) -> float:
        """Single tokens among the words, 0…1."""
        return self.single_token / self.words

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "language": self.language,
            "script": self.script,
            "words": self.words,
            "single_token": self.single_token,
            "share": self.share,
            "pieces": self.pieces,
            "rules": self.rules,
            "scored": self.scored,
        }


def language_coverage(words: Words, fewest: int) -> tuple[LanguageCoverage, ...]:
    """Coverage of every language; those with ``fewest`` distinct vectors or more are scored."""
    result = []
    for number, language in enumerate(words.languages):
        own = words.language == number
        rules = np.bincount(words.rule[own & (words.rule >= 0)], minlength=len(RULES))
        scripts = np.bincount(words.script[own], minlength=len(words.scripts))
        units = words.unit[own & words.covered()]
        result.append(
            LanguageCoverage(
                language=language,
                script=words.scripts[int(scripts.argmax())],
                words=int(own.sum()),
                single_token=int(rules[:_SINGLE].sum()),
                pieces=int(rules[_SINGLE]),
                rules={name: int(n) for name, n in zip(RULES[:_SINGLE], rules.tolist(), strict=False)},
                scored=len(np.unique(units)) >= fewest,
            )
        )
    return tuple(result)
