"""A reader of pickles that can build plain containers and call nothing.

``pickle.Unpickler`` is not used at all: even with a guarded ``find_class`` a hostile stream makes it
allocate or hash without bound. Here globals are looked up in a fixed table of our own constructors.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.cursor import Cursor, shown

__all__ = ["LONGEST_PICKLE", "Constructor", "Inert", "load"]

LONGEST_PICKLE = 1 << 25
_FEWEST_STEPS = 3 << 19
_MOST_STEPS = 1 << 22
_MOST_ARGUMENTS = 64
_LONGEST_INTEGER = 64

Constructor = Callable[..., Any]


class Inert:
    """Stands for an object that no tensor is made of; whatever is put into it is dropped."""

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        pass


class _Mark:
    __slots__ = ()


class _Callee:
    """A global of the allow-list on the stack."""

    __slots__ = ("build",)

    def __init__(self, build: Constructor) -> None:
        self.build = build


_MARK: Final = _Mark()
_PUSHES: dict[int, Callable[[], Any]] = {
    0x4E: lambda: None,
    0x88: lambda: True,
    0x89: lambda: False,
    0x7D: dict,
    0x5D: list,
    0x29: tuple,
    0x8F: Inert,
    0x28: lambda: _MARK,
}
_NUMBERS = {0x4B: "<B", 0x4D: "<H", 0x4A: "<i", 0x47: ">d"}
_TEXTS = {0x58: "<I", 0x8C: "<B", 0x8D: "<Q", 0x54: "<i", 0x55: "<B"}
_BYTES = {0x42: "<I", 0x43: "<B", 0x8E: "<Q", 0x96: "<Q"}
_LONGS = {0x8A: "<B", 0x8B: "<i"}
_PUTS = {0x71: "<B", 0x72: "<I"}
_GETS = {0x68: "<B", 0x6A: "<I"}
_FRAMING = {0x80: "<B", 0x95: "<Q"}
_LATEST_PROTOCOL = 5
_TUPLES = {0x85: 1, 0x86: 2, 0x87: 3}


def load(
    cursor: Cursor, allowed: Mapping[tuple[str, str], Constructor], persistent: Callable[[Any], Any]
) -> Any:
    """The object that the pickle at the cursor describes; the cursor moves behind it.

    ``allowed`` gives the constructor for each global that may occur; ``persistent`` answers persistent ids.
    Raises ``UnsupportedFormat`` for any other global, ``DamagedFile`` for what is no proper pickle.
    """
    try:
        return _Machine(cursor, allowed, persistent).run()
    except (
        IndexError,
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        struct.error,
        OverflowError,
        RecursionError,
    ) as error:
        raise DamagedFile(cursor.where, "the pickle in it is malformed") from error


class _Machine:
    def __init__(
        self, cursor: Cursor, allowed: Mapping[tuple[str, str], Constructor], persistent: Callable[[Any], Any]
    ) -> None:
        self.cursor = cursor
        self.allowed = allowed
        self.persistent = persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.steps = min(_MOST_STEPS, _FEWEST_STEPS + (cursor.size >> 9))

    def run(self) -> Any:
        take, stack = self.cursor.take, self.stack
        while self.steps > 0:
            self.steps -= 1
            code = take(1)[0]
            if code in _PUSHES:
                stack.append(_PUSHES[code]())
            elif code in _PUTS:
                self.memo[self.number(_PUTS[code])] = stack[-1]
            elif code in _GETS:
                stack.append(self.memo[self.number(_GETS[code])])
            elif code in _NUMBERS:
                stack.append(self.cursor.unpack(_NUMBERS[code])[0])
            elif code in _TEXTS:
                stack.append(take(self.number(_TEXTS[code])).decode("utf-8", "strict"))
            elif code in _TUPLES:
                self.replace(_TUPLES[code], tuple(self.top(_TUPLES[code])))
            elif code == 0x2E:
                return self.pop()
            elif code not in _FRAMING:
                self.rare(code)
            elif self.number(_FRAMING[code]) > _LATEST_PROTOCOL and code == 0x80:
                raise ValueError("a later pickle protocol")
        raise DamagedFile(self.cursor.where, "the pickle in it has more steps than any checkpoint needs")

    def rare(self, code: int) -> None:
        stack = self.stack
        if code in _BYTES:
            stack.append(self.cursor.take(self.number(_BYTES[code])))
        elif code in _LONGS:
            stack.append(self.integer(self.number(_LONGS[code])))
        elif code == 0x94:
            self.memo[len(self.memo)] = stack[-1]
        elif code == 0x63:
            module, name = self.cursor.line().decode(), self.cursor.line().decode()
            stack.append(self.look_up(module, name))
        elif code == 0x93:
            module, name = self.top(2)
            self.replace(2, self.look_up(module, name))
        elif code == 0x51:
            self.replace(1, self.persistent(self.top(1)[0]))
        elif code in (0x52, 0x81):
            callee, arguments = self.top(2)
            self.replace(2, self.built(callee, arguments))
        elif code == 0x30:
            self.pop()
        elif code == 0x32:
            stack.append(stack[-1])
        else:
            self.fill(code)

    def fill(self, code: int) -> None:
        """The steps that put things into a container, or drop them."""
        if code == 0x62:
            self.pop()
        elif code == 0x61:
            _extend(self.stack[-2], [self.pop()])
        elif code == 0x73:
            key, value = self.top(2)
            del self.stack[-2:]
            _update(self.stack[-1], [key, value])
        else:
            items = self.marked()
            if code == 0x74:
                self.stack.append(tuple(items))
            elif code == 0x6C:
                self.stack.append(items)
            elif code == 0x64:
                self.stack.append({})
                _update(self.stack[-1], items)
            elif code in (0x65, 0x90):
                _extend(self.stack[-1], items)
            elif code == 0x75:
                _update(self.stack[-1], items)
            elif code == 0x91:
                self.stack.append(Inert())
            elif code != 0x31:
                raise ValueError(f"the pickle step {code:#x}")

    def look_up(self, module: str, name: str) -> _Callee:
        build = self.allowed.get((module, name))
        if build is None:
            raise UnsupportedFormat(
                f"{self.cursor.where}: the pickle asks for {shown(f'{module}.{name}')}, which no plain checkpoint "
                "of tensors needs (nothing was executed); save the tensors alone, best as safetensors."
            )
        return _Callee(build)

    def built(self, callee: Any, arguments: Any) -> Any:
        """The result of a constructor; going through a list again and again costs steps like making it."""
        if not isinstance(callee, _Callee) or not isinstance(arguments, tuple):
            raise TypeError("a call of what is no constructor")
        if len(arguments) > _MOST_ARGUMENTS:
            raise ValueError("more arguments than any constructor takes")
        self.steps -= sum(len(held) for held in arguments if isinstance(held, (list, tuple)))
        return callee.build(*arguments)

    def number(self, form: str) -> int:
        value: int = self.cursor.unpack(form)[0]
        if value < 0:
            raise ValueError("a negative length")
        return value

    def integer(self, length: int) -> int:
        if length > _LONGEST_INTEGER:
            raise ValueError("an integer beyond all bounds")
        return int.from_bytes(self.cursor.take(length), "little", signed=True)

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value is due")
        return value

    def top(self, count: int) -> list[Any]:
        values = self.stack[-count:]
        if len(values) < count or _MARK in map(_marker, values):
            raise IndexError("too few values")
        return values

    def replace(self, count: int, value: Any) -> None:
        del self.stack[-count:]
        self.stack.append(value)

    def marked(self) -> list[Any]:
        spot = len(self.stack) - 1
        while self.stack[spot] is not _MARK:
            spot -= 1
            if spot < 0:
                raise IndexError("no mark")
        items = self.stack[spot + 1 :]
        del self.stack[spot:]
        return items


def _marker(value: Any) -> Any:
    return _MARK if value is _MARK else None


def _extend(target: Any, items: list[Any]) -> None:
    if isinstance(target, list):
        target.extend(items)
    elif not isinstance(target, Inert):
        raise TypeError("items for what is no list")


def _update(target: Any, items: list[Any]) -> None:
    if len(items) % 2:
        raise ValueError("a key without a value")
    if isinstance(target, dict):
        for key, value in zip(items[::2], items[1::2], strict=True):
            if isinstance(key, str):
                target[key] = value
    elif not isinstance(target, Inert):
        raise TypeError("items for what is no dictionary")
