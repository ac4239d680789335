"""A measure as a step: named, known by the digest of what it is given, with an estimate of what it costs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache, singledispatch
from typing import Any

import numpy as np

from hyperpolyglot.labels import Labels
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.languages import LanguageSources
from hyperpolyglot.origins import Provenance, came_from
from hyperpolyglot.parallel_text import ParallelText
from hyperpolyglot.sources import is_counted, title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import digest_of
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.graph import Cost, PlannedStep
from hyperpolyglot.study.record import plain
from hyperpolyglot.tokenization.encoder import Encoder
from hyperpolyglot.vocabulary import TokenKind
from hyperpolyglot.word_lists import WordLists

__all__ = ["Rate", "Step", "described", "tokenizer_of"]

_SAME_FOR_ALL = ("search",)
"""Arguments that change how long a measure takes, not what it gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a measure costs: CPU seconds of one core, as a constant and per 10⁹ of V²·d, of V·d and of V.

    ``bytes_per_row`` is what its record keeps of every token. The numbers are set by hand from CPU seconds on one
    server (AVX512): the demo models (23,735 × 64) for all measures, and 250,000 × 768 for neighbours.
    ``benchmarks/study.py fit`` measures them anew. Expect the right order of magnitude.
    """

    start: float
    squared: float = 0.0
    area: float
    line: float
    bytes_per_row: int = 0

    def cost(self, space: TokenSpace, *, k: int = 0, share: float = 1.0) -> Cost:
        """The estimate on a space; ``share`` of its rows are queried, and ``k`` neighbours of each are kept."""
        rows, dim = len(space), space.table.shape[1] if space.table else 0
        seconds = self.squared * share * rows * rows * dim + self.area * rows * dim + self.line * rows
        kept = int(rows * share * (8 * k + self.bytes_per_row)) + (1 << 14)
        return Cost(rows=rows, dim=dim, bytes=kept, seconds=self.start + 1e-9 * seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What all steps of a measure share: ``key`` names them, ``record`` is what they give.

    ``named``: the record holds the name of its model, or depends on whether it is a demo model.
    """

    key: str
    record: type[Any]
    rate: Rate
    named: bool = False

    def planned(
        self,
        compute: Callable[..., Any],
        arguments: Mapping[str, Any],
        *,
        space: TokenSpace | None = None,
        subject: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        **amount: Any,
    ) -> PlannedStep[Any]:
        """``compute(**arguments, progress=…)`` as a step on ``space``, which is by default the argument of that name.

        ``inputs``: in place of what arguments say of themselves; ``amount``: what :meth:`Rate.cost` takes.
        """
        space = space or arguments["space"]
        known = {name: a for name, a in arguments.items() if name not in _SAME_FOR_ALL}
        found = {name: described(a) for name, a in known.items()} | dict(inputs or {})
        if self.named:
            found["models"] = [
                [a.model, is_counted(a.origin)] for a in arguments.values() if isinstance(a, TokenSpace)
            ]
        return PlannedStep(
            name=self.key,
            subject=subject or title_of(space.model),
            kind=self.record,
            inputs=found,
            compute=compute,
            arguments=arguments,
            cost=self.rate.cost(space, **amount),
            origin=_origin(arguments, space),
        )


def _origin(arguments: Mapping[str, Any], space: TokenSpace) -> Provenance:
    spaces = [argument for argument in arguments.values() if isinstance(argument, TokenSpace)]
    options = arguments.get("options")
    return came_from(
        *(spaces or [space]),
        seed=arguments.get("seed", getattr(options, "seed", None)),
        protocol=arguments.get("protocol", getattr(options, "protocol", "default")),
    )


def tokenizer_of(space: TokenSpace) -> str | None:
    """What cuts text for a model, as an input of a step: library, version and file; ``None`` for the estimate."""
    return Encoder(vocabulary=space.vocabulary, ids=space.ids).identity


@singledispatch
def described(argument: Any) -> Any:
    """An argument of a measure as JSON: digests of what is large, values of what is small.

    Raises ``TypeError`` for what has no description, so that no argument is forgotten.
    """
    return plain(argument)


@described.register(str | int | float | None)
def _(argument: Any) -> Any:
    return argument


@described.register(PlannedStep)
def _(argument: PlannedStep[Any]) -> Any:
    return argument.key


@described.register
def _(argument: TokenSpace) -> Any:
    return {"table": argument.digest, "tokens": argument.token_digest}


@described.register
def _(argument: np.ndarray) -> Any:
    content = hashlib.sha256(np.ascontiguousarray(argument).tobytes()).hexdigest()
    return [argument.dtype.str, list(argument.shape), content]


@described.register
def _(argument: Labels) -> Any:
    basis = [argument.basis] if argument.basis else []
    return [argument.labeller, argument.unicode, *basis, *argument.names, described(argument.codes)]


@described.register
def _(argument: Lexicon) -> Any:
    return _lexicon_digest(argument)


@described.register
def _(argument: ParallelText) -> Any:
    return argument.digest


@described.register
def _(argument: WordLists) -> Any:
    return argument.digest


@described.register
def _(argument: LanguageSources) -> Any:
    return {field.name: described(getattr(argument, field.name)) for field in fields(argument)}


@described.register
def _(argument: Given) -> Any:
    return {
        "counts": argument.counted(),
        "lexicon": described(argument.lexicon),
        "translate": None if argument.translate is None else plain(argument.translate),
    }


@described.register(tuple)
def _(argument: tuple[TokenKind, ...]) -> Any:  # of kinds of tokens, whose order means nothing
    return sorted(kind.label for kind in argument)


@described.register(dict | list)
def _(
    argument: dict[str, Any] | list[str],
) -> Any:  # texts, words or weights by language, or words, in their order
    return digest_of([*argument.items()] if isinstance(argument, dict) else argument)


@lru_cache(maxsize=4)
def _lexicon_digest(lexicon: Lexicon) -> str:
    columns = (lexicon.concepts, lexicon.languages, lexicon.scripts, lexicon.words, lexicon.kinds)
    return digest_of([lexicon.source, *columns])
