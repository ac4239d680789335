"""What an explanation is given besides the matrix, and by what it is known again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.explanation import Evidence
from hyperpolyglot.measures.translation import TranslateOptions
from hyperpolyglot.measures.translation.asking import ask
from hyperpolyglot.measures.translation.questions import DIFFERENT
from hyperpolyglot.measures.translation.scores import scored
from hyperpolyglot.space import TokenSpace

__all__ = ["Given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Corpus counts by token, a lexicon to ask for translations with and how to ask."""

    counts: Mapping[str, float] | None = None
    lexicon: Lexicon | None = None
    translate: TranslateOptions | None = None

    def evidence(self, output: TokenSpace | None) -> Evidence:
        """The same for the measure, with the space of the model's output table."""
        return Evidence(
            counts=self.counts,
            translate=self._translate if self.lexicon is not None else None,
            output=output,
        )

    def _translate(self, space: TokenSpace) -> dict[str, Any]:
        """P@1 among the words of the target language by CSLS: the score that the translation section begins with."""
        assert self.lexicon is not None
        options = self.translate or TranslateOptions()
        asked, ranks, candidates = ask(space, self.lexicon, options).of(DIFFERENT)
        random = np.random.default_rng(options.seed)
        sizes = (candidates, np.diff(asked.gold_at))
        scores = scored(ranks.csls, sizes, asked.concept, random, options.resamples)
        return {"questions": len(asked), "p1": scores["p1"]}
