"""What public functions take: options by keywords, kinds by name, and a sentence for what is of another type."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from typing import Any, TypeVar

from hyperpolyglot.vocabulary import TokenKind

__all__ = ["Kinds", "checked", "checked_all", "checked_seed", "kinds_of", "options_of"]

Kinds = Collection[TokenKind | str]
"""Kinds of tokens: ``TokenKind.SPECIAL`` or ``"special"``."""

Options = TypeVar("Options")
_KINDS = {kind.label: kind for kind in TokenKind}


def options_of(call: str, kind: type[Options], options: Options | None, changes: dict[str, Any]) -> Options:
    """The options of a call: those given, or the defaults, with what keywords change.

    Raises ``TypeError`` for an unknown keyword or options of another class, ``ValueError`` as the class does.
    """
    if options is not None and not isinstance(options, kind):
        raise TypeError(
            f"{call}() takes its options as {kind.__name__} or by keywords, not as {_named(options)}."
        )
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in changes:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}=?" if near else f"its options are {', '.join(known)}."
            raise TypeError(f"{call}() takes no {name}=; {hint}")
    found = kind() if options is None else options
    return checked_seed(replace(found, **changes) if changes else found)  # type: ignore[type-var]


def checked_seed(options: Options) -> Options:
    """The options, whose seed is no negative number. Raises ``ValueError``."""
    if getattr(options, "seed", 0) < 0:
        raise ValueError("a seed is 0 or more.")
    return options


def kinds_of(exclude: Kinds | str) -> tuple[TokenKind, ...]:
    """Kinds by their names, in the order given. Raises ``ValueError`` for a name that is none.

    >>> kinds_of(["special", TokenKind.BYTE]) == (TokenKind.SPECIAL, TokenKind.BYTE)
    True
    """
    given: Iterable[Any] = [exclude] if isinstance(exclude, str | TokenKind) else exclude
    found = []
    for kind in given:
        if isinstance(kind, str):
            if kind.lower() not in _KINDS:
                raise ValueError(f"{kind!r} is no kind of token; there are {', '.join(_KINDS)}.")
            found.append(_KINDS[kind.lower()])
        else:
            found.append(TokenKind(kind))
    return tuple(found)


def checked(call: str, value: object, kind: type | tuple[type, ...], what: str) -> None:
    """Raise ``TypeError`` where a value is not of the type that a call takes; ``what`` says which it is."""
    if not isinstance(value, kind):
        raise TypeError(f"{call}() takes {what}, not {_named(value)}.")


def checked_all(call: str, values: object, kind: type, what: str) -> None:
    """The same for each of several values; one alone is none."""
    if isinstance(values, kind) or not isinstance(values, Iterable) or isinstance(values, str):
        raise TypeError(f"{call}() takes a list of {what}, not {_named(values)}.")
    for value in values:
        if not isinstance(value, kind):
            raise TypeError(f"{call}() takes a list of {what}, not {_named(value)} in it.")


def _named(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"
