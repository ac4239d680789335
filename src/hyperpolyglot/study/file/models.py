"""The models that a study file names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.labellers import LABELLERS
from hyperpolyglot.loading import Opening
from hyperpolyglot.sources import matching, resolve
from hyperpolyglot.study.file.reading import Reading
from hyperpolyglot.study.lines import Place
from hyperpolyglot.study.tracked import NamedModel

__all__ = ["model_of", "models_of"]

_KEYS = ("model", "name", "table", "tensor", "tokenizer", "labels")


def models_of(
    reading: Reading,
    listed: Any,
    place: Place,
    labels: str,
    known: Mapping[str, NamedModel] | None = None,
) -> tuple[NamedModel, ...]:
    """A list of models, with all that match where an entry is a pattern; ``labels`` of those that name no labeller.

    ``known``: models that an entry may mean by their names.
    """
    where: Place = (*place, "models")
    if not isinstance(listed, list) or not listed:
        reading.mistake(where if listed is not None else place, "models lists at least one model")
        return ()
    found: list[NamedModel] = []
    named: set[str] = set()
    for i, entry in enumerate(listed):
        meant = (known or {}).get(entry) if isinstance(entry, str) else None
        for each in [meant] if meant else _matching(reading, entry, (*where, i)):
            model = meant or model_of(reading, each, (*where, i), labels)
            if model is None:
                continue
            if model.model in named:
                reading.mistake((*where, i), f"the model {model.model!r} is there twice")
            named.add(model.model)
            found.append(model)
    return tuple(found)


def _matching(reading: Reading, entry: Any, place: Place) -> list[Any]:
    """An entry for every model that a pattern matches; any other entry as it is."""
    table = {"model": entry} if isinstance(entry, str) else entry
    if not isinstance(table, dict) or not isinstance(table.get("model"), str):
        return [entry]
    name = table.get("name")
    prefix = f"{name}=" if isinstance(name, str) and name else ""
    written = f"{prefix}{table['model']}"
    try:
        found = matching(written, reading.folder)
    except HyperpolyglotError as error:
        reading.mistake((*place, "model"), str(error).rstrip("."))
        return []
    if found == [written]:
        return [entry]
    names = ("name", "model") if prefix else ("model",)
    return [table | dict(zip(names, each.split("=", len(names) - 1), strict=True)) for each in found]


def model_of(reading: Reading, entry: Any, place: Place, labels: str) -> NamedModel | None:
    """One model, a name or a table; ``None`` if it is wrong."""
    if isinstance(entry, str):
        entry = {"model": entry}
    if not isinstance(entry, dict):
        reading.mistake(place, "a model is a name, or a table with the key model")
        return None
    reading.known(entry, _KEYS, place)
    texts = {name: reading.text(entry, name, place) for name in _KEYS}
    written = texts["model"]
    if written is None:
        if "model" not in entry:
            reading.mistake(place, "the model has no name: it needs the key model")
        return None
    if "table" in entry:
        reading.choice(entry["table"], ("input", "output"), (*place, "table"), "table")
    own = texts["labels"]
    if own is not None and own not in LABELLERS and reading.path(own).exists():
        own = str(reading.path(own))
    elif "labels" in entry:
        reading.choice(entry["labels"], tuple(LABELLERS), (*place, "labels"), "labeller, and no file,")
    tokenizer = None if texts["tokenizer"] is None else reading.path(texts["tokenizer"])
    if tokenizer is not None and not tokenizer.exists():
        reading.mistake((*place, "tokenizer"), f"there is no file {texts['tokenizer']!r}")
    beside = reading.path(written)
    opened = str(beside) if not written.startswith("demo:") and beside.exists() else written
    try:
        resolve(opened)
    except HyperpolyglotError as error:
        reading.mistake((*place, "model"), str(error).rstrip("."))
    return NamedModel(
        model=texts["name"] or written,
        place=opened,
        opening=Opening(
            table="output" if texts["table"] == "output" else "input",
            tensor=texts["tensor"],
            tokenizer=None if tokenizer is None else str(tokenizer),
        ),
        labels=own or labels,
    )
