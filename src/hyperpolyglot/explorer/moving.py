"""Maps along training as one page: a slider over the steps, on which the tokens move. It opens from disk."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import PurePath
from typing import Any

import numpy as np

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.explorer.bundle import colours_listed
from hyperpolyglot.explorer.inlined import inlined
from hyperpolyglot.measures.track import Track
from hyperpolyglot.measures.track.moving import MovingTokens
from hyperpolyglot.sources import title_of
from hyperpolyglot.types import Array

__all__ = ["moving_page"]

_FIRST = "begin"
_NO_LABEL = 65535
_MOST_TEXT = 200
"""Characters of a token that the page keeps."""


def moving_page(found: Track, title: str | None = None) -> str:
    """The page of a run that was laid out (``maps=``). Raises ``NotEnoughData`` without maps.

    ``title``: by default the repository or the folder that all steps are of, else the last step.
    """
    checked("moving_page", found, Track, "a Track, as track() gives it")
    tokens = found.moving
    if tokens is None or not tokens.moving:
        raise NotEnoughData(
            "Track: there are no maps of the same tokens; ask for some with --maps (maps=), and where "
            "vocabularies differ for common tokens with --shared."
        )
    title = title or run_called([step.model for step in found.maps])
    steps = [
        {"name": f"{found.options.axis} {step.x:,.10g}", "x": step.x, "stays": step.stays}
        for step in found.maps
    ]
    run = json.dumps(_run(tokens, title, steps), allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    root = files("hyperpolyglot.explorer")
    modules = {
        entry.name.removesuffix(".js"): entry.read_text("utf8")
        for folder in ("page", "moving")
        for entry in (root / folder / "js").iterdir()
        if entry.name.endswith(".js")
    }
    script = inlined(modules, _FIRST)
    style = (root / "page" / "style.css").read_text("utf8") + (root / "moving" / "moving.css").read_text(
        "utf8"
    )
    parts = {
        "policy": _policy(script, style),
        "title": escape(title),
        "style": style,
        "run": run.replace("<", "\\u003c"),
        "script": script,
    }
    page = (root / "moving" / "index.html").read_text("utf8").split("%")
    return "".join(parts.get(part, part) for part in page)


def run_called(models: Sequence[str]) -> str:
    """What a run is called by the names of its steps.

    >>> run_called(["org/name@step1", "org/name@step2"]), run_called(["/tmp/run/1.npz", "/tmp/run/2.npz"])
    ('org/name', 'run')
    >>> run_called(["demo:language", "demo:meaning"])
    'demo:meaning'
    """
    repositories = {model.partition("@")[0] for model in models if "@" in model}
    folders = {PurePath(model).parent.name for model in models}
    for named in (repositories, folders):
        if len(named) == 1 and "" not in named:
            return title_of(named.pop())
    return title_of(models[-1])


def _policy(script: str, style: str) -> str:
    """Only this script and this style, and no request to anyone."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _run(tokens: MovingTokens, title: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page is made of: ``Run`` of ``run.js`` reads it."""
    kinds = sorted({*tokens.kinds})
    kind = np.array([kinds.index(name) for name in tokens.kinds], np.uint8)
    codes = np.where(tokens.codes < 0, _NO_LABEL, tokens.codes).astype(np.uint16)
    return {
        "title": title,
        "steps": steps,
        "moving": tokens.moving,
        "ids": tokens.ids.tolist(),
        "texts": [_well_formed(text) for text in tokens.texts],
        "kinds": kinds,
        "kind": _base64(kind, "u1"),
        "label": _base64(codes, "<u2"),
        "labels": [
            {"label": label, "name": name} for label, name in zip(tokens.labels, tokens.names, strict=True)
        ],
        "singular": tokens.noun[0],
        "noun": tokens.noun[1],
        "colours": colours_listed(tokens.labels),
        "points": _base64(_framed(tokens.points), "<f4"),
        "near": _base64(tokens.near, "<i4"),
    }


def _well_formed(text: str) -> str:
    """Text that is valid UTF-8: a lone surrogate is spelled, what is very long is cut."""
    cut = text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + "…"
    return cut.encode("utf8", "backslashreplace").decode("utf8")


def _framed(points: Array) -> Array:
    """Places of all maps in a square from −1 to 1 that holds all but a few far points."""
    every = points.reshape(-1, 2)
    low, high = np.quantile(every, [0.005, 0.995], axis=0)
    half = 0.53 * float((high - low).max()) or 1.0
    return np.asarray((points - (low + high) / 2) / half)


def _base64(values: Array, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode()
