"""A run that a study file tracks: which checkpoints it has, where they lie on the axis, and how they are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hyperpolyglot.errors import ModelNotFound
from hyperpolyglot.labellers import DEFAULT
from hyperpolyglot.loading import Opening
from hyperpolyglot.measures.track import TrackOptions
from hyperpolyglot.measures.track.axis import read_numbers
from hyperpolyglot.sources import naturally, revisions_of, thinned

__all__ = ["NamedModel", "TrackedRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A model of a study: ``model`` as it is shown, ``place`` as it is opened; ``labels``: a labeller or a file."""

    model: str
    place: str
    opening: Opening = field(default_factory=Opening)
    labels: str = DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedRun:
    """``[[track]]`` of a study file; ``x`` and ``shares`` are files of names and numbers.

    ``revisions``: a pattern for the branches and tags of each model on the Hub, in place of the model itself.
    """

    name: str
    models: tuple[NamedModel, ...]
    revisions: str | None = None
    every: int = 1
    x: Path | None = None
    shares: Path | None = None
    options: TrackOptions = field(default_factory=TrackOptions)

    def steps(self) -> list[NamedModel]:
        """The checkpoints to open, every so many and always the last; asks the Hub where there are ``revisions``.

        Raises ``ModelNotFound`` where fewer than two are left.
        """
        found = list(self.models)
        if self.revisions is not None:
            found = [
                replace(model, model=revision, place=revision)
                for model in self.models
                for revision in revisions_of(model.place, self.revisions)
            ]
        if self.revisions is not None or self.every > 1:
            found.sort(key=lambda step: naturally(step.model))
        steps = thinned(found, self.every)
        if len(steps) < 2:
            raise ModelNotFound(f"{self.name}: a track needs at least two checkpoints.")
        return steps

    def places(self, steps: list[NamedModel]) -> list[float] | None:
        """Where the steps lie, by the file ``x``. Raises ``ModelNotFound`` for a step that it does not name."""
        if self.x is None:
            return None
        known = read_numbers(self.x)
        lost = next((step.model for step in steps if step.model not in known), None)
        if lost is not None:
            raise ModelNotFound(f"{self.x}: there is no line for {lost}.")
        return [known[step.model] for step in steps]

    def known_shares(self) -> Mapping[str, float] | None:
        """Shares of labels in the data, by the file ``shares``."""
        return None if self.shares is None else read_numbers(self.shares)
