"""What does text cost? Tokens of the same text by language, beside those of a reference language.

The premium of a language is its tokens over those of the reference language for the same segments (Petrov et al. 2023,
NeurIPS); fertility is tokens per word, words by Unicode's default rules (UAX #29). Intervals resample segments; those
of two models resample the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from hyperpolyglot.arguments import checked, checked_all, options_of
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.fertility.counts import ModelFertility, TextCounts, counts_of, text_counts
from hyperpolyglot.measures.fertility.resampled import Resamples, gini
from hyperpolyglot.parallel_text import ParallelText, packaged_text
from hyperpolyglot.records import Record, Rows, with_interval
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import share_intervals
from hyperpolyglot.tokenizer_source import Encode, given
from hyperpolyglot.types import Array, Float64, Progress, silent

__all__ = [
    "MOST_UNKNOWN",
    "Fertility",
    "FertilityOptions",
    "LanguageFertility",
    "ModelCosts",
    "check_reference",
    "fertility",
    "joined",
]

MOST_UNKNOWN = 0.1
"""A language with a larger share of unknown tokens takes no part in the Gini coefficient: its text is not written."""

_VALUES = ("fertility", "per_character", "premium", "whole_words", "unknown", "bytes")
Value = dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FertilityOptions:
    """``reference``: the language that premiums are of; ``resamples`` of segments for the intervals."""

    reference: str = "en"
    resamples: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resamples < 100:
            raise ValueError("intervals of fertility need at least 100 resamples")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageFertility:
    """What a language costs in a model. Values are {value, low, high, chance}, which is ``None``.

    ``fertility``: tokens per word; ``per_character``: tokens per character; ``premium``: tokens over those of the
    reference language; ``byte_premium``: the same of UTF-8 bytes, what a byte-level model pays; ``whole_words``: share
    of running words that are one token; ``unknown``, ``bytes``: shares of tokens that are unknown, and that stand for
    bytes of a character.
    """

    language: str
    segments: int
    tokens: int
    words: int
    characters: int
    byte_premium: float
    fertility: Value
    per_character: Value
    premium: Value
    whole_words: Value
    unknown: Value
    bytes: Value

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCosts:
    """Of one model: languages in the order of the text; ``gini``: of tokens over languages; ``exact``: no estimate."""

    model: str
    exact: bool
    gini: Value
    languages: tuple[LanguageFertility, ...]

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {
            "model": self.model,
            "exact": self.exact,
            "gini": self.gini,
            "languages": [row.to_json() for row in self.languages],
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fertility(Record):
    """What text costs in each model; ``differences``: of premiums, two models at a time, on the same resamples."""

    models: tuple[ModelCosts, ...]
    differences: tuple[dict[str, Any], ...]
    source: str
    notes: tuple[str, ...]
    options: FertilityOptions

    def summary(self) -> str:
        """The largest premium of the first model, its Gini coefficient, how many languages, seed."""
        first = self.models[0]
        worst = max(first.languages, key=lambda row: row.premium["value"] or 0.0)
        dear = with_interval(f"{worst.premium['value']:.2f}", _ends(worst.premium), digits=2)
        even = with_interval(f"{first.gini['value']:.3f}", _ends(first.gini), digits=3)
        return (
            f"{first.model}: largest premium {dear} ({worst.language}), Gini {even}, {len(first.languages)} languages, "
            f"seed {self.options.seed}"
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "models": [model.to_json() for model in self.models],
            "differences": list(self.differences),
            "reference": self.options.reference,
            "text": self.source,
            "notes": list(self.notes),
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every model and language; the ends of a value's interval beside it."""
        rows = []
        for model in self.models:
            for row in model.languages:
                plain = {"model": model.model, "exact": model.exact}
                for name, value in row.to_json().items():
                    if name in _VALUES:
                        plain |= {
                            name: value["value"],
                            f"{name}_low": value["low"],
                            f"{name}_high": value["high"],
                        }
                    else:
                        plain[name] = value
                rows.append(plain)
        return rows

    def tables_by_name(self) -> Mapping[str, Rows]:
        """The table by language, the Gini coefficients, the differences of models."""
        even = [{"model": m.model, "exact": m.exact, **m.gini} for m in self.models]
        found: dict[str, Rows] = {"": self.table(), "gini": even}
        return found | ({"differences": self.differences} if self.differences else {})


def _ends(value: Value) -> tuple[float, float] | None:
    low, high = value["low"], value["high"]
    return None if low is None or high is None else (low, high)


