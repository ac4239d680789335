"""The report's files: the page, its numbers, its tables, and last a manifest that says it is whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from hyperpolyglot.provenance import document
from hyperpolyglot.report.numbers import results, tables
from hyperpolyglot.report.page import page
from hyperpolyglot.store import written
from hyperpolyglot.study import Study
from hyperpolyglot.tables import write_table

__all__ = ["write_report"]

MANIFEST = "manifest.json"


def _entry(path: Path, root: Path, kind: str) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "path": path.relative_to(root).as_posix(),
        "kind": kind,
        "bytes": len(content),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def write_report(study: Study, folder: Path, *, explorer: str | None = None) -> list[dict[str, Any]]:
    """Write ``report.html``, ``report.json``, ``tables/*.csv`` and ``manifest.json`` to a folder.

    ``explorer``: the address of an explorer of these models, from the page; its tokens lead there. Returns the files as
    ``{"path", "kind", "bytes", "digest"}``. The same study gives the same bytes.

    >>> import tempfile
    >>> import hyperpolyglot as hp
    >>> from hyperpolyglot.store import NoStore
    >>> space = hp.open_model("demo:meaning")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> skip = ("separability", "map", "translation", "languages", "comparison", "explanations")
    >>> study = hp.run_study([space], hp.StudyOptions(k=10, skip=skip), NoStore())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hp.write_report(study, Path(folder))[0]["path"]
    'report.html'
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    found = []
    with written(folder / "report.html") as temporary:
        temporary.write_text(page(study, explorer), "utf-8", errors="backslashreplace")
    found.append(_entry(folder / "report.html", folder, "page"))
    spaces = [m.space for m in study.models]
    numbers = document("report", results(study), spaces, study.options.to_json(), study.options.seed)
    _write_json(folder / "report.json", numbers, indent=None)
    found.append(_entry(folder / "report.json", folder, "numbers"))
    for name, rows in tables(study).items():
        path = folder / "tables" / f"{name}.csv"
        write_table(path, rows)
        found.append(_entry(path, folder, "table"))
    _write_json(folder / MANIFEST, {"format": "hyperpolyglot.manifest/1", "files": found})
    return found


def _write_json(path: Path, value: Any, indent: int | None = 1) -> None:
    with written(path) as temporary:
        text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
        temporary.write_text(text + "\n", "utf-8", errors="backslashreplace")
