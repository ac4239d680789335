"""The runs that a study file tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hyperpolyglot.measures.track import TrackOptions
from hyperpolyglot.study.file.models import models_of
from hyperpolyglot.study.file.reading import Reading
from hyperpolyglot.study.lines import Place
from hyperpolyglot.study.tracked import TrackedRun

__all__ = ["tracks_of"]

_KEYS = ("name", "models", "revisions", "every", "x", "shares")


def tracks_of(reading: Reading, labels: str, seed: int) -> tuple[TrackedRun, ...]:
    """Every ``[[track]]``; models and options that do not say otherwise have these labels and this seed."""
    found: list[TrackedRun] = []
    for i, entry in enumerate(reading.tables("track")):
        run = _track(reading, entry, i, labels, seed)
        if run is not None and run.name in {other.name for other in found}:
            reading.mistake(("track", i), f"the name {run.name!r} is there twice")
        found += [] if run is None else [run]
    return tuple(found)


def _track(reading: Reading, entry: Mapping[str, Any], i: int, labels: str, seed: int) -> TrackedRun | None:
    place: Place = ("track", i)
    before = len(reading.mistakes)
    own = {name: value for name, value in entry.items() if name not in _KEYS}
    names = [f.name for f in fields(TrackOptions)]
    reading.known(own, (*_KEYS, *names), place)
    measured = {name: value for name, value in own.items() if name in names}
    options = reading.part(TrackOptions, measured, {"seed": seed}, place)
    written = entry.get("models")
    models = models_of(reading, [written] if isinstance(written, str) else written, place, labels)
    texts = {n: reading.text(entry, n, place) for n in ("name", "revisions", "x", "shares")}
    files = {n: reading.path(texts[n] or "") for n in ("x", "shares") if texts[n]}
    for name, path in files.items():
        if not path.is_file():
            reading.mistake((*place, name), f"there is no file {texts[name]!r}")
    every = entry.get("every", 1)
    if reading.typed(every, int, (*place, "every")) and every < 1:
        reading.mistake((*place, "every"), "every is at least 1")
    if len(reading.mistakes) > before:
        return None
    return TrackedRun(
        name=texts["name"] or (written if isinstance(written, str) else f"run {i + 1}"),
        models=models,
        revisions=texts["revisions"],
        every=every,
        x=files.get("x"),
        shares=files.get("shares"),
        options=options,
    )
