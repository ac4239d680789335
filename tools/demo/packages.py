"""Fetches the pinned CLDR packages with the ordinary client and opens the JSON files inside them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

VERSION = "48.2.0"

# SHA-256 of each package file: a rebuild from anything else stops here.
PACKAGES = {
    "cldr-annotations-full": "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1",
    "cldr-core": "5310e0c7a06c1feb83dc8e54c8584bbe0b9c2ea8320172a18d541986b124585d",
    "cldr-dates-full": "0256f1cefeca14f7d515be4872dda48fcdd7e75381430f25aafd0143eae5b430",
    "cldr-localenames-full": "7f2ac7fd3b5d90f56ad127f9ed5ae67b58b3e556818f55530b9f47bb81bcde57",
    "cldr-numbers-full": "2d17a1453c559a62112caeed52e0bcfe3cb8539c99d239ae7b7ed4d0827679d9",
    "cldr-units-full": "754d55f183570c53029a77493302f432fb3e905df35a715f9cb022e2ebcb093c",
}


def fetch(cache: Path) -> None:
    """Put every pinned package into the cache folder, and refuse a file whose SHA-256 differs."""
    cache.mkdir(parents=True, exist_ok=True)
    for name, expected in PACKAGES.items():
        archive = _archive(cache, name)
        if not archive.exists():
            subprocess.run(["npm", "pack", "--silent", f"{name}@{VERSION}"], cwd=cache, check=True)
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != expected:
            raise ValueError(f"{archive.name}: SHA-256 is {found}, not the pinned {expected}")


def _archive(cache: Path, name: str) -> Path:
    return cache / f"{name}-{VERSION}.tgz"


class Packages:
    """Reads files from the packages without unpacking them to disk."""

    def __init__(self, cache: Path, wanted_locales: set[str]) -> None:
        """Load the JSON of the wanted locales (the packages hold some 700) and the licence text."""
        self._files: dict[str, bytes] = {}
        self.licence = ""
        for name in PACKAGES:
            with tarfile.open(_archive(cache, name)) as archive:
                for member in archive:
                    parts = Path(member.name).parts[1:]
                    if parts == ("LICENSE",):
                        self.licence = _read(archive, member).decode("utf-8")
                    elif len(parts) == 3 and parts[1] in wanted_locales and member.isfile():
                        self._files["/".join((name, *parts))] = _read(archive, member)

    def section(self, path: str, *keys: str) -> dict[str, Any]:
        """The object under `keys` in a package file; empty where the file or a key is missing."""
        content = self._files.get(path)
        found: Any = json.loads(content) if content is not None else {}
        for key in keys:
            found = found.get(key, {})
        return dict(found)


def parent_locales(cache: Path) -> dict[str, str]:
    """The locale that each inherits from, where that is not its own name less the last part."""
    with tarfile.open(_archive(cache, "cldr-core")) as archive:
        member = archive.getmember("package/supplemental/parentLocales.json")
        found: dict[str, str] = json.loads(_read(archive, member))["supplemental"]["parentLocales"][
            "parentLocale"
        ]
    return found


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    if stream is None:
        raise ValueError(f"{member.name} is not a file")
    return stream.read()
