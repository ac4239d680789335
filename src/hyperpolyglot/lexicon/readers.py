"""Lexicons of other makers: one small function for each format, found by name in a table."""

from __future__ import annotations

import csv
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import chain
from os import PathLike
from pathlib import Path

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.folders import expanded, files_in, in_folder
from hyperpolyglot.lexicon.record import Lexicon
from hyperpolyglot.regular import read_text

__all__ = ["FORMATS", "read_lexicon", "read_lexicons"]

Languages = tuple[str, str] | None
_PAIR_NAME = re.compile(r"([a-z]{2,3})-([a-z]{2,3})(\.[\d-]+)?(\.(train|test))?")
_VARIETY = re.compile(r"[a-z]{3}-\d{3}")
_VARIETY_FILE = re.compile(_VARIETY.pattern + r"\.txt")
_TAG = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_ALIASES = {
    "concept": ("concept", "concept_id", "meaning", "mn", "synset", "id"),
    "language": ("language", "lang", "language_id", "uid", "lang_vid"),
    "word": ("word", "form", "expression", "txt", "lemma"),
    "kind": ("kind", "category"),
}


def read_lexicon(path: str | Path, form: str | None = None, languages: Languages = None) -> Lexicon:
    """A lexicon from a file or folder.

    ``form`` is a name in :data:`FORMATS`, ``None`` tells it by name and header. ``languages``: source and target of a
    dictionary of pairs that does not say them. Raises ``DamagedFile`` for a file that does not hold to its format,
    ``UnsupportedFormat`` for an unknown one.

    >>> import tempfile
    >>> import hyperpolyglot as hp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mine.tsv"
    ...     _ = path.write_text("en\\tfr\\nwater\\teau\\n", encoding="utf-8")
    ...     hp.read_lexicon(path).words
    ('water', 'eau')
    """
    checked("read_lexicon", path, (str, PathLike), "the path of a file or folder of words")
    path = expanded(path)
    form = form or _guess(path)
    if form not in FORMATS:
        raise UnsupportedFormat(f"{form}: is no format of lexicon; there are {', '.join(sorted(FORMATS))}.")
    entries, kinds = FORMATS[form](path, languages)
    if not entries:
        raise DamagedFile(path.name, "it holds no word")
    return Lexicon.of(entries, source=path.name, kinds=kinds)


def read_lexicons(
    paths: Sequence[str | Path], form: str | None = None, languages: Languages = None
) -> Lexicon | None:
    """The entries of several files, joined; ``None`` for no file. Raises as :func:`read_lexicon`."""
    read = [read_lexicon(path, form, languages) for path in paths]
    return reduce(operator.add, read) if read else None


Entries = tuple[list[tuple[str, str, str]], list[str] | None]


