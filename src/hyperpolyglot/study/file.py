"""The study file: models, measures, options and outputs in TOML, read at once or refused with every mistake.

``docs/study.md`` is its description. Paths in it are relative to its folder.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, StudyMistaken, UnsupportedFormat
from hyperpolyglot.folders import expanded
from hyperpolyglot.labellers import DEFAULT, LABELLERS
from hyperpolyglot.loading import Opening
from hyperpolyglot.measures.track import TrackOptions
from hyperpolyglot.regular import read_regular
from hyperpolyglot.sources import matching, resolve
from hyperpolyglot.study.catalogue import MEASURES, OPTIONS
from hyperpolyglot.study.lines import Place, lines_of
from hyperpolyglot.study.record import StudyOptions
from hyperpolyglot.study.tracked import NamedModel, TrackedRun
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["FORMAT", "FileOutputs", "NamedModel", "StudyFile", "example", "read_study"]

FORMAT = "hyperpolyglot.study/1"
LARGEST = 1 << 20
_TOP = ("format", "models", "measures", "lexicon", "options", "track", "outputs")
_OF_A_MODEL = ("model", "name", "table", "tensor", "tokenizer", "labels")
_OF_A_TRACK = ("name", "models", "revisions", "every", "x", "shares")
_OUTPUTS = ("report", "json", "tables", "explorer")
_KINDS = tuple(kind.label for kind in TokenKind if kind != TokenKind.PADDING)
_PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutputs:
    """Where results go: a folder with the report, a file with all numbers, a folder with the tables, an explorer's."""

    report: Path | None = None
    json: Path | None = None
    tables: Path | None = None
    explorer: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """What a study file asks for; ``lexicon`` is a file of words, ``None`` for those of the package.

    Without ``models``, the last checkpoints of the runs that are tracked are measured.
    """

    models: tuple[NamedModel, ...]
    options: StudyOptions
    lexicon: Path | None
    outputs: FileOutputs
    tracks: tuple[TrackedRun, ...] = ()


def read_study(path: Path) -> StudyFile:
    """Read a study file. Raises :class:`StudyMistaken` with a line for every mistake in it, ``OSError``."""
    try:
        content = read_regular(path, LARGEST)
    except DamagedFile as error:
        raise StudyMistaken(f"{path}: it is larger than 1 MiB, so it is no study file.") from error
    except UnsupportedFormat as error:
        raise StudyMistaken(str(error)) from error
    try:
        text = content.decode("utf-8-sig")
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise StudyMistaken(f"{path}: it is not text in UTF-8.") from error
    except RecursionError as error:
        raise StudyMistaken(f"{path}: it is nested too deeply to be a study file.") from error
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        told = re.match(r"line (\d+)", where)
        line = told[1] if told else text.count("\n") + 1
        raise StudyMistaken(f"{path}, line {line}: it is not TOML ({what}).") from error
    reading = _Reading(path.parent, found)
    result = reading.study()
    if reading.mistakes or result is None:
        lines = lines_of(text)
        listed = sorted((_line(lines, place), what) for place, what in reading.mistakes)
        raise StudyMistaken(
            "\n".join(
                f"{path}, line {line}: {what.rstrip('?.')}{'?' if what.endswith('?') else '.'}"
                for line, what in listed
            )
        )
    return result


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """Where a place is, else where what holds it is."""
    return lines[place] if place in lines else _line(lines, place[:-1])


def example() -> str:
    """A study file with every key, explained by comments."""
    return (files("hyperpolyglot.study") / "example.toml").read_text("utf8")


