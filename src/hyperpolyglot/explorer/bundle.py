"""The bundle: page, columns and a manifest, as files that any static host can serve. docs/bundle.md is its format."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np

from hyperpolyglot.arguments import checked, checked_all
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import HyperpolyglotError, UnsupportedFormat
from hyperpolyglot.explorer.columns import LAZY, Column, digest, numbers, texts
from hyperpolyglot.explorer.explored import Explored, ExploreOptions, explored
from hyperpolyglot.explorer.known import Glossary, glossary
from hyperpolyglot.explorer.tour import tour
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.provenance import provenance
from hyperpolyglot.regular import LARGEST_TEXT, read_regular
from hyperpolyglot.sources import told_apart
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store
from hyperpolyglot.types import Progress, silent
from hyperpolyglot.writing.colours import REGIONS, colours_of

__all__ = [
    "FORMAT",
    "MANIFEST",
    "Bundle",
    "bundle_of",
    "colours_listed",
    "make_bundle",
    "refuse_others",
    "write_bundle",
]

FORMAT = "hyperpolyglot.bundle/1"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Bundle:
    """``files``: content by path, the page's first, the manifest last; paths are relative, with ``/``."""

    files: Mapping[str, bytes]

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """A row for every file: ``path``, ``kind`` (page, column or manifest), ``bytes``, ``digest``."""
        return [
            {"path": path, "kind": _kind(path), "bytes": len(content), "digest": digest(content)}
            for path, content in self.files.items()
        ]


def _kind(path: str) -> str:
    if path == MANIFEST:
        return "manifest"
    return "column" if path.startswith("data/") else "page"


