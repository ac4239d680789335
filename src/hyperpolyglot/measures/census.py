"""Which tokens a model has, and which it shares with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from hyperpolyglot.arguments import checked_all
from hyperpolyglot.labellers import DEFAULT, LABELLERS
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.vocabulary import TokenKind
from hyperpolyglot.writing.paper import paper_strings

__all__ = ["Census", "ModelCensus", "Overlap", "PairOverlap", "census", "overlap"]

_IN_TEXT = frozenset(
    {TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.ADDED, TokenKind.BYTE, TokenKind.FRAGMENT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCensus:
    """Tokens of one model by label and by kind; ``duplicates`` repeat the text of an earlier token.

    ``uncounted``: those of ``labels`` that do not count (of scripts: Common, Inherited, Unknown).
    """

    model: str
    n_rows: int
    tokens: int
    labels: dict[str, int]
    kinds: dict[str, int]
    duplicates: int
    uncounted: tuple[str, ...] = ()

    @property
    def counted(self) -> dict[str, int]:
        """Tokens by label without the uncounted ones, most first."""
        return {name: count for name, count in self.labels.items() if name not in self.uncounted}

    def table(self) -> list[dict[str, Any]]:
        """A row for every label: ``label``, ``tokens``, ``share`` of the labelled tokens, ``counted``."""
        total = max(1, sum(self.labels.values()))
        return [
            {
                "label": label,
                "tokens": count,
                "share": count / total,
                "counted": label not in self.uncounted,
            }
            for label, count in self.labels.items()
        ]

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {
            "model": self.model,
            "rows": self.n_rows,
            "tokens": self.tokens,
            "labels": self.labels,
            "kinds": self.kinds,
            "duplicates": self.duplicates,
            "uncounted": list(self.uncounted),
        }


@dataclass(frozen=True, slots=True, repr=False)
class Census(Record):
    """The census of any number of models."""

    models: tuple[ModelCensus, ...]

    def summary(self) -> str:
        """Tokens and labels of every model."""
        return "; ".join(f"{m.model}: {m.tokens:,} tokens, {len(m.labels)} labels" for m in self.models[:4])

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"models": [model.to_json() for model in self.models]}

    def table(self) -> list[dict[str, Any]]:
        """A row for every model and label: ``model``, ``label``, ``tokens``, ``share`` of its labelled tokens,
        ``counted``: whether it counts (of scripts, Common, Inherited and Unknown do not).
        """
        return [{"model": model.model, **row} for model in self.models for row in model.table()]


def census(spaces: Sequence[TokenSpace]) -> Census:
    """Count the tokens of every model by label and by kind.

    >>> import hyperpolyglot as hp
    >>> found = hp.census([hp.open_model("demo:meaning")])
    >>> found.table()[0]["label"], found.models[0].labels["Cyrl"]
    ('Latn', 1651)
    """
    checked_all("census", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    return stamped(
        Census(
            tuple(
                ModelCensus(
                    model=space.model,
                    n_rows=space.n_rows,
                    tokens=space.vocabulary.tokens,
                    labels=space.labels.counts(),
                    kinds=space.vocabulary.kind_counts(),
                    duplicates=space.vocabulary.duplicates(),
                    uncounted=space.labels.uncounted,
                )
                for space in spaces
            )
        ),
        came_from(*spaces),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOverlap:
    """What two vocabularies share.

    ``count`` strings in both; ``overlap`` = count / size of the smaller; ``jaccard`` = count / size of the union;
    ``latin_share``: the share of Latin ones in ``count`` (``None`` if nothing is shared); ``by_label``: shared strings
    by label, those without one left out.
    """

    a: str
    b: str
    count: int
    overlap: float | None
    jaccard: float | None
    latin_share: float | None
    by_label: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, repr=False)
class Overlap(Record):
    """Every unordered pair of models."""

    pairs: tuple[PairOverlap, ...]

    def summary(self) -> str:
        """How alike the vocabularies are."""
        return "; ".join(
            f"{p.a} and {p.b}: {p.count:,} shared, Jaccard {p.jaccard:.2f}" for p in self.pairs[:4]
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"pairs": [pair.to_json() for pair in self.pairs]}

    def table(self) -> list[dict[str, Any]]:
        """A row for every pair, without the labels."""
        return [{k: v for k, v in pair.to_json().items() if k != "by_label"} for pair in self.pairs]


def _labels_by_string(space: TokenSpace, paper: bool) -> dict[str, str | None]:
    strings = paper_strings(space.vocabulary) if paper else space.vocabulary.texts
    kinds = space.vocabulary.kinds.tolist()
    wanted = frozenset(TokenKind) - {TokenKind.PADDING} if paper else _IN_TEXT
    names: tuple[str | None, ...] = (*space.labels.names, None)  # code −1 is no label
    codes = space.labels.codes.tolist()
    return {
        string: names[code]
        for string, code, kind in zip(strings, codes, kinds, strict=True)
        if kind in wanted
    }


def _latin(space: TokenSpace, shared: AbstractSet[str], by_label: Mapping[str, int], paper: bool) -> int:
    """How many of some strings are Latin: by their label, or by their script where no one label is Latin."""
    name = space.labels.labelling.latin
    if name:
        return by_label.get(name, 0)
    scripts = _labels_by_string(space.relabel(DEFAULT), paper)
    return sum(scripts[string] == LABELLERS[DEFAULT].latin for string in shared)


def overlap(spaces: Sequence[TokenSpace], *, protocol: str = "default") -> Overlap:
    """Compare the vocabularies of two or more models as sets of strings.

    The default compares display texts of all tokens that can occur in text. ``protocol="paper"`` compares every
    token by the paper's string (PAPER: section 3, figure 2). Labels are those of the first model of a pair.

    >>> import hyperpolyglot as hp
    >>> found = hp.overlap([hp.open_model("demo:language"), hp.open_model("demo:meaning")])
    >>> found.pairs[0].jaccard
    1.0
    """
    checked_all("overlap", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    tables = [_labels_by_string(space, protocol == "paper") for space in spaces]
    pairs = []
    for i, j in combinations(range(len(spaces)), 2):
        shared = tables[i].keys() & tables[j].keys()
        found = Counter(label for label in (tables[i][s] for s in shared) if label is not None)
        smaller = min(len(tables[i]), len(tables[j]))
        union = len(tables[i]) + len(tables[j]) - len(shared)
        latin = _latin(spaces[i], shared, found, protocol == "paper")
        pairs.append(
            PairOverlap(
                a=spaces[i].model,
                b=spaces[j].model,
                count=len(shared),
                overlap=len(shared) / smaller if smaller else None,
                jaccard=len(shared) / union if union else None,
                latin_share=latin / len(shared) if shared else None,
                by_label=dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))),
            )
        )
    return stamped(Overlap(tuple(pairs)), came_from(*spaces, protocol=protocol))
