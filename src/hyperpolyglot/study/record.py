"""What a study computes, and what it holds when it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from hyperpolyglot.arguments import kinds_of
from hyperpolyglot.measures.census import Census, Overlap
from hyperpolyglot.measures.comparison import CompareOptions, Comparison
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.fertility import Fertility, FertilityOptions
from hyperpolyglot.measures.inspection import Inspection
from hyperpolyglot.measures.meanings import Meanings
from hyperpolyglot.measures.neighbors import Neighborhoods
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability, SeparabilityOptions
from hyperpolyglot.measures.silhouette import Silhouette, SilhouetteOptions
from hyperpolyglot.measures.translation import Languages, TranslateOptions, Translation
from hyperpolyglot.records import Record, brief
from hyperpolyglot.space import TokenSpace
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
    map: Projection | Absent
    translate: Translation | Absent
    meanings: Meanings | Absent
    explain: Explanation | Absent

    __repr__ = brief

    def main_numbers(self) -> dict[str, Any]:
        """The main numbers, each beside its chance; ``None`` for those that were not measured."""
        probes = None if isinstance(self.separability, Absent) else self.separability
        mixed = None if isinstance(self.diversity, Absent) else self.diversity
        words = {} if isinstance(self.translate, Absent) else self.translate.headline
        return {
            "model": self.space.model,
            "tokens": self.inspection.tokens,
            "separability": probes and probes.mean_accuracy,
            "separability_chance": probes.labels[0].chance if probes and probes.labels else None,
            "diversity": mixed and mixed.mean,
            "diversity_chance": mixed and mixed.expected,
            "translated": words.get("value"),
            "translated_chance": words.get("chance"),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Study(Record):
    """Everything measured on some models."""

    models: tuple[ModelStudy, ...]
    census: Census
    overlap: Overlap | Absent
    languages: Languages | Absent
    fertility: Fertility | Absent
    compare: Comparison | Absent
    options: StudyOptions

    def table(self) -> list[dict[str, Any]]:
        """A row for every model: mean accuracy of probes, mean diversity, headline P@1, each beside its chance."""
        return [model.main_numbers() for model in self.models]
