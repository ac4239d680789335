"""Languages that share a script, for probes that tell languages and not scripts apart.

A language's script is that of most of its tokens; what tells it from the languages of other scripts is the script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.writing.scripts import ISO_15924, script_codes

__all__ = ["Scripts"]


@dataclass(frozen=True, slots=True)
class Scripts:
    """``of_token`` int16: the script of each token; ``of_label``: that of most tokens of each label, by its code."""

    of_token: NDArray[np.int16]
    of_label: dict[int, int]

    @classmethod
    def of(cls, texts: Sequence[str], labels: NDArray[np.int64]) -> Scripts:
        """The scripts of some tokens and of their labels, ties by code.

        >>> Scripts.of(["haus", "water", "дом", "мир"], np.array([0, 1, 2, 2])).together([0, 1, 2])
        {'Latn': [0, 1]}
        """
        found = script_codes(texts)
        scripts = {
            int(label): int(np.bincount(found[labels == label]).argmax())
            for label in np.unique(labels).tolist()
        }
        return cls(found, scripts)

    def name(self, label: int) -> str:
        """The ISO 15924 code of a label's script."""
        return ISO_15924[self.of_label[label]]

    def together(self, labels: Sequence[int]) -> dict[str, list[int]]:
        """The labels of each script that at least two of them have, in their order."""
        groups: dict[str, list[int]] = {}
        for label in labels:
            groups.setdefault(self.name(label), []).append(label)
        return {name: own for name, own in groups.items() if len(own) > 1}
