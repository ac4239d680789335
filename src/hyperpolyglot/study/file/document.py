"""A study file as a whole: what it may hold at the top, where results go, and the line of each mistake."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from hyperpolyglot.errors import DamagedFile, StudyMistaken, UnsupportedFormat
from hyperpolyglot.labellers import DEFAULT
from hyperpolyglot.regular import read_regular
from hyperpolyglot.study.applications import APPLICATIONS
from hyperpolyglot.study.applied import Application
from hyperpolyglot.study.file.applications import applications_of
from hyperpolyglot.study.file.models import models_of
from hyperpolyglot.study.file.options import options_of, skipped_of
from hyperpolyglot.study.file.reading import Reading
from hyperpolyglot.study.file.tracks import tracks_of
from hyperpolyglot.study.lines import Place, lines_of
from hyperpolyglot.study.record import StudyOptions
from hyperpolyglot.study.tracked import NamedModel, TrackedRun

__all__ = ["FORMAT", "FileOutputs", "StudyFile", "example", "read_study"]

FORMAT = "hyperpolyglot.study/1"
LARGEST = 1 << 20
_TOP = ("format", "models", "measures", "lexicon", "options", "track", *APPLICATIONS, "outputs")
_OUTPUTS = ("report", "json", "tables", "explorer")


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

    Without ``models``, the last checkpoints of the runs that are tracked and the models of the applications are
    measured.
    """

    models: tuple[NamedModel, ...]
    options: StudyOptions
    lexicon: Path | None
    outputs: FileOutputs
    tracks: tuple[TrackedRun, ...] = ()
    applications: tuple[Application, ...] = ()


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
    reading = Reading(path.parent, found)
    result = _study(reading)
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


def _study(reading: Reading) -> StudyFile | None:
    document = reading.document
    reading.known(document, _TOP, ())
    if document.get("format", FORMAT) != FORMAT:
        reading.mistake(("format",), f"this version reads the format {FORMAT!r} only")
    options = options_of(reading)
    protocol = options.protocol if options else "default"
    labels = "paper" if protocol == "paper" else DEFAULT
    tracks = tracks_of(reading, labels, 0 if options is None else options.seed)
    own = "models" in document or not {"track", *APPLICATIONS} & document.keys()
    models = models_of(reading, document.get("models"), (), labels) if own else ()
    applications = applications_of(reading, models, labels, 0 if options is None else options.seed)
    skip = skipped_of(reading)
    lexicon = reading.text(document, "lexicon", ())
    words = None if lexicon is None else reading.path(lexicon)
    if words is not None and not words.is_file():
        reading.mistake(("lexicon",), f"there is no file {lexicon!r}")
    outputs = _outputs(reading)
    _note_shared(reading, applications, outputs)
    if options is None or reading.mistakes:
        return None
    return StudyFile(
        models=models,
        options=replace(options, skip=skip),
        lexicon=words,
        tracks=tracks,
        applications=applications,
        outputs=outputs,
    )


def _note_shared(reading: Reading, applications: Sequence[Application], outputs: FileOutputs) -> None:
    """Note models that would be written to where something else is, inside it or around it."""
    taken = [path for path in (outputs.report, outputs.json, outputs.tables, outputs.explorer) if path]
    taken = [_plain(path) for path in taken]
    for asked in applications:
        if asked.output is None:
            continue
        own = _plain(asked.output)
        if any(own.is_relative_to(other) or other.is_relative_to(own) for other in taken):
            reading.mistake(
                (asked.key,), f"{asked.name} needs a folder of its own as output, not in or around another"
            )
        taken.append(own)


def _plain(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _outputs(reading: Reading) -> FileOutputs:
    outputs = reading.table(reading.document, "outputs", ())
    reading.known(outputs, _OUTPUTS, ("outputs",))
    named = {name: reading.text(outputs, name, ("outputs",)) for name in _OUTPUTS}
    if not outputs:
        return FileOutputs(report=reading.folder / "report")
    return FileOutputs(**{n: None if p is None else reading.path(p) for n, p in named.items()})