def _guess(path: Path) -> str:
    if path.is_dir():
        return "cldf" if (path / "forms.csv").exists() else "panlex"
    if path.name == "forms.csv":
        return "cldf"
    if path.suffix == ".tab":
        return "omw"
    if path.suffix == ".txt":
        return "panlex" if _VARIETY.fullmatch(path.stem) else "muse"
    header = next((line.lower() for _, line in _lines(path)), "")
    cells = set(re.split(r"[\t,]", header))
    return "words" if cells.intersection(_ALIASES["concept"]) and len(cells) > 2 else "pairs"


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number, line) of every line that is not empty."""
    try:
        text = read_text(path)
    except OSError as error:
        raise DamagedFile(path.name, "it cannot be read") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _pair(path: Path, number: int, cells: Sequence[str]) -> tuple[str, str]:
    found = [cell.strip() for cell in cells]
    if len(found) != 2 or not all(found):
        raise DamagedFile(path.name, f"line {number} does not hold a word and its translation")
    return found[0], found[1]


def _of_pairs(languages: tuple[str, str], pairs: Iterator[tuple[str, str]]) -> Entries:
    """Every source word is a concept; a word with several translations has several correct answers."""
    source, target = languages
    entries = []
    for word, translation in pairs:
        concept = f"{source}:{word}"
        entries += [(concept, source, word), (concept, target, translation)]
    return entries, None


def _read_pairs(path: Path, languages: Languages) -> Entries:
    """``source TAB target`` a line, or with a comma in a ``.csv``; the languages are given, or are the first line."""
    pairs: Iterator[tuple[int, tuple[str, str]]]
    pairs = ((number, _pair(path, number, _split(path, line))) for number, line in _lines(path))
    number, header = next(pairs, (1, ("", "")))
    if not any(header):
        header = _pair(path, number, [])
    if languages is None:
        if not all(map(_TAG.fullmatch, header)):
            what = f"line {number} names no languages, as en and sw would; pass --pair en sw"
            raise DamagedFile(path.name, f"{what}, in Python languages=('en', 'sw')")
        languages = header
    elif header != languages:
        pairs = chain([(number, header)], pairs)
    return _of_pairs(languages, (pair for _, pair in pairs))


def _split(path: Path, line: str) -> list[str]:
    if "\t" in line or path.suffix != ".csv":
        return line.split("\t")
    try:
        return next(csv.reader([line]), [])
    except csv.Error as error:
        raise DamagedFile(path.name, f"it is no table ({error})") from error


def _read_muse(path: Path, languages: Languages) -> Entries:
    """``source target`` a line, by a space or a tab, in a file called ``en-de.txt``."""
    if languages is None:
        named = _PAIR_NAME.fullmatch(path.stem)
        if named is None:
            raise DamagedFile(path.name, "its name does not say two languages (en-de.txt), so name them")
        languages = named[1], named[2]
    cells = (
        (number, line.split("\t") if "\t" in line else line.split(" ", 1)) for number, line in _lines(path)
    )
    return _of_pairs(languages, (_pair(path, number, found) for number, found in cells))


def _read_words(path: Path, languages: Languages) -> Entries:
    """A table with a header: a concept, a language and a word a line, and a kind where there is one."""
    return _read_table(path, _ALIASES)


def _read_cldf(path: Path, languages: Languages) -> Entries:
    """``forms.csv`` of a CLDF data set: ``Parameter_ID`` is the concept, ``Form`` the word."""
    columns = {
        "concept": ("parameter_id",),
        "language": ("language_id",),
        "word": ("form", "value"),
        "kind": (),
    }
    return _read_table(in_folder(path, "forms.csv") if path.is_dir() else path, columns)


def _read_table(path: Path, columns: dict[str, tuple[str, ...]]) -> Entries:
    lines = _lines(path)
    _, header = next(lines, (1, ""))
    delimiter = "\t" if "\t" in header else ","
    names = [cell.strip().lower() for cell in next(csv.reader([header], delimiter=delimiter), [])]
    at = {role: next((names.index(a) for a in known if a in names), None) for role, known in columns.items()}
    concept, language, word, kind = (at[role] for role in ("concept", "language", "word", "kind"))
    if concept is None or language is None or word is None:
        raise DamagedFile(path.name, "its header does not name a concept, a language and a word")
    entries, kinds = [], []
    try:
        for cells in csv.reader((line for _, line in lines), delimiter=delimiter):
            if len(cells) != len(names):
                raise DamagedFile(path.name, f"a line has {len(cells)} cells instead of {len(names)}")
            entry = (cells[concept].strip(), cells[language].strip(), cells[word].strip())
            if all(entry):
                entries.append(entry)
                kinds.append((cells[kind].strip() if kind is not None else "") or "word")
    except csv.Error as error:
        raise DamagedFile(path.name, f"it is no table ({error})") from error
    return entries, kinds


def _read_omw(path: Path, languages: Languages) -> Entries:
    """Open Multilingual Wordnet: ``# name TAB language …``, then ``synset TAB [language:]lemma TAB word``."""
    lines = _lines(path)
    number, header = next(lines, (1, ""))
    cells = header.lstrip("# ").split("\t")
    if not header.startswith("#") or len(cells) < 2:
        raise DamagedFile(path.name, "its first line does not name the wordnet and its language")
    entries = []
    for number, line in lines:
        if line.startswith("#"):
            continue
        row = line.split("\t")
        if len(row) < 3:
            raise DamagedFile(path.name, f"line {number} does not hold a synset, a type and a word")
        language, colon, kind = row[1].rpartition(":")
        if kind == "lemma" and row[0].strip() and row[2].strip():
            entries.append((row[0].strip(), language if colon else cells[1].strip(), row[2].strip()))
    return entries, None


def _read_panlex(path: Path, languages: Languages) -> Entries:
    """PanLex Swadesh: files ``eng-000.txt``, line i the words for concept i, separated by tabs.

    All such files that lie beside a named one are read; a link that leads out of the folder is refused.
    """
    folder = path if path.is_dir() else path.parent
    try:
        names = sorted(name for name in files_in(folder) if _VARIETY_FILE.fullmatch(name))
    except OSError as error:
        raise DamagedFile(folder.name, "it cannot be read") from error
    entries = []
    for name in names:
        file = path if name == path.name and folder != path else in_folder(folder, name)
        for number, line in _lines(file):
            words = (word.strip() for word in line.split("\t"))
            entries += [(f"swadesh:{number}", file.stem, word) for word in words if word]
    return entries, None


FORMATS: dict[str, Callable[[Path, Languages], Entries]] = {
    "pairs": _read_pairs,
    "muse": _read_muse,
    "words": _read_words,
    "panlex": _read_panlex,
    "omw": _read_omw,
    "cldf": _read_cldf,
}
