"""What a MODEL names: a folder or a file on disk, or a demo model that comes with the package."""

from __future__ import annotations

import difflib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import iglob
from importlib.resources import files
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from hyperpolyglot.errors import ModelNotFound
from hyperpolyglot.folders import expanded
from hyperpolyglot.formats import suffixes
from hyperpolyglot.hub.names import HubName, parse_name
from hyperpolyglot.hub.refs import list_refs
from hyperpolyglot.shown import shown

__all__ = [
    "DEMOS",
    "Demo",
    "is_counted",
    "known_demos",
    "matching",
    "named",
    "naturally",
    "remark_on_demo",
    "resolve",
    "revisions_of",
    "spread",
    "thinned",
    "title_of",
    "told_apart",
]

Thinned = TypeVar("Thinned")

LONGEST_TITLE = 40
_MOST_COMPARED = 10_000
_MOST_MATCHING = 1_000
_SUFFIXES = (*suffixes(), ".json", ".jsonl", ".model", ".tiktoken", ".index", ".gz")
_COMMON_STEMS = re.compile(
    r"(?:model|pytorch_model|consolidated|weights|embeddings?|tokenizer|tekken|spiece|vocab|sentencepiece)"
    r"(?:[-.]\d[-\w]*)?"
)
_titles: ContextVar[Mapping[str, str]] = ContextVar("_titles", default=MappingProxyType({}))


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
            "4-bit); its numbers are those of the excerpt. Words that are not tokens are split into the "
            "pieces that remain, more than in the full model.",
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


def matching(model: str, folder: Path | None = None) -> list[str]:
    """The models that a pattern such as ``run/step-*`` names, by number where they have one; else the model itself.

    ``NAME=PATTERN`` names each by NAME and what is its own. ``folder``: where paths begin, by default here. Raises
    ``ModelNotFound`` where nothing matches, or more than a thousand do.

    >>> matching("demo:e5"), matching("org/name@main")
    (['demo:e5'], ['org/name@main'])
    """
    name, pattern = named(model)
    here = folder or Path()
    if not set("*?[") & set(pattern) or pattern.startswith("demo:") or (here / expanded(pattern)).exists():
        return [model]
    found = list(islice(iglob(os.path.expanduser(pattern), root_dir=here), _MOST_MATCHING + 1))
    if not found or len(found) > _MOST_MATCHING:
        told = (
            f"more than {_MOST_MATCHING:,} files or folders match" if found else "no file or folder matches"
        )
        raise ModelNotFound(f"{model}: {told}.")
    found.sort(key=naturally)
    if name is None:
        return found
    if len(found) == 1:
        return [f"{name}={found[0]}"]
    places = [os.path.join(os.curdir, place) for place in found]  # not to be taken for names on the Hub
    titles = _apart(places)
    return [
        f"{name} {titles[place].replace('/', '-')}={model}"
        for place, model in zip(places, found, strict=True)
    ]


def revisions_of(model: str, pattern: str) -> list[str]:
    """``org/name@revision`` of every branch and tag of a repository on the Hub that matches, in natural order.

    Raises ``ModelNotFound`` where none does or more than a thousand do, and what the Hub's refusal raises.
    """
    refs = sorted((ref for ref in list_refs(model) if fnmatchcase(ref, pattern)), key=naturally)
    if not refs or len(refs) > _MOST_MATCHING:
        told = f"more than {_MOST_MATCHING:,} revisions match" if refs else "no branch and no tag matches"
        raise ModelNotFound(f"{model}: {told} {pattern!r}.")
    return [f"{model}@{ref}" for ref in refs]


def thinned(steps: Sequence[Thinned], every: int) -> list[Thinned]:
    """Every so many of some steps, from the first on, and always the last.

    >>> thinned(["a", "b", "c", "d"], 2)
    ['a', 'c', 'd']
    """
    return [*steps[:-1:every], *steps[-1:]]


def spread(steps: Sequence[Thinned], most: int) -> list[Thinned]:
    """At most so many of some steps, evenly spread, with the first and the last.

    >>> spread(range(10), 4), spread("ab", 4)
    ([0, 3, 6, 9], ['a', 'b'])
    """
    if len(steps) <= most:
        return list(steps)
    return [steps[i * (len(steps) - 1) // (most - 1)] for i in range(most)]


def naturally(path: str) -> list[tuple[int, str]]:
    """A key that orders the numbers in a path as numbers: step-50 before step-100."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", path)]


def title_of(model: str) -> str:
    """A name short enough for a figure, as a reader can see it: of a path, the last part that says what it is.

    Within :func:`told_apart`, the name by which the model is told from others.

    >>> title_of("/home/someone/models/xlm-r/model.safetensors"), title_of("runs/mine.gguf")
    ('xlm-r', 'mine')
    >>> title_of("google/mt5-base@main"), title_of("demo:e5")
    ('google/mt5-base@main', 'demo:e5')
    """
    return _titles.get().get(model) or _fitting(_tail(model, 1))


@contextmanager
def told_apart(models: Iterable[str]) -> Iterator[None]:
    """Give these models different titles for as long as the block lasts.

    >>> with told_apart(["/a/run/last", "/b/walk/last"]):
    ...     title_of("/a/run/last"), title_of("/b/walk/last")
    ('run/last', 'walk/last')
    """
    token = _titles.set(_apart(models))
    try:
        yield
    finally:
        _titles.reset(token)


def _apart(models: Iterable[str]) -> dict[str, str]:
    """Titles with as many parts of the paths as tell the models apart, else with a number behind them."""
    titles: dict[str, str] = {}
    listed = list(dict.fromkeys(models))
    parts = dict.fromkeys(listed, 1)
    for _ in range(max((len(re.split(r"[/\\]", model)) for model in listed), default=0)):
        titles = {model: _fitting(_tail(model, parts[model])) for model in listed}
        counts = Counter(titles.values())
        for model in listed:
            parts[model] += counts[titles[model]] > 1
    seen: Counter[str] = Counter()
    for model, title in titles.items():
        seen[title] += 1
        if seen[title] > 1:
            titles[model] = f"{title} ({seen[title]})"
    return titles


def _tail(model: str, count: int) -> str:
    """The last ``count`` parts of a path that say what it is; a name that is no path as it is."""
    repository = parse_name(model)
    if repository is not None and repository.file is None:
        return model
    parts = [part for part in re.split(r"[/\\]", model) if part not in ("", ".")]
    if not parts:
        return model
    kept = next((part for part in parts if part.startswith("models--")), None)
    if kept is not None and "snapshots" in parts:  # the Hub's cache
        return kept.removeprefix("models--").replace("--", "/")
    stem = parts[-1]
    while stem.endswith(_SUFFIXES) and "." in stem[1:]:
        stem = stem.rpartition(".")[0]
    parts = parts[:-1] if _COMMON_STEMS.fullmatch(stem) and len(parts) > 1 else [*parts[:-1], stem]
    return "/".join(parts[-count:])


def _fitting(title: str) -> str:
    return shown(title if len(title) <= LONGEST_TITLE else f"…{title[1 - LONGEST_TITLE :]}")


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
