"""What a MODEL names: a folder or a file on disk, or a demo model that comes with the package."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from hyperpolyglot.errors import ModelNotFound
from hyperpolyglot.folders import expanded
from hyperpolyglot.hub.names import HubName, parse_name
from hyperpolyglot.shown import shown

__all__ = ["DEMOS", "Demo", "is_counted", "known_demos", "named", "remark_on_demo", "resolve", "title_of"]

LONGEST_TITLE = 40
_MOST_COMPARED = 10_000


@dataclass(frozen=True, slots=True)
class Demo:
    """A model of the package: its ``file``; whether it was ``counted`` from CLDR; what the user should know of it."""

    file: str
    counted: bool
    remark: str = ""


DEMOS = MappingProxyType(
    {
        "e5": Demo(
            "e5.gguf",
            counted=False,
            remark="demo:e5 is an excerpt of 23,763 of the 250,002 tokens of a real model (multilingual-e5-small, "
            "4-bit); its numbers are those of the excerpt. Words that are no token are cut into the pieces that are "
            "left, more than the model needs.",
        ),
        "language": Demo("language.safetensors", counted=True),
        "meaning": Demo("meaning.safetensors", counted=True),
    }
)
"""By name, in the order in which they are listed."""


def known_demos() -> str:
    """The demo models as a list in a sentence.

    >>> known_demos()
    'demo:e5, demo:language and demo:meaning'
    """
    *first, last = (f"demo:{name}" for name in DEMOS)
    return f"{', '.join(first)} and {last}"


def is_counted(model: str) -> bool:
    """Whether a name is that of a demo model which was counted from Unicode CLDR.

    >>> is_counted("demo:meaning"), is_counted("demo:e5"), is_counted("meaning")
    (True, False, False)
    """
    demo = DEMOS.get(model.removeprefix("demo:")) if model.startswith("demo:") else None
    return demo is not None and demo.counted


def remark_on_demo(model: str) -> str:
    """What the user should know of a demo model, in a sentence; empty for all other models."""
    demo = DEMOS.get(model.removeprefix("demo:")) if model.startswith("demo:") else None
    return demo.remark if demo else ""


def resolve(model: str) -> Path | HubName:
    """The folder or file that ``model`` names, else its name on the Hub. Raises ``ModelNotFound``.

    >>> resolve("google/mt5-xxl@main").repository
    'google/mt5-xxl'
    """
    if model.startswith("demo:"):
        return _demo(model.removeprefix("demo:"))
    path = expanded(model)
    if path.exists():
        return path
    named = parse_name(model)
    if named is not None:
        return named
    near = _similar(path)
    hint = f"did you mean {near}?" if near else "name a folder, a file or demo:NAME."
    raise ModelNotFound(f"{model}: there is no such folder or file; {hint}")


def named(model: str) -> tuple[str | None, str]:
    """The name that ``NAME=MODEL`` gives a model, and the model; no name where there is none, or a file is called so.

    >>> named("base=org/model@main"), named("./a=b/model"), named("demo:meaning")
    (('base', 'org/model@main'), (None, './a=b/model'), (None, 'demo:meaning'))
    """
    name, equals, rest = model.partition("=")
    if not (equals and name.strip() and rest) or set("/\\:@") & set(name) or expanded(model).exists():
        return None, model
    return name.strip(), rest


def title_of(model: str) -> str:
    """A name short enough for a figure, as a reader can see it: of a long path, the end.

    >>> title_of("/home/someone/models/downloaded/by/hand/xlm-r/model.safetensors")
    '…/xlm-r/model.safetensors'
    """
    if len(model) <= LONGEST_TITLE:
        return shown(model)
    kept = "/".join(Path(model).parts[-2:])
    return shown(f"…/{kept}" if len(kept) <= LONGEST_TITLE else f"…{kept[-LONGEST_TITLE:]}")


def _demo(name: str) -> Path:
    if name not in DEMOS:
        raise ModelNotFound(f"demo:{name}: there is no such demo model; there are {known_demos()}.")
    return Path(str(files("hyperpolyglot") / "demos" / DEMOS[name].file))


def _similar(path: Path) -> str | None:
    try:
        names = os.listdir(path.parent)
    except OSError:
        return None
    if len(names) > _MOST_COMPARED:
        return None
    near = difflib.get_close_matches(path.name, names, n=1)
    return str(path.parent / near[0]) if near else None
