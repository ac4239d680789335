"""Where a result comes from: which models, with which seed, by which protocol and version.

A record carries it beside its fields, so that results that are kept know no name of a model, and equal numbers are
equal records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from typing import Any, Protocol, TypeVar

__all__ = ["ModelSource", "Provenance", "Traced", "came_from", "stamped", "told", "version"]


@cache
def version() -> str:
    """The version of this package."""
    from importlib.metadata import version

    return version("hyperpolyglot")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A model as results name it: its name, revision, tensor and stored type, ``None`` for a vocabulary alone.

    ``read`` gives the digest of the table, which is read only when it is asked for; ``unicode``: the version of
    Unicode behind the labels, where there is one.
    """

    model: str
    revision: str | None
    tensor: str | None
    dtype: str | None
    unicode: str | None
    read: Callable[[], str | None]

    def __repr__(self) -> str:
        return f"ModelSource({self.model!r}, revision={self.revision!r}, tensor={self.tensor!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelSource) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.model, self.revision, self.tensor, self.dtype))

    def __reduce__(self) -> Any:
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return _remade, (ModelSource, found | {"read": partial(_said, self.digest)}, None)

    @property
    def digest(self) -> str | None:
        """SHA-256 of the table, ``None`` without one; reads all of it once."""
        return self.read()

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {
            "model": self.model,
            "revision": self.revision,
            "tensor": self.tensor,
            "dtype": self.dtype,
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a record was made of: models in their order; ``seed`` is ``None`` where nothing is drawn at random."""

    models: tuple[ModelSource, ...]
    seed: int | None
    protocol: str
    version: str

    @property
    def unicode(self) -> str | None:
        """The version of Unicode behind the labels of the first model that has one."""
        return next((model.unicode for model in self.models if model.unicode), None)

    def settings(self) -> str:
        """Seed, protocol and version in words.

        >>> Provenance(models=(), seed=3, protocol="paper", version="1.0").settings()
        'seed 3, paper protocol, hyperpolyglot 1.0'
        """
        seed = [] if self.seed is None else [f"seed {self.seed}"]
        return ", ".join([*seed, f"{self.protocol} protocol", f"hyperpolyglot {self.version}"])

    def to_json(self) -> dict[str, Any]:
        """The same as JSON; reads the tables for their digests."""
        return {
            "models": [model.to_json() for model in self.models],
            "version": self.version,
            "unicode": self.unicode,
            "seed": self.seed,
            "protocol": self.protocol,
        }


class Traced:
    """A frozen dataclass that knows where it comes from."""

    __slots__ = ("_provenance",)

    @property
    def provenance(self) -> Provenance | None:
        """Models with revision and digest, seed, protocol and version; ``None`` for a record put together by hand."""
        return getattr(self, "_provenance", None)

    def __reduce__(self) -> Any:
        found = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return _remade, (type(self), found, self.provenance)


class _Sourced(Protocol):
    @property
    def source(self) -> ModelSource: ...


Kind = TypeVar("Kind", bound=Traced)
Found = TypeVar("Found")


def came_from(*of: _Sourced | Provenance, seed: int | None = None, protocol: str = "default") -> Provenance:
    """The provenance of what is made of some spaces, or of other results; each model once."""
    models: dict[str, ModelSource] = {}
    for part in of:
        for source in part.models if isinstance(part, Provenance) else (part.source,):
            models.setdefault(source.model, source)
    return Provenance(models=tuple(models.values()), seed=seed, protocol=protocol, version=version())


def stamped(record: Kind, provenance: Provenance | None) -> Kind:
    """The same record, that knows where it comes from."""
    found: Kind = replace(record)  # type: ignore[type-var]
    object.__setattr__(found, "_provenance", provenance)
    return found


def told(record: Found, provenance: Provenance | None) -> Found:
    """The same as :func:`stamped`, of anything: what cannot know where it comes from is left as it is."""
    return stamped(record, provenance) if isinstance(record, Traced) else record


def _said(digest: str | None) -> str | None:
    return digest


def _remade(kind: Callable[..., Any], values: dict[str, Any], provenance: Provenance | None) -> Any:
    found = kind(**values)
    if provenance is not None:
        object.__setattr__(found, "_provenance", provenance)
    return found