class _Reading:
    """A document on its way to a study, and the mistakes met, each with its place."""

    def __init__(self, folder: Path, document: Mapping[str, Any]) -> None:
        self._folder, self._document = folder, document
        self.mistakes: list[tuple[Place, str]] = []

    def study(self) -> StudyFile | None:
        self._known(self._document, _TOP, ())
        if self._document.get("format", FORMAT) != FORMAT:
            self._mistake(("format",), f"this version reads the format {FORMAT!r} only")
        options = self._options()
        protocol = options.protocol if options else "default"
        labels = "paper" if protocol == "paper" else DEFAULT
        tracks = self._tracks(labels, options)
        own = "models" in self._document or "track" not in self._document
        models = self._models(self._document.get("models"), (), labels) if own else ()
        skip = self._skipped()
        lexicon = self._text(self._document, "lexicon", ())
        words = None if lexicon is None else self._path(lexicon)
        if words is not None and not words.is_file():
            self._mistake(("lexicon",), f"there is no file {lexicon!r}")
        outputs = self._table(self._document, "outputs", ())
        self._known(outputs, _OUTPUTS, ("outputs",))
        named = {name: self._text(outputs, name, ("outputs",)) for name in _OUTPUTS}
        if options is None or self.mistakes:
            return None
        return StudyFile(
            models=models,
            options=replace(options, skip=skip),
            lexicon=words,
            tracks=tracks,
            outputs=FileOutputs(**{n: None if p is None else self._path(p) for n, p in named.items()})
            if outputs
            else FileOutputs(report=self._folder / "report"),
        )

    def _mistake(self, place: Place, what: str) -> None:
        self.mistakes.append((place, what))

    def _known(self, table: Mapping[str, Any], names: Sequence[str], place: Place) -> None:
        for name in table:
            if name not in names:
                self._mistake((*place, name), f"no key is called {name!r}{_near(name, names)}")

    def _table(self, table: Mapping[str, Any], name: str, place: Place) -> Mapping[str, Any]:
        found = table.get(name, {})
        if isinstance(found, dict):
            return found
        self._mistake((*place, name), f"{name} is a table, [{name}]")
        return {}

    def _text(self, table: Mapping[str, Any], name: str, place: Place) -> str | None:
        found = table.get(name)
        if found is None or (isinstance(found, str) and found):
            return found
        self._mistake((*place, name), f"{name} is text, and not empty")
        return None

    def _path(self, name: str) -> Path:
        return self._folder / expanded(name)

    def _choice(self, value: Any, choices: Sequence[str], place: Place, noun: str) -> bool:
        if isinstance(value, str) and value in choices:
            return True
        near = _near(value, choices) if isinstance(value, str) else f"; there are {', '.join(choices)}"
        self._mistake(place, f"no {noun} is called {value!r}{near}")
        return False

    def _models(self, listed: Any, place: Place, labels: str) -> tuple[NamedModel, ...]:
        where: Place = (*place, "models")
        if not isinstance(listed, list) or not listed:
            self._mistake(where if listed is not None else place, "models lists at least one model")
            return ()
        found: list[NamedModel] = []
        named: set[str] = set()
        for i, entry in enumerate(listed):
            for each in self._matching(entry, (*where, i)):
                model = self._model(each, (*where, i), labels)
                if model is None:
                    continue
                if model.model in named:
                    self._mistake((*where, i), f"the model {model.model!r} is there twice")
                named.add(model.model)
                found.append(model)
        return tuple(found)

    def _tracks(self, labels: str, options: StudyOptions | None) -> tuple[TrackedRun, ...]:
        listed = self._document.get("track", [])
        if not isinstance(listed, list) or not all(isinstance(run, dict) for run in listed):
            self._mistake(("track",), "track is a list of tables, [[track]]")
            return ()
        found: list[TrackedRun] = []
        for i, entry in enumerate(listed):
            run = self._track(entry, i, labels, 0 if options is None else options.seed)
            if run is not None and run.name in {other.name for other in found}:
                self._mistake(("track", i), f"the name {run.name!r} is there twice")
            found += [] if run is None else [run]
        return tuple(found)

    def _track(self, entry: Mapping[str, Any], i: int, labels: str, seed: int) -> TrackedRun | None:
        place: Place = ("track", i)
        before = len(self.mistakes)
        own = {name: value for name, value in entry.items() if name not in _OF_A_TRACK}
        names = [f.name for f in fields(TrackOptions)]
        self._known(own, (*_OF_A_TRACK, *names), place)
        measured = {name: value for name, value in own.items() if name in names}
        options = self._part(TrackOptions, measured, {"seed": seed}, place)
        written = entry.get("models")
        models = self._models([written] if isinstance(written, str) else written, place, labels)
        texts = {n: self._text(entry, n, place) for n in ("name", "revisions", "x", "shares")}
        files = {n: self._path(texts[n] or "") for n in ("x", "shares") if texts[n]}
        for name, path in files.items():
            if not path.is_file():
                self._mistake((*place, name), f"there is no file {texts[name]!r}")
        every = entry.get("every", 1)
        if self._typed(every, int, (*place, "every")) and every < 1:
            self._mistake((*place, "every"), "every is at least 1")
        if len(self.mistakes) > before:
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

    def _matching(self, entry: Any, place: Place) -> list[Any]:
        """An entry for every model that a pattern matches; any other entry as it is."""
        table = {"model": entry} if isinstance(entry, str) else entry
        if not isinstance(table, dict) or not isinstance(table.get("model"), str):
            return [entry]
        name = table.get("name")
        prefix = f"{name}=" if isinstance(name, str) and name else ""
        written = f"{prefix}{table['model']}"
        try:
            found = matching(written, self._folder)
        except HyperpolyglotError as error:
            self._mistake((*place, "model"), str(error).rstrip("."))
            return []
        if found == [written]:
            return [entry]
        names = ("name", "model") if prefix else ("model",)
        return [table | dict(zip(names, each.split("=", len(names) - 1), strict=True)) for each in found]

    def _model(self, entry: Any, place: Place, labels: str) -> NamedModel | None:
        if isinstance(entry, str):
            entry = {"model": entry}
        if not isinstance(entry, dict):
            self._mistake(place, "a model is a name, or a table with the key model")
            return None
        self._known(entry, _OF_A_MODEL, place)
        texts = {name: self._text(entry, name, place) for name in _OF_A_MODEL}
        written = texts["model"]
        if written is None:
            if "model" not in entry:
                self._mistake(place, "the model has no name: it needs the key model")
            return None
        if "table" in entry:
            self._choice(entry["table"], ("input", "output"), (*place, "table"), "table")
        own = texts["labels"]
        if own is not None and own not in LABELLERS and self._path(own).exists():
            own = str(self._path(own))
        elif "labels" in entry:
            self._choice(entry["labels"], tuple(LABELLERS), (*place, "labels"), "labeller, and no file,")
        tokenizer = None if texts["tokenizer"] is None else self._path(texts["tokenizer"])
        if tokenizer is not None and not tokenizer.exists():
            self._mistake((*place, "tokenizer"), f"there is no file {texts['tokenizer']!r}")
        beside = self._path(written)
        opened = str(beside) if not written.startswith("demo:") and beside.exists() else written
        try:
            resolve(opened)
        except HyperpolyglotError as error:
            self._mistake((*place, "model"), str(error).rstrip("."))
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

    def _skipped(self) -> tuple[Any, ...]:
        wanted = self._document.get("measures", list(MEASURES))
        if not isinstance(wanted, list) or not wanted:
            self._mistake(("measures",), f"measures lists some of {', '.join(MEASURES)}")
            return ()
        for i, name in enumerate(wanted):
            self._choice(name, MEASURES, ("measures", i), "measure")
        return tuple(measure for measure in MEASURES if measure not in wanted)

    def _options(self) -> StudyOptions | None:
        table = self._table(self._document, "options", ())
        own = ("k", "exclude", "protocol", "seed")
        self._known(table, (*own, *OPTIONS), ("options",))
        before = len(self.mistakes)
        hints = get_type_hints(StudyOptions)
        found = {n: table[n] for n in own if n in table}
        for name in ("k", "protocol", "seed"):
            if name in found:
                self._typed(found[name], hints[name], ("options", name))
        if "protocol" in found:
            self._choice(found["protocol"], ("default", "paper"), ("options", "protocol"), "protocol")
        if isinstance(found.get("k"), int) and not 1 <= found["k"] <= 1000:
            self._mistake(("options", "k"), "k is between 1 and 1000")
        found["exclude"] = self._kinds(found.get("exclude", []))
        shared: dict[str, Any] = {n: found[n] for n in ("protocol", "seed") if n in found}
        for name, kind in OPTIONS.items():
            part = self._part(kind, self._table(table, name, ("options",)), shared, ("options", name))
            if part is not None:
                found[name] = part
        return StudyOptions(**found) if len(self.mistakes) == before else None

    def _kinds(self, names: Any) -> tuple[TokenKind, ...]:
        if not isinstance(names, list):
            self._mistake(("options", "exclude"), f"exclude lists some of {', '.join(_KINDS)}")
            return ()
        right = [self._choice(n, _KINDS, ("options", "exclude", i), "kind") for i, n in enumerate(names)]
        return tuple(sorted({TokenKind[n.upper()] for n in names})) if all(right) else ()

    def _part(
        self, kind: type[Any], table: Mapping[str, Any], shared: Mapping[str, Any], place: Place
    ) -> Any:
        """The options of one measure, with the study's seed and protocol unless it has its own."""
        names = [f.name for f in fields(kind)]
        self._known(table, names, place)
        hints = get_type_hints(kind)
        right = [self._typed(v, hints[n], (*place, n)) for n, v in table.items() if n in hints]
        if not all(right):
            return None
        given = {n: v for n, v in shared.items() if n in names}
        given |= {n: tuple(v) if isinstance(v, list) else v for n, v in table.items() if n in names}
        try:
            return kind(**given)
        except ValueError as error:
            self._mistake(place, str(error))
            return None

    def _typed(self, value: Any, hint: Any, place: Place) -> bool:
        parts = () if get_origin(hint) is tuple else get_args(hint)
        allowed: tuple[type[Any], ...] = tuple(t for t in _PLAIN if t is hint or t in parts)
        if not allowed:
            if isinstance(value, list) and all(isinstance(part, str) for part in value):
                return True
            self._mistake(place, f"{place[-1]} is a list of texts")
            return False
        takes: dict[type[Any], Callable[[Any], bool]] = {
            bool: lambda v: isinstance(v, bool),
            int: lambda v: isinstance(v, int) and not isinstance(v, bool),
            float: lambda v: isinstance(v, int | float) and not isinstance(v, bool),
            str: lambda v: isinstance(v, str),
        }
        if any(takes[kind](value) for kind in allowed):
            return True
        self._mistake(place, f"{place[-1]} is {' or '.join(_PLAIN[kind] for kind in allowed)}")
        return False


def _near(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
