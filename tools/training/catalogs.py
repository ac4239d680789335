"""Parallel text from the message catalogues of Django, in some ninety languages, as a folder for ``training/train``.

    pip download Django==5.2.19 --no-deps
    python -m tools training/catalogs django-5.2.19-py3-none-any.whl text

The wheel is unzipped, nothing in it is executed. A message is a line of ``text/<tag>.txt``; lines are the same messages
in every file, and empty where a language has no translation. Django and its translations are under the BSD licence.
"""

from __future__ import annotations

import argparse
import ast
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

PLACE = re.compile(r"(?:^|/)locale/([A-Za-z_]+)/LC_MESSAGES/django(?:js)?\.po$")
NAMES = {"zh_Hans": "zh", "sr_Latn": None, "nb": "no"}
"""Folders whose tag in the lexicon is another, or that are left out; regional variants (en_GB) are left out, too."""
NOISE = re.compile(r"%\([^)]*\)[a-z]|%[a-z]|\{[^}]*\}|<[^>]*>|&[a-z]+;|\\n")


def messages(text: str) -> Iterator[tuple[str, str]]:
    """(what identifies a message, its translation) of a catalogue; of plurals the first form."""
    for block in re.split(r"\n\s*\n", text):
        parts: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            found = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[0\])?) (".*")\s*$', line)
            if found:
                key = found[1].removesuffix("[0]")
            elif line.startswith(("#", "msgstr[")):
                key = ""
            quoted = found[2] if found else line
            if key and quoted.startswith('"'):
                parts[key] = parts.get(key, "") + str(ast.literal_eval(quoted))
        if parts.get("msgid"):
            yield "\x04".join([parts.get("msgctxt", ""), parts["msgid"]]), parts.get("msgstr", "")


def tag_of(folder: str) -> str | None:
    """The language of a folder of the catalogue."""
    return NAMES.get(folder, None if "_" in folder else folder)


def plain(text: str) -> str:
    """A message in one line, without what is filled in or marked up."""
    return " ".join(NOISE.sub(" ", text).split())


def read(wheel: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The messages in order, and for each language the translations that it has."""
    order: dict[str, None] = {}
    found: dict[str, dict[str, str]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            place = PLACE.search(name)
            tag = tag_of(place[1]) if place else None
            if tag is None:
                continue
            for key, said in messages(archive.read(name).decode("utf-8")):
                order.setdefault(key)
                text = plain(key.partition("\x04")[2] if tag == "en" else said)
                if text:
                    found.setdefault(tag, {}).setdefault(key, text)
    return list(order), found


def main() -> None:
    """Write a file for each language."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    order, found = read(chosen.wheel)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for tag, said in sorted(found.items()):
        lines = "".join(f"{said.get(key, '')}\n" for key in order)
        (chosen.folder / f"{tag}.txt").write_text(lines, "utf-8")
    print(f"{len(order):,} messages, {len(found)} languages")


if __name__ == "__main__":
    main()