def fertility(
    spaces: TokenSpace | Sequence[TokenSpace],
    text: ParallelText | None = None,
    *,
    encode: Encode | Mapping[str, Encode] | None = None,
    options: FertilityOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Fertility:
    """What the same text costs in each language, in one or several models.

    ``text`` is by default the one of the package. ``encode``: a function from a text to the ids of its tokens, for one
    model or by the model's name; else text is cut by the model's tokenizer file where its library is installed, else by
    an estimate, which is marked. Raises ``NotEnoughData`` where the text has no such reference language.

    >>> import hyperpolyglot as hp
    >>> bytewise = hp.open_model("demo:meaning", encode=lambda text: list(text.encode()))
    >>> found = hp.fertility(bytewise, resamples=100)
    >>> {row.language: round(row.premium["value"], 2) for row in found.models[0].languages}
    {'ar': 1.28, 'en': 1.0, 'es': 1.13, 'fr': 1.17, 'ru': 2.05, 'zh': 0.75}
    """
    listed: Any = [spaces] if isinstance(spaces, TokenSpace) else spaces
    checked_all("fertility", listed, TokenSpace, "TokenSpace, as open_model() gives them")
    options = options_of("fertility", FertilityOptions, options, changes)
    text = packaged_text() if text is None else text
    checked("fertility", text, ParallelText, "a ParallelText, as read_text_folder() gives it")
    check_reference(text, options)
    return joined([counts_of(_encoded(space, encode), text, progress) for space in listed], text, options)


def check_reference(text: ParallelText, options: FertilityOptions) -> None:
    """Raise ``NotEnoughData`` where the text lacks the reference language."""
    if options.reference not in text.languages:
        there = ", ".join(text.languages[:8]) + (", …" if len(text.languages) > 8 else "")
        raise NotEnoughData(
            f"{options.reference}: {text.source} has no text in the reference language; it has {there}."
        )


def _encoded(space: TokenSpace, encode: Encode | Mapping[str, Encode] | None) -> TokenSpace:
    own = encode.get(space.model) if isinstance(encode, Mapping) else encode
    return (
        space if own is None else replace(space, vocabulary=replace(space.vocabulary, tokenizer=given(own)))
    )


def joined(counts: Sequence[ModelFertility], text: ParallelText, options: FertilityOptions) -> Fertility:
    """Counts of models as rates, with intervals from the same resamples of segments."""
    of_text, reference = text_counts(text), text.languages.index(options.reference)
    resamples = Resamples(len(text), options.resamples, options.seed)
    differences = []
    for (i, a), (j, b) in combinations(enumerate(counts), 2):
        found = _values(resamples, _difference(a.tokens, b.tokens, reference))
        differences += [
            {"a": counts[i].model, "b": counts[j].model, "language": tag, **value}
            for tag, value in zip(text.languages, found, strict=True)
        ]
    return Fertility(
        models=tuple(_costs(one, text, of_text, resamples, reference) for one in counts),
        differences=tuple(differences),
        source=text.source,
        notes=tuple(filter(None, (*(one.cut for one in counts), text.remark))),
        options=options,
    )


def _costs(
    counts: ModelFertility, text: ParallelText, of_text: TextCounts, resamples: Resamples, reference: int
) -> ModelCosts:
    tokens = counts.tokens
    some = tokens.sum(axis=1)
    written = counts.unknown.sum(axis=1) <= MOST_UNKNOWN * some
    columns = {
        "fertility": _values(resamples, _ratio(tokens, of_text.words)),
        "per_character": _values(resamples, _ratio(tokens, of_text.characters)),
        "premium": _values(resamples, _ratio(tokens, tokens[[reference]])),
        "whole_words": _shares(counts.whole, of_text.words),
        "unknown": _shares(counts.unknown, tokens),
        "bytes": _shares(counts.partial, tokens),
    }
    sizes = of_text.bytes.sum(axis=1)
    (even,) = _values(resamples, lambda w: gini(w @ tokens[written].T)[:, None])
    return ModelCosts(
        model=counts.model,
        exact=counts.exact,
        gini=even,
        languages=tuple(
            LanguageFertility(
                language=tag,
                segments=len(text),
                tokens=int(some[i]),
                words=int(of_text.words[i].sum()),
                characters=int(of_text.characters[i].sum()),
                byte_premium=float(sizes[i] / sizes[reference]),
                **{name: values[i] for name, values in columns.items()},
            )
            for i, tag in enumerate(text.languages)
        ),
    )


def _ratio(above: Array, below: Array) -> Callable[[Float64], Float64]:
    """Σ ``above``/Σ ``below`` of each language, ``[language, segment]`` each."""
    return lambda weights: (weights @ above.T) / (weights @ below.T)


def _difference(a: Array, b: Array, reference: int) -> Callable[[Float64], Float64]:
    first, second = _ratio(a, a[[reference]]), _ratio(b, b[[reference]])
    return lambda weights: first(weights) - second(weights)


def _values(resamples: Resamples, statistic: Callable[[Float64], Float64]) -> list[Value]:
    return [_value(*ends) for ends in zip(*map(np.ravel, resamples.intervals(statistic)), strict=True)]


def _shares(part: Array, whole: Array) -> list[Value]:
    low, high = share_intervals(part.T, whole.T)
    with np.errstate(invalid="ignore"):
        share = part.sum(axis=1) / whole.sum(axis=1)
    return [_value(*ends) for ends in zip(share, low, high, strict=True)]


def _value(value: float, low: float, high: float) -> Value:
    found = {"value": value, "low": low, "high": high}
    return {name: float(x) if np.isfinite(x) else None for name, x in found.items()} | {"chance": None}
