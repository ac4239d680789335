"""An application that a study file asks for, and what is opened for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.tracked import NamedModel

__all__ = ["Application", "Opened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """``[[induce]]``, ``[[prune]]``, … of a study file: ``key`` is that of its table and command.

    ``models`` by the keys that name them; ``given``: what it says besides them and its ``options``; ``output``: the
    folder of the model that it makes.
    """

    key: str
    name: str
    models: Mapping[str, tuple[NamedModel, ...]]
    given: Mapping[str, Any] = field(default_factory=dict)
    options: Any = None
    output: Path | None = None

    @property
    def named(self) -> tuple[NamedModel, ...]:
        """All models that it needs, the one that it works on first."""
        return tuple(model for several in self.models.values() for model in several)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """``spaces`` of the models of an application, by the same keys; ``output``: the output table of the first."""

    spaces: Mapping[str, tuple[TokenSpace, ...]]
    lexicon: Lexicon
    output: TokenSpace | None = None

    @property
    def main(self) -> TokenSpace:
        """The model that is worked on."""
        return next(iter(self.spaces.values()))[0]

    def other(self, key: str) -> TokenSpace | None:
        """The model that a key names, if it does."""
        return next(iter(self.spaces.get(key, ())), None)
