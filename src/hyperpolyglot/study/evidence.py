"""What an explanation is given besides the matrix, and by what it is known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.explanation import Evidence
from hyperpolyglot.measures.explanation.frequency import Counts
from hyperpolyglot.measures.explanation.subspaces import Translate
from hyperpolyglot.measures.translation import TranslateOptions
from hyperpolyglot.measures.translation.asking import Posed, most_covered, pose
from hyperpolyglot.measures.translation.first_answers import first_answers
from hyperpolyglot.measures.translation.questions import DIFFERENT
from hyperpolyglot.measures.translation.scores import clusters_of, score
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import digest_of
from hyperpolyglot.types import silent

__all__ = ["Given"]

_MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Counts of tokens, a lexicon to ask for translations with and how to ask."""

    counts: Counts | None = None
    lexicon: Lexicon | None = None
    translate: TranslateOptions | None = None

    def counted(self) -> str | None:
        """A digest of the counts."""
        if isinstance(self.counts, np.ndarray):
            return hashlib.sha256(np.ascontiguousarray(self.counts).tobytes()).hexdigest()
        return None if self.counts is None else digest_of(dict(self.counts))

    def evidence(self, space: TokenSpace, output: TokenSpace | None) -> Evidence:
        """The same for the measure, with the space of the model's output table."""
        return Evidence(
            counts=self.counts,
            translate=None if self.lexicon is None else self._asking(space, self.lexicon),
            output=output,
        )

    def _asking(self, space: TokenSpace, lexicon: Lexicon) -> Translate:
        """P@1 among the words of the target language by CSLS: the score that the translation section begins with.

        Of a large vocabulary, between the languages with most covered words, as long as these are 20,000.
        """
        options = self.translate or TranslateOptions()

        @cache
        def asked_about() -> TranslateOptions:
            return replace(options, languages=most_covered(space, lexicon, options, _MOST_WORDS))

        @cache
        def unchanged() -> Posed:
            return pose(space, lexicon, asked_about())

        def translated(changed: TokenSpace) -> dict[str, Any]:
            posed = unchanged()
            if changed is not space:
                posed = pose(changed, lexicon, asked_about(), like=posed)
            chosen = np.flatnonzero(posed.questions.match_type == DIFFERENT)
            asked = posed.questions.take(chosen)
            sizes = posed.candidates[chosen], np.diff(asked.reference_at)
            right = first_answers(asked, posed.pool, silent)
            languages = np.union1d(asked.source, asked.target)
            return {
                "questions": len(asked),
                "languages": len(languages),
                "p1": score("p1", right, sizes, clusters_of(asked)),
            }

        return translated
