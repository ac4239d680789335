"""The report's files: the page, its numbers, its tables, and last a manifest that says it is whole."""

from __future__ import annotations

import hashlib
import json
from os import PathLike
from pathlib import Path
from typing import Any

from hyperpolyglot.arguments import checked
from hyperpolyglot.provenance import document
from hyperpolyglot.report.numbers import results, tables
from hyperpolyglot.report.page import page
from hyperpolyglot.sources import told_apart
from hyperpolyglot.store import written
from hyperpolyglot.study import Study
from hyperpolyglot.tables import write_table

__all__ = ["write_numbers", "write_report", "write_tables"]

MANIFEST = "manifest.json"


def _entry(path: Path, kind: str) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "path": path.as_posix(),
        "kind": kind,
        "bytes": len(content),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def write_report(study: Study, folder: str | Path, *, explorer: str | None = None) -> list[dict[str, Any]]:
    """Write ``report.html``, ``report.json``, ``tables/*.csv`` and ``manifest.json`` to a folder.

    ``explorer``: the address of an explorer of these models, from the page; its tokens lead there. Returns the files as
    ``{"path", "kind", "bytes", "digest"}``. The same study gives the same bytes.

    >>> import tempfile
    >>> import hyperpolyglot as hp
    >>> from hyperpolyglot.store import NoStore
    >>> space = hp.open_model("demo:meaning")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> skip = ("separability", "map", "translate", "meanings", "languages", "explain")
    >>> study = hp.run_study([space], hp.StudyOptions(k=10, skip=skip), NoStore())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hp.write_report(study, Path(folder))[0]["path"]
    'report.html'
    """
    checked("write_report", study, Study, "a Study, as run_study() gives it")
    checked("write_report", folder, (str, PathLike), "the path of a folder")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    found = []
    titled = told_apart(model.space.model for model in study.models)
    with titled, written(folder / "report.html") as temporary:
        temporary.write_text(page(study, explorer), "utf-8", errors="backslashreplace")
    found.append(_relative(_entry(folder / "report.html", "page"), folder))
    found.append(_relative(write_numbers(study, folder / "report.json"), folder))
    found += [_relative(entry, folder) for entry in write_tables(study, folder / "tables")]
    _write_json(folder / MANIFEST, {"format": "hyperpolyglot.manifest/1", "files": found})
    return found


def write_numbers(study: Study, path: Path) -> dict[str, Any]:
    """Write all numbers of a study to one JSON file; returns its path, kind, bytes and digest."""
    spaces = [m.space for m in study.models]
    numbers = document("report", results(study), spaces, study.options.to_json(), study.options.seed)
    _write_json(path, numbers, indent=None)
    return _entry(path, "numbers")


def write_tables(study: Study, folder: Path) -> list[dict[str, Any]]:
    """Write every table of a study to a folder as CSV; returns the files like :func:`write_numbers`."""
    found = []
    for name, rows in tables(study).items():
        write_table(folder / f"{name}.csv", rows)
        found.append(_entry(folder / f"{name}.csv", "table"))
    return found


def _relative(entry: dict[str, Any], root: Path) -> dict[str, Any]:
    return {**entry, "path": Path(entry["path"]).relative_to(root).as_posix()}


def _write_json(path: Path, value: Any, indent: int | None = 1) -> None:
    with written(path) as temporary:
        text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
        temporary.write_text(text + "\n", "utf-8", errors="backslashreplace")
