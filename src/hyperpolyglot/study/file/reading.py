"""A document on its way to a study: what its values may be, and the mistakes met, each with its place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hyperpolyglot.arguments import checked_seed
from hyperpolyglot.folders import expanded
from hyperpolyglot.study.lines import Place

__all__ = ["Reading"]

_PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_TAKES: dict[type[Any], Callable[[Any], bool]] = {
    bool: lambda v: isinstance(v, bool),
    int: lambda v: isinstance(v, int) and not isinstance(v, bool),
    float: lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    str: lambda v: isinstance(v, str),
}


def _near(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"


class Reading:
    """Values of tables as they are asked for; what is wrong is noted in ``mistakes``, and nothing is raised."""

    def __init__(self, folder: Path, document: Mapping[str, Any]) -> None:
        self.folder, self.document = folder, document
        self.mistakes: list[tuple[Place, str]] = []

    def mistake(self, place: Place, what: str) -> None:
        """Note what is wrong at a place."""
        self.mistakes.append((place, what))

    def known(self, table: Mapping[str, Any], names: Sequence[str], place: Place) -> None:
        """Note each key of a table that is none of the names."""
        for name in table:
            if name not in names:
                self.mistake((*place, name), f"no key is called {name!r}{_near(name, names)}")

    def table(self, table: Mapping[str, Any], name: str, place: Place) -> Mapping[str, Any]:
        """A table in a table; empty where there is none."""
        found = table.get(name, {})
        if isinstance(found, dict):
            return found
        self.mistake((*place, name), f"{name} is a table, [{name}]")
        return {}

    def tables(self, name: str) -> list[Mapping[str, Any]]:
        """The tables of a list of the document; none where there is no such list."""
        listed = self.document.get(name, [])
        if isinstance(listed, list) and all(isinstance(entry, dict) for entry in listed):
            return listed
        self.mistake((name,), f"{name} is a list of tables, [[{name}]]")
        return []

    def text(self, table: Mapping[str, Any], name: str, place: Place) -> str | None:
        """A text that is not empty and has no NUL; ``None`` where there is none."""
        found = table.get(name)
        if found is None or (isinstance(found, str) and found and "\0" not in found):
            return found
        self.mistake((*place, name), f"{name} is text, and not empty")
        return None

    def path(self, name: str) -> Path:
        """A path, relative to the folder of the file."""
        return self.folder / expanded(name)

    def choice(self, value: Any, choices: Sequence[str], place: Place, noun: str) -> bool:
        """Whether a value is one of the choices, which is noted if it is not."""
        if isinstance(value, str) and value in choices:
            return True
        near = _near(value, choices) if isinstance(value, str) else f"; there are {', '.join(choices)}"
        self.mistake(place, f"no {noun} is called {value!r}{near}")
        return False

    def part(self, kind: type[Any], table: Mapping[str, Any], shared: Mapping[str, Any], place: Place) -> Any:
        """A record of options, with the study's seed and protocol unless it has its own; ``None`` if it is wrong."""
        names = [f.name for f in fields(kind)]
        self.known(table, names, place)
        hints = get_type_hints(kind)
        right = [self.typed(v, hints[n], (*place, n)) for n, v in table.items() if n in hints]
        if not all(right):
            return None
        given = {n: v for n, v in shared.items() if n in names}
        given |= {n: tuple(v) if isinstance(v, list) else v for n, v in table.items() if n in names}
        try:
            return checked_seed(kind(**given))
        except ValueError as error:
            self.mistake(place, str(error))
            return None

    def typed(self, value: Any, hint: Any, place: Place) -> bool:
        """Whether a value is of the type that an annotation names, which is noted if it is not."""
        if get_origin(hint) is Literal:
            return self.choice(value, get_args(hint), place, str(place[-1]))
        parts = () if get_origin(hint) is tuple else get_args(hint)
        allowed: tuple[type[Any], ...] = tuple(t for t in _PLAIN if t is hint or t in parts)
        if not allowed:
            if isinstance(value, list) and all(isinstance(part, str) for part in value):
                return True
            self.mistake(place, f"{place[-1]} is a list of texts")
            return False
        if any(_TAKES[kind](value) for kind in allowed):
            return True
        self.mistake(place, f"{place[-1]} is {' or '.join(_PLAIN[kind] for kind in allowed)}")
        return False