def make_bundle(
    spaces: Sequence[TokenSpace],
    options: ExploreOptions | None = None,
    store: Store | None = None,
    *,
    lexicon: Lexicon | None = None,
    search: Search = AUTO,
    progress: Progress = silent,
) -> Bundle:
    """Measure what the explorer shows of some models, by the cached steps of a study, and lay it out as files.

    ``lexicon`` is by default the one of the package; ``search`` changes how long it takes, not what it gives. Raises as
    :func:`explored`, and ``ValueError`` for no model, or for two of one name.

    >>> import hyperpolyglot as hp
    >>> from hyperpolyglot.store import NoStore
    >>> space = hp.open_model("demo:meaning")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> bundle = hp.make_bundle([space], hp.ExploreOptions(k=5, method="pca"), NoStore())
    >>> bundle.entries[0]["path"], bundle.entries[-1]["path"]
    ('index.html', 'manifest.json')
    """
    checked_all("make_bundle", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    checked("make_bundle", options, (ExploreOptions, NoneType), "its options as ExploreOptions")
    if not spaces or len({space.model for space in spaces}) < len(spaces):
        raise ValueError("a bundle needs models, each of another name")
    options = options or ExploreOptions()
    store = store or Store()
    words = glossary(lexicon or packaged_lexicon())
    models = [explored(space, words, options, store, search=search, progress=progress) for space in spaces]
    with told_apart(space.model for space in spaces):
        return bundle_of(models, words, options)


def bundle_of(models: Sequence[Explored], words: Glossary, options: ExploreOptions) -> Bundle:
    """Measured models as files; ``words`` and ``options`` are what they were measured with."""
    page = _page()
    made = dict(page)
    manifest = {
        "format": FORMAT,
        "page": list(page),
        "models": [
            model.described() | {"columns": _placed(made, f"data/{i}", model.columns())}
            for i, model in enumerate(models)
        ],
        "lexicon": {
            "source": words.lexicon.source,
            "languages": [{"tag": tag, "name": language_name(tag)} for tag in words.languages],
            "columns": _placed(made, "data/lexicon", _lexicon_columns(words)),
        },
        "colours": colours_listed(label for model in models for label in model.space.labels.names),
        "tour": tour(models),
        "provenance": provenance([model.space for model in models], options.to_json(), options.seed),
    }
    made[MANIFEST] = json.dumps(manifest, allow_nan=False, separators=(",", ":")).encode()
    return Bundle(made)


def colours_listed(labels: Iterable[str]) -> list[dict[str, str]]:
    """The colour of every label, in the order of the legend's regions, those of no region last but one."""
    found = colours_of(labels)
    *regions, shared = REGIONS
    order = {region: i for i, region in enumerate([*regions, "Others", shared])}
    ordered = sorted(found.items(), key=lambda item: order[item[1].region])
    return [{"label": label, **asdict(colour)} for label, colour in ordered]


def _lexicon_columns(words: Glossary) -> dict[str, Column]:
    concepts = np.array([concept for _, concept in words.words], np.int32)
    return {
        "gloss": texts(words.glosses),
        "word": texts([word for word, _ in words.words], limit=LAZY),
        "word_concept": numbers(concepts, limit=LAZY),
    }


def _placed(made: dict[str, bytes], folder: str, columns: Mapping[str, Column]) -> dict[str, Any]:
    """Add the files of some columns; returns the columns as the manifest states them."""
    for name, column in columns.items():
        made |= {column.path(f"{folder}/{name}", i): chunk for i, chunk in enumerate(column.chunks)}
    return {name: column.described(f"{folder}/{name}") for name, column in columns.items()}


def _page() -> dict[str, bytes]:
    """The files of the page, ``index.html`` first."""
    found: dict[str, bytes] = {}

    def collect(folder: Traversable, prefix: str) -> None:
        for entry in sorted(folder.iterdir(), key=lambda e: (e.is_dir(), e.name != "index.html", e.name)):
            if entry.is_dir():
                collect(entry, f"{prefix}{entry.name}/")
            else:
                found[prefix + entry.name] = entry.read_bytes()

    collect(files("hyperpolyglot.explorer") / "page", "")
    return found


def write_bundle(bundle: Bundle, folder: str | Path) -> list[dict[str, Any]]:
    """Write a bundle as a folder, all of it or nothing; an earlier bundle there is replaced.

    Returns the files as ``{"path", "kind", "bytes", "digest"}``. Raises ``UnsupportedFormat`` where the folder holds
    anything that no bundle wrote.

    >>> import hyperpolyglot as hp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [entry["path"] for entry in write_bundle(hp.Bundle({"manifest.json": b"{}"}), Path(folder, "site"))]
    ['manifest.json']
    """
    checked("write_bundle", bundle, Bundle, "a Bundle, as make_bundle() gives it")
    checked("write_bundle", folder, (str, PathLike), "the path of a folder")
    folder = Path(folder).absolute()
    refuse_others(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for path, content in bundle.files.items():
            place = temporary / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        temporary.chmod(0o755)
        _swap(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return bundle.entries


def refuse_others(folder: Path) -> None:
    """Raise ``UnsupportedFormat`` where no bundle can be written, because the place holds anything else."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UnsupportedFormat(f"{folder}: it is no folder; name a new one to export to.")
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    if not present:
        return
    foreign = sorted(present - _written_before(folder))
    if foreign:
        raise UnsupportedFormat(
            f"{folder}: it holds {foreign[0]}, which is of no export; name a new or empty folder."
        )


def _written_before(folder: Path) -> set[str]:
    """The files of the bundle that lies in a folder, by its manifest."""
    try:
        manifest = json.loads(read_regular(folder / MANIFEST, LARGEST_TEXT))
        if not str(manifest["format"]).startswith("hyperpolyglot.bundle/"):
            return set()
        columns = [c for part in (*manifest["models"], manifest["lexicon"]) for c in part["columns"].values()]
        paths = {str(chunk["path"]) for column in columns for chunk in column["chunks"]}
        return paths | set(manifest["page"]) | {MANIFEST}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, HyperpolyglotError):
        return set()


def _swap(made: Path, folder: Path) -> None:
    """Put a folder in the place of another, which is removed after."""
    if not folder.exists():
        made.replace(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        folder.replace(old)
        made.replace(folder)
    finally:
        shutil.rmtree(old, ignore_errors=True)
