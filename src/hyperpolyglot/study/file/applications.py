"""The applications that a study file asks for: a table for each, by the rows of :data:`APPLICATIONS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from hyperpolyglot.applications.induction.listed import WORDFREQ
from hyperpolyglot.applications.model_folder import is_marked
from hyperpolyglot.applications.pruning.weights import weights_of
from hyperpolyglot.study.applications import APPLICATIONS, ApplicationKind, Value
from hyperpolyglot.study.applied import Application
from hyperpolyglot.study.file.models import model_of, models_of
from hyperpolyglot.study.file.reading import Reading
from hyperpolyglot.study.lines import Place
from hyperpolyglot.study.tracked import NamedModel

__all__ = ["applications_of"]


def applications_of(
    reading: Reading, models: Sequence[NamedModel], labels: str, seed: int
) -> tuple[Application, ...]:
    """Every ``[[induce]]``, ``[[prune]]``, …; a name that one of ``models`` has means that one.

    Models and options that do not say otherwise have these labels and this seed.
    """
    named = {model.model: model for model in models}
    found: list[Application] = []
    for kind in APPLICATIONS.values():
        for i, entry in enumerate(reading.tables(kind.key)):
            place: Place = (kind.key, i)
            one = _Entry(reading, entry, place, named, labels).application(kind, seed)
            if one is None:
                continue
            if (one.key, one.name) in {(other.key, other.name) for other in found}:
                reading.mistake(place, f"the name {one.name!r} is there twice; give each its own with name")
            found.append(one)
    return tuple(found)


class _Entry:
    """One table on its way to an application."""

    def __init__(
        self,
        reading: Reading,
        entry: Mapping[str, Any],
        place: Place,
        named: Mapping[str, NamedModel],
        labels: str,
    ) -> None:
        self._reading, self._entry, self._place = reading, entry, place
        self._named, self._labels = named, labels

    def application(self, kind: ApplicationKind, seed: int) -> Application | None:
        """What the table asks for; ``None`` if there is a mistake in it."""
        reading, entry, place = self._reading, self._entry, self._place
        before = len(reading.mistakes)
        options = [field.name for field in fields(kind.options)]
        own = ("name", *kind.keys, *(["output"] if kind.write else []))
        reading.known(entry, (*own, *(name for name in options if name not in own)), place)
        for group in kind.needs:
            if sum(name in entry for name in group) != 1:
                reading.mistake(place, f"[[{kind.key}]] needs the key {' or '.join(group)}")
        given = {name: _VALUES[value](self, name) for name, value in kind.keys.items() if name in entry}
        said = {name: entry[name] for name in options if name in entry and name not in own}
        found = reading.part(kind.options, said, {"seed": seed}, place)
        name, output = reading.text(entry, "name", place), self._output() if kind.write else None
        if len(reading.mistakes) > before:
            return None
        models = {key: v for key, v in given.items() if kind.keys[key] in ("model", "models")}
        asked = Application(
            key=kind.key,
            name=name or "",
            models=models,
            given={key: value for key, value in given.items() if key not in models},
            options=found,
            output=output,
        )
        return asked if name else replace(asked, name=kind.called(asked))

    def model(self, name: str) -> tuple[NamedModel, ...]:
        """One model: the name of one of the study's, else as a list of models names one."""
        written = self._entry[name]
        if isinstance(written, str) and written in self._named:
            return (self._named[written],)
        found = model_of(self._reading, written, (*self._place, name), self._labels)
        return () if found is None else (found,)

    def models(self, name: str) -> tuple[NamedModel, ...]:
        """Several models."""
        written = self._entry[name]
        listed = [written] if isinstance(written, str) else written
        return models_of(self._reading, listed, self._place, self._labels, self._named)

    def text(self, name: str) -> str | None:
        """A text."""
        return self._reading.text(self._entry, name, self._place)

    def path(self, name: str, there: Callable[[Path], bool], what: str) -> Path | None:
        """A path to what is there."""
        written = self.text(name)
        path = None if written is None else self._reading.path(written)
        if path is not None and not there(path):
            self._reading.mistake((*self._place, name), f"there is no {what} {written!r}")
        return path

    def words(self, name: str) -> Path | str | None:
        """A folder of word lists, or the name of the package that has some."""
        return WORDFREQ if self._entry[name] == WORDFREQ else self.path(name, Path.is_dir, "folder")

    def weights(self, name: str) -> dict[str, float]:
        """Languages with their weights, as text, as a list or as a table."""
        written = self._entry[name]
        place = (*self._place, name)
        if isinstance(written, list):
            written = ",".join(map(str, written))
        if isinstance(written, dict):
            written = ",".join(f"{tag}={weight}" for tag, weight in written.items())
        if self._reading.typed(written, str, place):
            try:
                return weights_of(written)
            except ValueError as error:
                self._reading.mistake(place, str(error))
        return {}

    def _output(self) -> Path | None:
        """The folder that is made: new, empty, or made before, and whether from the same is known with its step."""
        written = self.text("output")
        if written is None:
            return None
        path = self._reading.path(written)
        holder = next(folder for folder in (path, *path.parents) if folder.exists())
        if not holder.is_dir():
            self._reading.mistake(
                (*self._place, "output"), f"{written!r} would lie in {holder.name!r}, a file"
            )
        elif path.exists() and not (path.is_dir() and (is_marked(path) or not any(path.iterdir()))):
            self._reading.mistake((*self._place, "output"), f"{written!r} is there, and no empty folder")
        return path


_VALUES: dict[Value, Callable[[_Entry, str], Any]] = {
    "model": _Entry.model,
    "models": _Entry.models,
    "text": _Entry.text,
    "file": lambda entry, name: entry.path(name, Path.is_file, "file"),
    "folder": lambda entry, name: entry.path(name, Path.is_dir, "folder"),
    "place": lambda entry, name: entry.path(name, Path.exists, "file or folder"),
    "weights": _Entry.weights,
    "words": _Entry.words,
}
