"""What a study computes, and what it holds when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from hyperpolyglot.arguments import kinds_of
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.measures.comparison import CompareOptions, Comparison
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.fertility import Fertility, FertilityOptions
from hyperpolyglot.measures.inspection import Inspection
from hyperpolyglot.measures.languages import Languages
from hyperpolyglot.measures.meanings import Meanings
from hyperpolyglot.measures.neighbors import Neighborhoods
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.relatedness import Relatedness
from hyperpolyglot.measures.separability import Separability, SeparabilityOptions
from hyperpolyglot.measures.silhouette import Silhouette, SilhouetteOptions
from hyperpolyglot.measures.track import Track
from hyperpolyglot.measures.translation import TranslateOptions, Translation
from hyperpolyglot.origins import version
from hyperpolyglot.records import Record, brief, tidied
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import wilson
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["Absent", "ModelStudy", "Study", "StudyOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOptions:
    """What a study computes: neighbours per token, kinds left out, protocol, seed, options of the single measures.

    ``skip`` names measures that are left out.
    """

    k: int = 50
    exclude: tuple[TokenKind, ...] = ()
    protocol: str = "default"
    seed: int = 0
    separability: SeparabilityOptions = field(default_factory=SeparabilityOptions)
    silhouette: SilhouetteOptions = field(default_factory=SilhouetteOptions)
    translate: TranslateOptions = field(default_factory=TranslateOptions)
    fertility: FertilityOptions = field(default_factory=FertilityOptions)
    compare: CompareOptions = field(default_factory=CompareOptions)
    skip: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "exclude", kinds_of(self.exclude))
        object.__setattr__(self, "skip", (self.skip,) if isinstance(self.skip, str) else tuple(self.skip))

    def to_json(self) -> dict[str, Any]:
        """The options as they are recorded."""
        return {
            "k": self.k,
            "exclude": [kind.label for kind in self.exclude],
            "protocol": self.protocol,
            "seed": self.seed,
            "separability": plain(self.separability),
            "silhouette": plain(self.silhouette),
            "translate": plain(self.translate),
            "fertility": plain(self.fertility),
            "compare": plain(self.compare),
            "skip": list(self.skip),
        }


def plain(options: Any) -> dict[str, Any]:
    """A record of options as JSON; collections are sorted, for their order means nothing."""
    found = {f.name: getattr(options, f.name) for f in fields(options)}
    return {
        name: value if value is None or isinstance(value, str | int | float) else sorted(value)
        for name, value in found.items()
    }


@dataclass(frozen=True, slots=True)
class Absent:
    """In place of a result that there is not; ``reason`` is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStudy:
    """Everything measured on one model."""

    space: TokenSpace
    inspection: Inspection
    neighbors: Neighborhoods | Absent
    separability: Separability | Absent
    silhouette: Silhouette | Absent
    diversity: Diversity | Absent
    relatedness: Relatedness | Absent
    map: Projection | Absent
    translate: Translation | Absent
    meanings: Meanings | Absent
    explain: Explanation | Absent

    __repr__ = brief

    def main_numbers(self) -> dict[str, Any]:
        """The main numbers, each with its interval, chance and seed where it has them; ``None`` for those that were
        not measured.
        """
        return tidied([{"tokens": self.inspection.tokens} | _headlines(self)], self.space.model)[0]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Study(Record):
    """Everything measured on some models; ``tracks``: runs that were tracked along their checkpoints, by name.

    ``applied``: what the models were used for, by the key of the application (``"induce"``, ``"prune"``,
    ``"transplant"``, ``"extend"``) and by name: what the function of that name gives, or :class:`Absent`.
    """

    models: tuple[ModelStudy, ...]
    census: Census
    overlap: Overlap | Absent
    languages: Languages | Absent
    fertility: Fertility | Absent
    compare: Comparison | Absent
    options: StudyOptions
    tracks: Mapping[str, Track | Absent] = field(default_factory=dict)
    applied: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def table(self) -> list[dict[str, Any]]:
        """A row for every model: mean accuracy of probes, silhouette, diversity and own share, headline P@1,
        under-trained tokens, hubs and geometry, with intervals, chance levels and seeds; then where they come from.
        """
        options = self.options
        return [
            model.main_numbers()
            | {"seed": options.seed, "protocol": options.protocol, "k": options.k}
            | {"revision": model.space.revision, "digest": model.space.digest, "version": version()}
            for model in self.models
        ]


def _headlines(found: ModelStudy) -> dict[str, Any]:
    """Value, interval, chance and seed of every main number by its name."""
    probes, shape, mixed, words = found.separability, found.silhouette, found.diversity, found.translate
    numbers: dict[str, Any] = dict.fromkeys(
        ("separability", "silhouette", "translated"), _headline(seed=None)
    )
    numbers |= dict.fromkeys(("diversity", "own_share", "undertrained"), _headline())
    if not isinstance(probes, Absent):
        numbers["separability"] = _headline(
            probes.mean_accuracy, probes.interval, probes.chance, seed=probes.options.seed
        )
    if not isinstance(shape, Absent):
        numbers["silhouette"] = _headline(shape.value, shape.interval, shape.chance, seed=shape.options.seed)
    if not isinstance(mixed, Absent):
        by_chance = None if mixed.join_counts is None else mixed.join_counts.own()[0]
        numbers["diversity"] = _headline(mixed.mean, mixed.interval, mixed.expected)
        numbers["own_share"] = _headline(mixed.own_share, mixed.own_interval, by_chance)
    if not isinstance(words, Absent):
        head = words.headline
        numbers["translated"] = _headline(
            head["value"], head["interval"], head["chance"], seed=words.options.seed
        )
    return numbers | _explained(found.explain)


def _headline(value: Any = None, interval: Any = None, chance: Any = None, **more: Any) -> dict[str, Any]:
    return {"value": value, "interval": interval, "chance": chance} | more


def _explained(found: Explanation | Absent) -> dict[str, Any]:
    names = ("hub_skewness", "antihubs", "iso_score", "mean_cosine", "participation", "two_nn", "local_pca")
    if isinstance(found, Absent):
        return {name: {"value": None, "chance": None} for name in names}
    hubs, spread, local, lost = found.hubness, found.isotropy, found.dimension, found.undertrained
    share = wilson(int(np.count_nonzero(lost.mask)), lost.tokens) if lost.tokens else None
    values = (
        (hubs.skewness, hubs.skewness_expected),
        (hubs.antihubs, hubs.antihubs_expected),
        (spread.iso_score, spread.iso_score_expected),
        (spread.mean_cosine, 0.0),
        (spread.participation, spread.participation_expected),
        (local.two_nn, local.two_nn_baseline),
        (local.local_pca, local.local_pca_baseline),
    )
    explained = {n: {"value": v, "chance": chance} for n, (v, chance) in zip(names, values, strict=True)}
    return {"undertrained": _headline(lost.share, share)} | explained
