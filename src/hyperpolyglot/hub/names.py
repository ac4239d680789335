"""Names of repositories, revisions and files, as users and as the Hub write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from hyperpolyglot.formats import suffixes

__all__ = ["HubName", "is_commit", "is_plain_path", "parse_name"]

_NAME = re.compile(
    r"(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*)(?P<file>(?:/[\w.+-]+)+\.\w+)?"
    r"(?:@(?P<revision>[\w./+-]+))?",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_FILES = (*suffixes(), ".json", ".model", ".jsonl")
_LONGEST = 96


@dataclass(frozen=True, slots=True)
class HubName:
    """A model of the Hub: ``org/name``, with the file to open where one is named, and the revision."""

    repository: str
    revision: str | None = None
    file: str | None = None


def parse_name(model: str) -> HubName | None:
    """The parts of ``org/name``, ``org/name@revision`` or ``org/name/file.gguf``; ``None`` for anything else.

    >>> parse_name("google/mt5-xxl@main")
    HubName(repository='google/mt5-xxl', revision='main', file=None)
    >>> parse_name("acme/mini-GGUF/mini.Q4_K.gguf").file
    'mini.Q4_K.gguf'
    >>> parse_name("./folder/model"), parse_name("folder/model.gguf"), parse_name("gpt2")
    (None, None, None)
    """
    found = _NAME.fullmatch(model)
    if found is None:
        return None
    repository, revision, file = found["repository"], found["revision"], found["file"]
    if (
        len(repository) > _LONGEST
        or repository.endswith(_FILES)
        or any(mark in repository for mark in ("--", ".."))
    ):
        return None
    if revision is not None and not is_plain_path(revision):
        return None
    if file is not None and not is_plain_path(file[1:]):
        return None
    return HubName(repository, revision, file[1:] if file else None)


def is_commit(revision: str) -> bool:
    """Whether a revision is a full commit, which never comes to mean another one."""
    return _COMMIT.fullmatch(revision) is not None


def is_plain_path(name: str) -> bool:
    """Whether a path leads down from where it starts, on any system.

    >>> is_plain_path("onnx/model.onnx"), is_plain_path("../x"), is_plain_path("a//b")
    (True, False, False)
    """
    if not name or not name.isprintable() or "\\" in name or ":" in name:
        return False
    return str(PurePosixPath(name)) == name and not {"..", "", "."} & set(name.split("/"))
