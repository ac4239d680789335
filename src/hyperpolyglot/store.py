"""Results on disk: nothing half-written is ever taken for one, and nothing is computed twice.

:func:`written` writes a file under a temporary name and renames it when it is whole. A :class:`Store` keeps the
results of steps by the digest of everything they depend on:

    <root>/<step>/<key>/*.npy          the arrays, memory-mapped when they are read
    <root>/<step>/<key>/manifest.json  written last: format, key, models, values, SHA-256 of every array and of itself
    <root>/<step>/.<key>.lock          held by the process that computes the step
    <root>/<step>/.<key>-*             a step on its way; what a dead process left of one is swept up by the next

A step is found only if its manifest is there, whole, and every array has the digest that it states; anything else is
computed again. The lock saves work, nothing depends on it: two processes that compute a step write the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.locks import hold_if_possible
from hyperpolyglot.regular import LARGEST_TEXT, opened, read_regular
from hyperpolyglot.types import Array, frozen

__all__ = ["NoStore", "Step", "Store", "StoredStep", "default_root", "digest_of", "written"]

FORMAT = "hyperpolyglot.step/2"
"""1: the manifest had no digest of its own."""

MANIFEST = "manifest.json"


def default_root() -> Path:
    """Where steps are kept: ``$HYPERPOLYGLOT_CACHE``, else ``hyperpolyglot`` among the Hub's assets (``$HF_HOME``)."""
    own = os.environ.get("HYPERPOLYGLOT_CACHE")
    if own:
        return Path(own)
    hub = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.path.expanduser(hub)) / "assets" / "hyperpolyglot"


def digest_of(value: object) -> str:
    """SHA-256 of a JSON value in canonical form, as hexadecimal digits.

    >>> digest_of({"b": 1, "a": [2]}) == digest_of({"a": [2], "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def written(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; it takes its place when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step that lies in a store: its name and key, its size in bytes, when it was last used (seconds, Unix time)."""

    step: str
    key: str
    bytes: int
    used: float


@dataclass(frozen=True, slots=True)
class Step:
    """What a step gives: named arrays and a JSON object; ``models``: titles of those it was computed for.

    The models are for people who look at the store: the same inputs are the same step, whatever they are called.
    """

    arrays: Mapping[str, Array]
    values: Mapping[str, Any]
    models: tuple[str, ...] = ()


class Store:
    """Steps by name and content.

    ``note`` is told, in one sentence, about an entry that is damaged and so computed again.
    """

    def __init__(self, root: str | Path | None = None, note: Callable[[str], None] = lambda _: None) -> None:
        self.root = Path(root) if root else default_root()
        self._note = note
        self._refusals: set[str] = set()

    def step(self, name: str, inputs: Mapping[str, Any], compute: Callable[[], Step]) -> Step:
        """The result of ``compute`` for these inputs: read if it is there and whole, else made and kept.

        ``inputs`` is all that the result depends on, as JSON. Where another process is computing the same step, its
        result is waited for. Where the disk takes nothing, the result is used and not kept, which is said once.
        """
        folder = self._folder(name, inputs)
        found = _found(folder)
        if found is not None:
            return found
        with hold_if_possible(folder.with_name(f".{folder.name}.lock")):
            found = _found(folder)
            if found is not None:
                return found
            self._sweep(folder)
            return self._kept(folder, compute())

    def find(self, name: str, inputs: Mapping[str, Any]) -> Step | None:
        """What is kept for these inputs, if it is there and whole."""
        return _found(self._folder(name, inputs))

    def remove(self, name: str, inputs: Mapping[str, Any]) -> None:
        """Keep nothing for these inputs."""
        shutil.rmtree(self._folder(name, inputs), ignore_errors=True)

    def _folder(self, name: str, inputs: Mapping[str, Any]) -> Path:
        return self.root / name / digest_of({"format": FORMAT, "step": name, "inputs": inputs})

    def entries(self) -> list[StoredStep]:
        """All steps that are kept, the least recently used first."""
        found = []
        for manifest in self.root.glob("*/[!.]*/manifest.json"):
            folder = manifest.parent
            size = sum(path.stat().st_size for path in folder.iterdir())
            found.append(StoredStep(folder.parent.name, folder.name, size, manifest.stat().st_mtime))
        return sorted(found, key=lambda entry: (entry.used, entry.step, entry.key))

    def models_of(self, entry: StoredStep) -> tuple[str, ...]:
        """The models that a step was computed for; none where it does not say, as those of earlier versions."""
        return _models_in(_manifest(self.root / entry.step / entry.key))

    def verify(self) -> list[StoredStep]:
        """Read every step of this format and remove what is damaged; returns what was removed."""
        folders = [(entry, self.root / entry.step / entry.key) for entry in self.entries()]
        damaged = [(e, folder) for e, folder in folders if _is_ours(folder) and _found(folder) is None]
        for _, folder in damaged:
            self._sweep(folder)
        return [entry for entry, _ in damaged]

    def prune(self, before: float) -> list[StoredStep]:
        """Remove the steps that were last used before a time (seconds, Unix time); returns them."""
        old = [entry for entry in self.entries() if entry.used < before]
        for entry in old:
            shutil.rmtree(self.root / entry.step / entry.key, ignore_errors=True)
        return old

    def _sweep(self, folder: Path) -> None:
        """Remove a damaged step, which is said, and what a process that died left of one."""
        with contextlib.suppress(OSError):  # what cannot be looked at cannot be removed
            if folder.exists():
                self._note(f"{folder}: damaged, so it is computed again")
                shutil.rmtree(folder, ignore_errors=True)
            for left in folder.parent.glob(f".{folder.name}-*"):
                shutil.rmtree(left, ignore_errors=True)

    def _kept(self, folder: Path, step: Step) -> Step:
        """A step as it is read back, or itself where it cannot be written."""
        try:
            _write(folder, step)
        except OSError as error:
            reason = error.strerror or str(error)
            if reason not in self._refusals:
                self._refusals.add(reason)
                self._note(f"{self.root}: {reason}; what is computed now is used but not kept")
            arrays = {name: frozen(array) for name, array in step.arrays.items()}
            return Step(arrays, step.values, step.models)
        return _found(folder) or step


