"""An embedding table for another vocabulary: shared tokens are copied, others built by the best method held out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hyperpolyglot.applications.transplantation.added_words import AddedWords
from hyperpolyglot.applications.transplantation.aligned import Aligned, aligned, mean_of_pieces
from hyperpolyglot.applications.transplantation.choosing import ahead_of, chosen_of, cross_fitted
from hyperpolyglot.applications.transplantation.lengths import LengthLine, length_line
from hyperpolyglot.applications.transplantation.methods import LEARNT, Anchors
from hyperpolyglot.applications.transplantation.trials import Trial, hidden_by_label, scored, trials_of
from hyperpolyglot.arguments import checked, options_of
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float32, Progress, frozen, silent
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["METHODS", "OutputTable", "Transplant", "TransplantOptions", "transplant", "transplanted"]

Method = Literal["auto", "mean", "ridge", "procrustes", "focus", "omp"]
METHODS: tuple[Method, ...] = ("auto", "mean", "ridge", "procrustes", "focus", "omp")
_FEWEST = 100
_FEWEST_HIDDEN = 10
_MOST_DRAWN = 20_000
_SPAN = (0.001, 0.999)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransplantOptions:
    """``method``: one of ``METHODS``, ``auto`` is the best that hidden tokens can show (P@1, then neighbours, then
    cosine); ``held_out``: how many are hidden at most; ``atoms`` of matching pursuit.
    """

    method: Method = "auto"
    held_out: int = 1000
    atoms: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"{self.method!r} is no method; there are {', '.join(METHODS)}")
        if self.held_out < 20 or not 1 <= self.atoms <= 1024:
            raise ValueError("held_out is at least 20, atoms between 1 and 1,024")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTable:
    """The unembedding for the same rows, by the method that was chosen for the embeddings: float32 ``[rows, d]``.

    ``methods``: how well that method rebuilds the output rows of the same hidden tokens; the rest as in
    :class:`Transplant`.
    """

    embeddings: Float32
    methods: tuple[Trial, ...]
    copied: int
    built_by: dict[str, int]
    lengths: dict[str, float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "embeddings", frozen(self.embeddings))

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "methods": [trial.to_json() for trial in self.methods],
            "copied": self.copied,
            "built_by": self.built_by,
            "lengths": self.lengths,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Transplant(Record):
    """``embeddings`` float32 ``[rows, d]`` for the rows of ``target``; rows without a token are zero.

    ``methods``: how well each rebuilds hidden tokens, over all and by label; ``auto`` is the choice itself, every token
    by the method that is chosen without it; ``chosen``; ``ahead``: how far its P@1 is above that of each other method,
    {value, low, high} by method, from paired differences, 95 % for all together; ``copied`` and ``built`` tokens,
    ``built_by`` method;
    ``lengths``: {scale, power, lengthened, shortened, least, most}: a length l became scale · l ** power, and so many
    rows were brought into the range of the copied ones; ``output``: the unembedding, ``None`` where none was given;
    ``added``: the words of :func:`extend`, ``None`` where the vocabulary is another model's.
    """

    target: TokenSpace
    embeddings: Float32
    methods: tuple[Trial, ...]
    chosen: str
    ahead: dict[str, dict[str, float | None]]
    copied: int
    built_by: dict[str, int]
    lengths: dict[str, float]
    notes: tuple[str, ...]
    options: TransplantOptions
    output: OutputTable | None = None
    added: AddedWords | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "embeddings", frozen(self.embeddings))

    @property
    def built(self) -> int:
        """How many tokens were built."""
        return sum(self.built_by.values())

    @property
    def judged(self) -> Trial:
        """What to expect of built tokens: the scores of the choice itself where there was one, else of the method."""
        whole = {trial.method: trial for trial in self.methods if trial.label is None}
        return whole.get("auto", whole[self.chosen])

    def summary(self) -> str:
        """The method, and how often a hidden token was found again."""
        own = self.judged
        p1 = 100 * (own.p1["value"] or 0.0)
        return f"{self.chosen}, P@1 {p1:.1f} % of {own.held_out:,} hidden tokens, seed {self.options.seed}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "methods": [trial.to_json() for trial in self.methods],
            "chosen": self.chosen,
            "ahead": self.ahead,
            "copied": self.copied,
            "built": self.built,
            "built_by": self.built_by,
            "lengths": self.lengths,
            "output": None if self.output is None else self.output.to_json(),
            "notes": list(self.notes),
        } | ({} if self.added is None else {"added": self.added.to_json()})

    def table(self) -> list[dict[str, Any]]:
        """A row for every method and label."""
        return self.tidied([trial.to_json() for trial in self.methods])

    def tables_by_name(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The table of methods, and that of the output table where there is one."""
        if self.output is None:
            return {"": self.table()}
        return {"": self.table(), "output": self.tidied([trial.to_json() for trial in self.output.methods])}


