"""Do groups share one rank correlation? An average near zero can hide strong relations of both signs.

Correlations are compared as Fisher's z. Spearman's has the variance (1 + ρ²/2)/(n − 3) (Bonett and Wright 2000,
Psychometrika 65:23); ρ is the pooled one, for that is what the hypothesis of one correlation says of every group.
Cochran's Q (1954, Biometrics 10:101) is then χ² with one degree less than there are groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from hyperpolyglot.types import Float64

__all__ = ["Heterogeneity", "heterogeneity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """How far the rank correlations of ``groups`` differ.

    ``pooled``: the one correlation that would fit all groups best. ``q``: Cochran's Q with ``degrees`` and its ``p``;
    ``i_squared`` in 0…1: the share of the spread that is not sampling (Higgins and Thompson 2002). ``spread``: the
    standard deviation of the true z between groups (DerSimonian and Laird 1986). ``shrunk``: (group, correlation)
    moved towards the mean of the groups as far as its own sampling error is large beside ``spread``, which is what an
    extreme among many has to be read by.
    """

    groups: int
    pooled: float
    q: float
    degrees: int
    p: float
    i_squared: float
    spread: float
    shrunk: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "shrunk"}


def heterogeneity(names: Sequence[str], correlations: Float64, sizes: Float64) -> Heterogeneity | None:
    """Test whether rank ``correlations`` ``[group]`` of ``sizes`` tokens are one and the same.

    ``None`` for fewer than two groups of more than three tokens.

    >>> found = heterogeneity(["A", "B"], np.array([0.5, -0.5]), np.array([500.0, 500.0]))
    >>> found.pooled, found.degrees, found.p < 1e-9, [(name, round(r, 2)) for name, r in found.shrunk]
    (0.0, 1, True, [('A', 0.5), ('B', -0.5)])
    """
    usable = sizes > 3
    if np.count_nonzero(usable) < 2:
        return None
    kept = [name for name, use in zip(names, usable.tolist(), strict=True) if use]
    z = np.arctanh(np.clip(correlations[usable], -1 + 1e-12, 1 - 1e-12))
    freedom = sizes[usable] - 3.0
    pooled = float(np.tanh((freedom * z).sum() / freedom.sum()))
    weight = freedom / (1 + pooled**2 / 2)
    centre = float((weight * z).sum() / weight.sum())
    q, degrees = float((weight * (z - centre) ** 2).sum()), len(z) - 1
    total = float(weight.sum())
    between = max(0.0, (q - degrees) / (total - float((weight**2).sum()) / total))
    own = 1 / weight
    middle = float((z / (own + between)).sum() / (1 / (own + between)).sum())
    shrunk = np.tanh(middle + between / (between + own) * (z - middle))
    return Heterogeneity(
        groups=len(z),
        pooled=pooled,
        q=q,
        degrees=degrees,
        p=float(chdtrc(degrees, q)),
        i_squared=max(0.0, 1 - degrees / q) if q > 0 else 0.0,
        spread=float(np.sqrt(between)),
        shrunk=tuple(zip(kept, shrunk.tolist(), strict=True)),
    )
