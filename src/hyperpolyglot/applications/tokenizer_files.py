"""Files that lie beside a tokenizer and say more of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hyperpolyglot.folders import in_folder
from hyperpolyglot.regular import read_regular
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_object

__all__ = ["object_in"]

_LARGEST = 1 << 26


def object_in(folder: Path | None, name: str) -> dict[str, Any] | None:
    """A JSON object in a folder, ``None`` where there is no such file. Raises ``DamagedFile``."""
    path = None if folder is None else in_folder(folder, name)
    if path is None or not path.is_file():
        return None
    return as_object(parse_json(read_regular(path, _LARGEST), name), name, "the document")