def _found(folder: Path) -> Step | None:
    """A step that is there and whole."""
    try:
        manifest = json.loads(read_regular(folder / MANIFEST, LARGEST_TEXT))
        if manifest.pop("digest") != digest_of(manifest) or manifest["key"] != folder.name:
            return None
        arrays = {
            name: _verified(folder / f"{name}.npy", digest) for name, digest in manifest["arrays"].items()
        }
        with contextlib.suppress(OSError):  # a cache that cannot be written to can still be read
            os.utime(folder / MANIFEST)
        return Step(arrays, manifest["values"], _models_in(manifest))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, HyperpolyglotError):
        return None


def _manifest(folder: Path) -> Mapping[str, Any]:
    """What the manifest of a step says, unverified; nothing where it cannot be read."""
    try:
        stated = json.loads(read_regular(folder / MANIFEST, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError, HyperpolyglotError):
        return {}
    return stated if isinstance(stated, dict) else {}


def _models_in(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    models = manifest.get("models")
    return tuple(name for name in models if isinstance(name, str)) if isinstance(models, list) else ()


def _is_ours(folder: Path) -> bool:
    """Whether a step is of this format, or too damaged to say; others may be a later version's."""
    stated = _manifest(folder).get("format", FORMAT)
    return bool(stated == FORMAT) or not str(stated).startswith("hyperpolyglot.step/")


def _write(folder: Path, step: Step) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        digests = {}
        for name, array in step.arrays.items():
            path = temporary / f"{name}.npy"
            np.save(path, array, allow_pickle=False)
            digests[name] = _file_digest(path)
        manifest = {"format": FORMAT, "key": folder.name, "arrays": digests, "values": step.values}
        if step.models:
            manifest["models"] = list(step.models)
        whole = manifest | {"digest": digest_of(manifest)}
        (temporary / MANIFEST).write_text(json.dumps(whole), "utf8")
        _put(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(made: Path, folder: Path) -> None:
    """Rename a folder into its place; where another process was first, its result is the same."""
    try:
        made.replace(folder)
    except OSError:
        if _found(folder) is None:
            raise


class NoStore(Store):
    """Keeps nothing and finds nothing."""

    def step(self, name: str, inputs: Mapping[str, Any], compute: Callable[[], Step]) -> Step:
        """The result of ``compute``."""
        return compute()

    def find(self, name: str, inputs: Mapping[str, Any]) -> Step | None:
        """Nothing."""
        return None


def _verified(path: Path, digest: str) -> Array:
    if _file_digest(path) != digest:
        raise ValueError(f"{path} has changed")
    array = np.load(path, mmap_mode="r" if path.stat().st_size > 1 << 16 else None, allow_pickle=False)
    return frozen(array)


def _file_digest(path: Path) -> str:
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