def transplant(
    source: TokenSpace,
    target: TokenSpace,
    via: TokenSpace | None = None,
    *,
    output: TokenSpace | None = None,
    options: TransplantOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Transplant:
    """Make an embedding table of ``source`` for the vocabulary of ``target``, which may be a vocabulary alone.

    Methods other than ``mean`` learn from an auxiliary table: that of ``via``, ``None`` is the target's own.
    ``output``: the source opened with ``Opening(table="output")``, where it has an unembedding of its own; it is
    rebuilt by the same method, and judged on the same hidden tokens. Raises ``NotEnoughData`` where fewer than 100
    tokens are shared, or the method has no table to learn from.

    >>> import hyperpolyglot as hp
    >>> some = hp.open_model("demo:e5").where(labels=["Grek", "Cyrl"])
    >>> found = hp.transplant(some, hp.open_model("demo:meaning"), method="mean", held_out=50)
    >>> found.chosen, found.embeddings.shape[1] == some.dim
    ('mean', True)
    """
    checked("transplant", source, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("transplant", target, TokenSpace, "a target that is a TokenSpace")
    options = options_of("transplant", TransplantOptions, options, changes)
    source.matrix  # noqa: B018 - says at once that a vocabulary alone has no vectors
    known = aligned(source, target, via)
    shared = np.count_nonzero(known.in_source >= 0)
    if shared < _FEWEST:
        raise NotEnoughData(
            f"{source.model} and {target.model} share {shared} tokens, and {_FEWEST} are needed to judge by."
        )
    unembedding = None if output is None else aligned(output, target, via)
    found = transplanted(known, unembedding, options, progress)
    return stamped(found, came_from(source, target, *([] if via is None else [via]), seed=options.seed))


def transplanted(
    known: Aligned,
    unembedding: Aligned | None,
    options: TransplantOptions,
    progress: Progress,
    *,
    may_hide: Array | None = None,
) -> Transplant:
    """The same of tokens whose rows are known, in the output table too where there is one.

    ``may_hide``, bool ``[token]``: which shared tokens may be hidden, ``None`` for all. Raises ``NotEnoughData``.
    """
    learnt = known.anchors() if known.auxiliary is not None else np.empty(0, np.int64)
    shared = np.flatnonzero(known.in_source >= 0)
    tried_on = learnt if len(learnt) >= _FEWEST else shared
    if may_hide is not None:
        tried_on = tried_on[may_hide[tried_on]]
    methods = _possible(options.method, len(learnt))
    hidden = hidden_by_label(known.target, tried_on, options.held_out, options.seed)
    if len(hidden) < _FEWEST_HIDDEN:
        raise NotEnoughData(
            f"{len(hidden)} of {len(tried_on)} shared tokens can be hidden, a fifth of each label, and "
            f"{_FEWEST_HIDDEN} are needed to judge methods by."
        )
    rebuilt = _rebuilt(known, methods, hidden, options, progress)
    scores = scored(known.source, known.in_source[hidden], rebuilt)
    labels = known.target.labels
    chosen = chosen_of(scores) if options.method == "auto" else options.method
    ahead = ahead_of(scores, chosen)
    if options.method == "auto" and len(methods) > 1:
        scores["auto"] = cross_fitted(scores, labels.codes[hidden], options.seed)
    lines = _lines(known, hidden, rebuilt)
    embeddings, counts, lengths = _built(known, chosen, lines, options, progress)
    made = None if unembedding is None else _unembedding(unembedding, chosen, hidden, options, progress)
    return Transplant(
        target=known.target,
        embeddings=embeddings,
        methods=trials_of(scores, labels.codes[hidden], labels.names),
        chosen=chosen,
        ahead=ahead,
        copied=len(shared),
        built_by=counts,
        lengths=lengths,
        notes=_notes(known, len(hidden), "auto" in scores),
        options=options,
        output=made,
    )


def _possible(method: Method, anchors: int) -> tuple[str, ...]:
    if anchors >= _FEWEST:
        return METHODS[1:]
    if method in LEARNT:
        raise NotEnoughData(
            f"{method} learns from {_FEWEST} shared tokens with a vector in another table, and there are {anchors}; "
            "name a model with --via, or take the method mean."
        )
    return ("mean",)


def _anchored(known: Aligned, tokens: Array, options: TransplantOptions) -> Anchors:
    """The tokens as anchors, of which at most 20,000 are drawn by the seed to put vectors together from."""
    drawn = None
    if len(tokens) > _MOST_DRAWN:
        random = np.random.default_rng(options.seed)
        drawn = np.sort(random.choice(len(tokens), _MOST_DRAWN, replace=False))
    return Anchors(
        auxiliary=known.auxiliary_vectors(tokens),
        source=known.source.vectors(known.in_source[tokens]),
        atoms=options.atoms,
        drawn=drawn,
    )


def _rebuilt(
    known: Aligned, methods: Iterable[str], hidden: Array, options: TransplantOptions, progress: Progress
) -> dict[str, Float32]:
    """What each method makes of the hidden tokens, learned from the others."""
    rebuilt: dict[str, Float32] = {}
    anchors = None
    for method in methods:
        if method == "mean":
            rebuilt[method] = mean_of_pieces(known, hidden, known.in_source[hidden])[0]
            continue
        anchors = anchors or _anchored(known, np.setdiff1d(known.anchors(), hidden), options)
        rebuilt[method] = LEARNT[method](known.auxiliary_vectors(hidden), anchors, progress)
    return rebuilt


def _lines(known: Aligned, hidden: Array, rebuilt: Mapping[str, Float32]) -> dict[str, LengthLine]:
    true = known.source.vectors(known.in_source[hidden])
    return {method: length_line(made, true) for method, made in rebuilt.items()}


def _unembedding(
    known: Aligned, method: str, hidden: Array, options: TransplantOptions, progress: Progress
) -> OutputTable:
    """The output table by a method; hidden tokens are those that have an output row as well."""
    there = hidden[known.in_source[hidden] >= 0]
    if len(there) < _FEWEST_HIDDEN:
        raise NotEnoughData(
            f"{known.source.model}: {len(there)} of {len(hidden)} hidden tokens have a row in the output table, and "
            f"{_FEWEST_HIDDEN} are needed; is it the output table of the same model?"
        )
    rebuilt = _rebuilt(known, dict.fromkeys([method, "mean"]), there, options, progress)
    scores = scored(known.source, known.in_source[there], {method: rebuilt[method]})
    embeddings, counts, lengths = _built(known, method, _lines(known, there, rebuilt), options, progress)
    labels = known.target.labels
    return OutputTable(
        embeddings=embeddings,
        methods=trials_of(scores, labels.codes[there], labels.names),
        copied=int(np.count_nonzero(known.in_source >= 0)),
        built_by=counts,
        lengths=lengths,
    )


# What is known, how it is built, how long, and who is told.
def _built(
    known: Aligned,
    method: str,
    lines: Mapping[str, LengthLine],
    options: TransplantOptions,
    progress: Progress,
) -> tuple[Float32, dict[str, int], dict[str, float]]:
    target, source = known.target, known.source
    named = target.vocabulary.kinds != TokenKind.PADDING
    copied = np.flatnonzero(known.in_source >= 0)
    left = np.flatnonzero(named & (known.in_source < 0))
    vectors, by = _vectors(known, method, left, options, progress)
    true = source.vectors(known.in_source[copied])
    low, high = np.quantile(np.linalg.norm(true, axis=1), _SPAN)
    own = np.linalg.norm(vectors, axis=1).astype(np.float64)
    wanted = own.copy()
    for name in np.unique(by):
        some = by == name
        wanted[some] = lines.get(name, LengthLine()).lengths(own[some])
    within = np.clip(wanted, low, high)
    vectors *= np.where(own > 0, within / np.maximum(own, 1e-30), 1.0).astype(np.float32)[:, None]
    table = np.zeros((target.n_rows, source.dim), np.float32)
    table[target.ids[left]] = vectors
    table[target.ids[copied]] = true
    counts = {name: int(np.count_nonzero(by == name)) for name in dict.fromkeys(by.tolist())}
    audit = {
        "scale": lines[method].scale,
        "power": lines[method].power,
        "lengthened": int(np.count_nonzero(wanted < low)),
        "shortened": int(np.count_nonzero(wanted > high)),
        "least": float(low),
        "most": float(high),
    }
    return table, counts, audit


def _vectors(
    known: Aligned, method: str, tokens: Array, options: TransplantOptions, progress: Progress
) -> tuple[Float32, Array]:
    """Vectors, and how each came to be: by the method, else the mean of pieces, else that of all copied vectors."""
    out = np.zeros((len(tokens), known.source.dim), np.float32)
    by = np.full(len(tokens), "average", object)
    if method in LEARNT:
        have = known.in_auxiliary[tokens] >= 0
        anchors = _anchored(known, known.anchors(), options)
        out[have] = LEARNT[method](known.auxiliary_vectors(tokens[have]), anchors, progress)
        by[have] = method
        good = have & np.isfinite(out).all(axis=1) & out.any(axis=1)
    else:
        good = np.zeros(len(tokens), bool)
    rest = np.flatnonzero(~good)
    means, there = mean_of_pieces(known, tokens[rest], np.empty(0, np.int32))
    out[rest], by[rest] = means, "average"
    by[rest[there]] = "mean"
    average = known.source.vectors(known.in_source[known.in_source >= 0]).mean(axis=0, dtype=np.float64)
    out[rest[~there]] = average
    return out, by.astype(np.str_)


def _notes(known: Aligned, hidden: int, chosen: bool) -> tuple[str, ...]:
    beside = (
        "" if known.auxiliary is None else f", with {title_of(known.auxiliary.model)} as the auxiliary table"
    )
    return (
        f"Methods were tried on {hidden:,} shared tokens that were hidden{beside}.",
        *(
            ["The row auto is the choice itself: each token by the method chosen without it."]
            if chosen
            else []
        ),
        "Geometry is not behaviour: no model was run or trained on these embeddings.",
    )
