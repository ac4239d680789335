"""Frozen records as steps of a store, and back: every array beside the JSON of the rest.

The annotations of a record's fields say how to read it. ``Any`` is whatever JSON holds, so tuples in it come back as
lists.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from hyperpolyglot.provenance import VERSION
from hyperpolyglot.store import Step, Store, digest_of
from hyperpolyglot.types import Array

__all__ = ["kept", "made_of", "parts_of", "record_of"]

Kind = TypeVar("Kind")
NUMBERS = 6
"""Raised where a change of the program changes a number: what was kept before is not found then."""

_ARRAY = "\0array"
"""The key that stands for an array; no name can hold this character."""


def kept(
    store: Store,
    name: str,
    kind: type[Kind],
    inputs: Mapping[str, Any],
    compute: Callable[[], Kind],
    models: tuple[str, ...] = (),
) -> Kind:
    """The record that ``compute`` gives, found in the store where it was made from the same inputs before.

    A record whose fields have changed is another one: it is made again. ``models``: titles to keep beside it.
    """
    return record_of(kind, store.step(name, made_of(kind, inputs), lambda: parts_of(compute(), models)))


def made_of(kind: type[Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """All that a record depends on: its inputs, its fields, and what made it."""
    return {"version": VERSION, "numbers": NUMBERS, "fields": _shape(kind), **inputs}  # type: ignore[arg-type]


def parts_of(record: Any, models: tuple[str, ...] = ()) -> Step:
    """A record as arrays and JSON, with the titles of its models."""
    arrays: dict[str, Array] = {}
    values = {"record": _plain(record, arrays)}
    return Step(arrays, values, models)


def record_of(kind: type[Kind], step: Step) -> Kind:
    """The record that was taken apart."""
    record: Kind = _rebuilt(kind, step.values["record"], step.arrays)
    return record


@cache
def _shape(kind: type[Any]) -> str:
    """A digest of the fields of a record and of all records in it."""
    seen: dict[str, list[list[str]]] = {}
    waiting = [kind]
    while waiting:
        record = waiting.pop()
        if record.__name__ in seen:
            continue
        hints = _hints(record)  # type: ignore[arg-type]
        seen[record.__name__] = [[name, str(hint)] for name, hint in hints.items()]
        waiting += [part for hint in hints.values() for part in _records(hint)]
    return digest_of(seen)


@cache
def _hints(record: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(record)
    return {field.name: hints[field.name] for field in dataclasses.fields(record)}


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def _records(hint: Any) -> list[type[Any]]:
    """The records that an annotation names."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return [hint]
    return [record for part in get_args(hint) for record in _records(part)]


_SCALARS = frozenset((str, int, float, bool, type(None)))


def _plain(value: Any, arrays: dict[str, Array]) -> Any:
    kind = type(value)
    if kind in _SCALARS:
        return value
    if isinstance(value, np.ndarray):
        name = f"array-{len(arrays)}"
        arrays[name] = value
        return {_ARRAY: name}
    if names := _field_names(kind):  # type: ignore[arg-type]
        return {name: _plain(getattr(value, name), arrays) for name in names}
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, Mapping):
        return {key: _plain(part, arrays) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part, arrays) for part in value]
    return value.item() if isinstance(value, np.generic) else value


def _rebuilt(hint: Any, value: Any, arrays: Mapping[str, Array]) -> Any:
    if not isinstance(value, dict | list) or (hint is Any and not arrays):
        return value
    hint = _present(hint)
    if isinstance(value, dict):
        return _mapping(hint, value, arrays)
    return _sequence(hint, value, arrays)


@cache
def _present(hint: Any) -> Any:
    """The kind of a value that may be ``None``, where it is not."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


def _mapping(hint: Any, value: dict[str, Any], arrays: Mapping[str, Array]) -> Any:
    if value.keys() == {_ARRAY}:
        return arrays[value[_ARRAY]]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = _hints(hint)
        return hint(**{name: _rebuilt(hints[name], part, arrays) for name, part in value.items()})
    parts = get_args(hint)
    inner = parts[1] if len(parts) == 2 else Any
    return {key: _rebuilt(inner, part, arrays) for key, part in value.items()}


def _sequence(hint: Any, value: list[Any], arrays: Mapping[str, Array]) -> Any:
    parts = get_args(hint)
    if get_origin(hint) is not tuple:
        return [_rebuilt(parts[0] if parts else Any, part, arrays) for part in value]
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_rebuilt(parts[0], part, arrays) for part in value)
    return tuple(_rebuilt(part_hint, part, arrays) for part_hint, part in zip(parts, value, strict=True))
