"""Disturbances of a report on models of a hub: what it fetches is poisoned, damaged, or cannot be kept."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.formats.writers import safetensors_bytes
from tests.hub.server import LoopbackHub, blob
from trials import Trial, expect

from hyperpolyglot import hub
from hyperpolyglot.hub.headers import Journal

__all__ = ["HUB_FAULTS", "NEEDS_MOUNTING", "serve"]

PAGE = b"<!DOCTYPE html><title>Log in</title>" + b"<p>Please log in.</p>" * 10_000
AGAIN = "fetched again"


def serve(running: LoopbackHub, folders: list[str]) -> list[str]:
    """Put models on a hub, each among tensors that nobody asks for; their names there."""
    from safetensors.numpy import load_file

    names = []
    for folder in map(Path, folders):
        tensors = load_file(folder / "model.safetensors")
        tensors |= {f"layers.{i}.weight": np.full((64, 64), i, np.float32) for i in range(20)}
        files = {path.name: blob(path.read_bytes(), lfs=False) for path in folder.iterdir()}
        files["model.safetensors"] = blob(safetensors_bytes(tensors), lfs=True)
        names.append(f"acme/{folder.name}")
        running.add(names[-1], files)
    return names


def _page(write: Callable[[bytes], object]) -> None:
    write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE)


def poisoned(trial: Trial) -> None:
    """A login page answers one request, or lies in the place of a header; later runs must not keep it."""
    assert trial.hub is not None
    if trial.chance.random() < 0.5:
        trial.hub.fault(
            role=trial.chance.choice(["hub", "cdn"]), raw=_page, times=1, skip=trial.chance.randrange(4)
        )
        code, log = trial.run()
        trial.hub.forget()
        expect(code in (0, 1) and "Traceback" not in log, f"ended with {code}", log)
    else:
        trial.run()
        chosen = trial.chance.choice([e for e in hub.cached_entries(trial.cache) if e.kind == "headers"])
        chosen.path.unlink()
        Journal(chosen.path).add(0, PAGE[: 1 << 16])
        expect([chosen.path] == [e.path for e in hub.verify(trial.cache)], "verify does not find the page")
        shutil.rmtree(trial.out)
        code, log = trial.run()
        expect(code == 0 and AGAIN in log, f"ended with {code}", log)
    expect(hub.verify(trial.cache) == [], "what is kept is not sound")


def flipped_fetched(trial: Trial) -> None:
    """One random bit of one random file that was fetched is flipped; it must be said and fetched again."""
    trial.run()
    chosen = [
        path
        for path in (trial.cache / "ranges").rglob("*")
        if path.suffix in (".bin", ".json") or path.name == "headers"
    ]
    chosen += (trial.folder / "home" / "hub").rglob("blobs/*")
    described = {"file.json", *(path.name for path in trial.cache.rglob("listings/*"))}
    files = sorted(
        path for path in chosen if path.is_file() and path.name not in described and path.suffix != ".lock"
    )
    path = trial.chance.choice(files)
    raw = bytearray(path.read_bytes())
    raw[trial.chance.randrange(len(raw))] ^= 1 << trial.chance.randrange(8)
    path.write_bytes(raw)
    shutil.rmtree(trial.out)
    code, log = trial.run()
    expect(code == 0 and AGAIN in log, f"ended with {code} after a flipped bit in {path.name}", log)
    expect(hub.verify(trial.cache) == [], "what is kept is not sound")


def unusable_cache(trial: Trial) -> None:
    """The caches are files or read-only; the report is made all the same, and it is said."""
    home = trial.folder / "home"
    places = trial.chance.choice([[trial.cache], [home], [trial.cache, home]])
    read_only = trial.chance.random() < 0.5
    for place in places:
        if read_only:
            place.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=4096", "tmpfs", str(place)], check=True)
        else:
            place.write_text("in the way")
    try:
        code, log = trial.run()
        expect(code == 0, f"ended with {code}", log)
        expect("used but not kept" in log, "it was not said", log)
        expect(trial.same(), "the result differs")
    finally:
        for place in places:
            if read_only:
                subprocess.run(["umount", "-l", str(place)], check=True)
            else:
                place.unlink()


HUB_FAULTS = (poisoned, flipped_fetched, unusable_cache)
NEEDS_MOUNTING = (unusable_cache,)
