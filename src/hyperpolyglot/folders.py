"""Files that are found in a folder, and links that would lead out of it."""

from __future__ import annotations

import os
from pathlib import Path

from hyperpolyglot.errors import UnsupportedFormat

__all__ = ["expanded", "files_in", "in_folder"]


def expanded(path: str | Path) -> Path:
    """The path with ``~`` as the home it stands for; as it is where there is no such user.

    >>> expanded("~nosuchuser/x").as_posix()
    '~nosuchuser/x'
    """
    return Path(os.path.expanduser(path))


def files_in(folder: Path) -> list[str]:
    """The names of the regular files in a folder, and of links to such; in no order. Raises ``OSError``."""
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if _is_file(entry)]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself, or to where nobody may look
        return False


def in_folder(folder: Path, name: str) -> Path:
    """The file of that name in a folder that was given as a model.

    A link may lead anywhere within the folder, and from a snapshot of the Hub's cache to the blobs of the same
    repository. Any other raises ``UnsupportedFormat``: a folder from a stranger must not make another file part of a
    report. A file that the user names is opened wherever it lies.
    """
    path = folder / name
    target, home = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    if target.is_relative_to(home) or _is_blob(target, home):
        return path
    raise UnsupportedFormat(
        f"{path} is a link that leads out of its folder; name the file it points to instead."
    )


def _is_blob(target: Path, home: Path) -> bool:
    snapshots = next((place for place in (home, *home.parents) if place.name == "snapshots"), None)
    return snapshots is not None and target.is_relative_to(snapshots.parent / "blobs")
