"""A smaller vocabulary for some languages: which tokens to keep, and what that costs, before anything is cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hyperpolyglot.applications.pruning.corpora import Judge, Texts, counted, judged
from hyperpolyglot.applications.pruning.forms import Form, cut_vocabulary, form_of, parts_of
from hyperpolyglot.applications.pruning.lost import (
    neighbourhoods,
    neighbours_lost,
    translations,
    translations_lost,
)
from hyperpolyglot.applications.pruning.price import (
    Point,
    as_cut,
    fits,
    in_text,
    point,
    resamples_of,
    smallest,
)
from hyperpolyglot.applications.pruning.ranking import Ranked, alphabet, ranked, shares_of, stays
from hyperpolyglot.arguments import checked, options_of
from hyperpolyglot.errors import DamagedFile, NotEnoughData
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.parallel_text import ParallelText, packaged_text
from hyperpolyglot.records import Record, with_interval
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float64, Int32, Progress, frozen, silent
from hyperpolyglot.word_lists import WordLists, installed_word_lists, lexicon_word_lists

__all__ = ["Pruning", "PruningOptions", "prune"]

_STEP = np.sqrt(2.0)
_HALVINGS = 3
_SMALLEST = 64
"""The grid of sizes goes down to this part of the vocabulary."""
_SAMPLE = 1000
_EVEN = (
    "Words come without counts, so the order leans on the tokenizer's own scores: install 'hyperpolyglot[languages]', "
    "or name --word-lists or --text."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PruningOptions:
    """``tokens``: how many to keep, ``None`` as many as are recommended; ``within``: how much more tokens a language
    may pay at the size that is recommended; ``resamples`` of segments for the intervals.
    """

    tokens: int | None = None
    within: float = 0.02
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.tokens is not None and self.tokens < 1:
            raise ValueError("tokens is a number of tokens, 1 or more")
        if not 0 <= self.within < 1 or self.resamples < 100:
            raise ValueError("within is a share below 1, and resamples are at least 100")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Pruning(Record):
    """``kept`` int32: positions in ``space`` of the tokens that are kept, ascending: token i of the smaller vocabulary
    is ``kept[i]``.

    ``languages``: {language, weight, ranked_by, judged_on} of each; ``curve``: the price in each language at each size;
    ``sizes``: what is lost and saved at each size; ``lost``: the same at the size of the cut; ``recommended``: the
    smallest size found at which no language pays more than ``within``; ``staying``: tokens that stay in any case.
    ``form``: the tokenizer that is written, ``None`` where none can be.
    """

    space: TokenSpace
    kept: Int32
    languages: tuple[dict[str, Any], ...]
    curve: tuple[Point, ...]
    sizes: tuple[dict[str, Any], ...]
    lost: dict[str, dict[str, float | None]]
    recommended: int
    staying: int
    exact: bool
    notes: tuple[str, ...]
    form: Form | None
    options: PruningOptions

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", frozen(self.kept))

    def summary(self) -> str:
        """How many tokens are kept, and what the dearest language pays."""
        here = [p for p in self.curve if p.tokens == len(self.kept)]
        worst = max(here, key=lambda p: p.cost["value"] or 0.0)
        low, high = worst.cost["low"], worst.cost["high"]
        ends = None if low is None or high is None else (low, high)
        cost = with_interval(f"{worst.cost['value']:.3f}", ends, digits=3)
        return (
            f"{len(self.kept):,} of {len(self.space):,} tokens; most costly in {worst.language}: {cost} times the "
            f"tokens, seed {self.options.seed}"
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "kept": len(self.kept),
            "staying": self.staying,
            "recommended": self.recommended,
            "within": self.options.within,
            "exact": self.exact,
            "languages": list(self.languages),
            "curve": [found.to_json() for found in self.curve],
            "sizes": list(self.sizes),
            "lost": self.lost,
            "notes": list(self.notes),
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every size and language."""
        return self.tidied([found.to_json() for found in self.curve])

    def tables_by_name(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The curve by language, and what is lost and saved by size."""
        return {"": self.table(), "sizes": self.tidied(self.sizes)}


# More than seven parameters: text to count, text to judge by and word lists are three things that users have.
def prune(
    space: TokenSpace,
    languages: Sequence[str] | Mapping[str, float],
    *,
    text: ParallelText | Texts | None = None,
    held_out: ParallelText | Texts | None = None,
    word_lists: WordLists | None = None,
    options: PruningOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Pruning:
    """Choose the tokens of a model that some languages need, and measure what the cut costs.

    Tokens are ranked by the weighted sum of their shares in the languages: ``languages`` are tags, or weights by tag.
    ``text``: segments by tag, of which every fifth is held out to measure the price on; ``held_out``: text for that
    alone, by default the Declaration of the package, where there is no ``text``; ``word_lists``: by default those of
    this installation, and of the packaged lexicon for a language that these lack. ``write_pruned`` writes the model.

    Raises ``NotEnoughData`` for a language of which there is neither text nor words, and where fewer tokens are to be
    kept than stay in any case.

    >>> import hyperpolyglot as hp
    >>> found = hp.prune(hp.open_model("demo:e5"), ["en", "ru"], tokens=6000)
    >>> len(found.kept), found.recommended < len(found.space)
    (6000, True)
    """
    checked("prune", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    options = options_of("prune", PruningOptions, options, changes)
    weights = _weights(languages)
    space.matrix  # noqa: B018 - says at once that a vocabulary alone has no vectors
    if space.narrowed:
        raise NotEnoughData(
            f"{space.model}: tokens were left out of it, so that text cannot be cut; prune all."
        )
    lists = [word_lists] if word_lists else [installed_word_lists(), lexicon_word_lists()]
    texts, judging = _texts(text), _held_out(text, held_out)
    corpora = [counted(tag, texts, lists) for tag in weights]
    judges = [judged(corpus.language, texts, judging, corpus) for corpus in corpora]
    form, why = form_of(space.vocabulary)
    shares, exact = shares_of(space, corpora, progress)
    staying = stays(space.vocabulary, frozenset[str]().union(*map(alphabet, corpora)))
    order = ranked(space, shares, list(weights.values()), parts_of(space.vocabulary, form), staying)
    priced = _Priced(space, order, form, judges, options, progress)
    recommended = priced.recommended()
    size = recommended if options.tokens is None else options.tokens
    if not order.staying <= size <= len(order.order):
        raise NotEnoughData(
            f"{space.model}: {order.staying:,} tokens stay in any case, and {len(order.order):,} can be kept; name a "
            f"number between them, not {size:,}."
        )
    priced.at(size)
    sizes = priced.sizes(list(weights))
    remarks = [found.remark for found in priced.whole.of if found.remark]
    notes = (why, _EVEN if any(corpus.even for corpus in corpora) else "", *dict.fromkeys(remarks))
    here = next(row for row in sizes if row["tokens"] == size)
    return stamped(
        Pruning(
            space=space,
            kept=order.first(size),
            languages=tuple(
                {
                    "language": corpus.language,
                    "weight": weights[corpus.language],
                    "ranked_by": corpus.source,
                    "judged_on": judge.source,
                }
                for corpus, judge in zip(corpora, judges, strict=True)
            ),
            curve=tuple(p for n in sorted(priced.points) for p in priced.points[n]),
            sizes=tuple(sizes),
            lost={name: here[name] for name in ("neighbors", "translation")},
            recommended=recommended,
            staying=order.staying,
            exact=priced.whole.exact and exact,
            notes=(*filter(None, notes), "Geometry is not behaviour: no model was run with this vocabulary."),
            form=form,
            options=options,
        ),
        came_from(space, seed=options.seed),
    )


def _weights(languages: Sequence[str] | Mapping[str, float]) -> dict[str, float]:
    found = (
        dict(languages)
        if isinstance(languages, Mapping)
        else dict.fromkeys([languages] if isinstance(languages, str) else languages, 1.0)
    )
    if not found or not all(isinstance(tag, str) and tag for tag in found):
        raise ValueError("languages are tags, such as ['sw', 'en'], or weights by tag")
    if not all(np.isfinite(weight) and weight > 0 for weight in found.values()):
        raise ValueError("weights of languages are above 0")
    total = sum(found.values())
    return {tag: weight / total for tag, weight in found.items()}


def _texts(text: ParallelText | Texts | None) -> Texts | None:
    return dict(zip(text.languages, text.segments, strict=True)) if isinstance(text, ParallelText) else text


def _held_out(
    text: ParallelText | Texts | None, held_out: ParallelText | Texts | None
) -> tuple[Texts, str] | None:
    if held_out is None and text is not None:
        return None
    chosen = packaged_text() if held_out is None else held_out
    found = _texts(chosen)
    assert found is not None
    return found, chosen.source if isinstance(chosen, ParallelText) else "text that was given to measure on"


class _Priced:
    """The price at sizes, each measured once."""

    def __init__(
        self,
        space: TokenSpace,
        order: Ranked,
        form: Form | None,
        judges: Sequence[Judge],
        options: PruningOptions,
        progress: Progress,
    ) -> None:
        # Where no smaller tokenizer can be made, all sizes are estimates, so that they can be compared.
        vocabulary = space.vocabulary if form else replace(space.vocabulary, tokenizer=None)
        judges = in_text(vocabulary, space.ids, judges)
        self.space, self.order, self.form, self.judges = space, order, form, judges
        self.options, self.progress = options, progress
        self.draws = resamples_of(judges, options.resamples, options.seed)
        self.whole = as_cut(vocabulary, space.ids, judges)
        self.points: dict[int, list[Point]] = {}
        self._mass = [_counts(found.rows, judge.weights, found.lengths, len(space)) for judge, found in
                      zip(judges, self.whole.of, strict=True)]  # fmt: skip

    def kept(self, size: int) -> Array:
        """Which tokens are kept, bool ``[token]``."""
        mask = np.zeros(len(self.space), bool)
        mask[self.order.order[:size]] = True
        return mask

    def at(self, size: int) -> list[Point]:
        """The price of each language at a size."""
        if size not in self.points:
            kept, positions = self.kept(size), self.order.first(size)
            vocabulary = cut_vocabulary(self.space, positions, self.form)
            found = as_cut(vocabulary, np.arange(size), self.judges)
            if found.exact != self.whole.exact:
                why = next((f": {part.remark}" for part in (*found.of, *self.whole.of) if part.remark), "")
                raise DamagedFile(
                    vocabulary.source, f"its library does not cut text with {size:,} of its tokens{why}"
                )
            self.points[size] = [
                point(judge, whole, cut, kept, self._random(size, mass), draws)
                for judge, whole, cut, mass, draws in zip(
                    self.judges, self.whole.of, found.of, self._mass, self.draws, strict=True
                )
            ]
            self.progress(f"price of {size:,} tokens", 1, 1)
        return self.points[size]

    def _random(self, size: int, mass: Float64) -> float:
        """The coverage where those that stay are joined by any others, as many as there are to be."""
        order, staying = self.order.order, self.order.staying
        share = (size - staying) / max(1, len(order) - staying)
        stays = float(mass[order[:staying]].sum())
        return stays + share * float(mass[order[staying:]].sum())

    def recommended(self) -> int:
        """The smallest size found that costs no language more than is allowed; all sizes of the grid are measured."""
        largest = len(self.order.order)
        least = max(self.order.staying, largest // _SMALLEST, 1)
        count = max(1, int(np.ceil(np.log(max(1.0, largest / least)) / np.log(_STEP))))
        grid = [round(largest / _STEP**i) for i in range(count)]
        sizes = sorted({size for size in grid if size >= least} | {min(least, largest)})
        whole = self.at(largest)
        for size in sizes:
            self.at(size)
        return smallest(sizes, lambda size: fits(self.at(size), whole, self.options.within), _HALVINGS)

    def sizes(self, languages: Sequence[str]) -> list[dict[str, Any]]:
        """What is lost and saved at each size that was measured."""
        rank = np.random.default_rng(self.options.seed).permutation(len(self.space))
        samples = {}
        for size in sorted(self.points):
            kept = np.intersect1d(self.order.order[self.order.staying : size], self.space.candidates().rows)
            samples[size] = kept[np.argsort(rank[kept])][:_SAMPLE]
        near = neighbourhoods(self.space, list(samples.values()), self.progress)
        pairs = translations(self.space, languages)
        return [
            {
                "tokens": size,
                "parameters": size * self.space.dim,
                "saved": 1 - size / self.space.n_rows,
                "neighbors": neighbours_lost(near, sample, self.kept(size), self.options.seed),
                "translation": translations_lost(pairs, self.kept(size), self.order.staying),
            }
            for size, sample in samples.items()
        ]


def _counts(rows: Int32, weights: Float64, lengths: Array, size: int) -> Float64:
    """The share of each token in running text, as far as its tokens are known."""
    known, of = rows >= 0, np.repeat(weights, lengths)
    found: Float64 = np.bincount(rows[known], of[known], minlength=size) / max(of.sum(), 1e-300)
    return found
