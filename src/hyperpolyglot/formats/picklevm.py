"""A reader of pickles that can build plain containers and call nothing.

``pickle.Unpickler`` is not used at all: even with a guarded ``find_class`` a hostile stream makes it
allocate or hash without bound. Here globals are looked up in a fixed table of our own constructors; any other is
neither imported nor called, and its objects are stand-ins that keep what was put into them. What runs programs or
opens files (``os.system``, ``builtins.eval``) is refused by name, because no checkpoint has it.
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


# fmt: off
_RUNNING = frozenset((
    "os", "posix", "nt", "subprocess", "sys", "builtins", "__builtin__", "importlib", "imp", "runpy",
    "code", "codeop", "pty", "shutil", "socket", "ctypes", "_ctypes", "pickle", "_pickle", "cPickle",
    "marshal", "shelve", "webbrowser", "multiprocessing", "commands", "platform", "timeit", "pdb", "bdb",
    "profile", "cProfile", "trace", "asyncio", "urllib", "http", "ftplib", "smtplib", "telnetlib",
    "tempfile", "signal", "io", "_io", "operator", "_operator", "threading", "_thread", "concurrent",
    "site", "sysconfig", "pkgutil", "zipimport", "gc", "inspect", "linecache", "pip", "distutils",
    "setuptools",
))
# fmt: on
"""Modules of Python that a checkpoint has no business with; ``types.FunctionType`` and the like besides."""

_CODE = frozenset((("types", "FunctionType"), ("types", "CodeType"), ("types", "LambdaType")))
_HARMLESS = frozenset((("builtins", "getattr"), ("__builtin__", "getattr"), ("builtins", "object")))


class Inert:
    """Stands for an object that no tensor is made of; what is put into it by name is its ``state``."""

    __slots__ = ("state",)

    def __init__(self, *arguments: Any) -> None:
        self.state: dict[str, Any] | None = None


class _Mark:
    __slots__ = ()


class _Callee:
    """A global on the stack; ``build`` is :class:`Inert` where it is not of the allow-list."""

    __slots__ = ("build", "name")

    def __init__(self, build: Constructor, name: str) -> None:
        self.build = build
        self.name = name


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

    ``allowed`` gives the constructor for each global that is built; all others become stand-ins. ``persistent``
    answers persistent ids. Raises ``UnsupportedFormat`` for globals that run programs, and for kinds of tensors that
    are not known; ``DamagedFile`` for what is no proper pickle.
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
        elif code == 0x92:
            callee, arguments, _ = self.top(3)
            self.replace(3, self.built(callee, arguments))
        elif code == 0x30:
            self.pop()
        elif code == 0x32:
            stack.append(stack[-1])
        else:
            self.fill(code)

    def fill(self, code: int) -> None:
        """The steps that put things into a container, or drop them."""
        if code == 0x62:
            self.set_state(self.pop())
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

    def set_state(self, state: Any) -> None:
        """What an object is given after it is made; only a stand-in keeps it, and copying it costs steps."""
        target = self.top(1)[0]
        if isinstance(target, Inert):
            for part in state[:2] if isinstance(state, tuple) else (state,):
                if isinstance(part, dict):
                    self.steps -= len(part)
                    target.state = target.state if target.state is not None else {}
                    target.state.update(part)

    def look_up(self, module: str, name: str) -> _Callee:
        build, full = self.allowed.get((module, name)), f"{module}.{name}"
        if build is not None:
            return _Callee(build, full)
        tensor = module.startswith("torch._") and name.startswith("_rebuild")
        if tensor or "__" in name or _runs(module, name):
            raise UnsupportedFormat(
                f"{self.cursor.where}: the pickle asks for {shown(full)}, which no plain checkpoint of tensors needs "
                "(nothing was executed); save the tensors alone, best as safetensors."
            )
        return _Callee(Inert, full)

    def built(self, callee: Any, arguments: Any) -> Any:
        """The result of a constructor; going through a list again and again costs steps like making it."""
        if not isinstance(arguments, tuple):
            raise TypeError("a call without arguments")
        if isinstance(callee, Inert) or (isinstance(callee, _Callee) and callee.build is Inert):
            return Inert()
        if not isinstance(callee, _Callee):
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


def _runs(module: str, name: str) -> bool:
    """Whether a global is of those that a pickle names to run something."""
    if (module, name) in _HARMLESS:
        return False
    return module.partition(".")[0] in _RUNNING or (module, name) in _CODE


def _extend(target: Any, items: list[Any]) -> None:
    if isinstance(target, list):
        target.extend(items)
    elif not isinstance(target, Inert):
        raise TypeError("items for what is no list")


def _update(target: Any, items: list[Any]) -> None:
    if len(items) % 2:
        raise ValueError("a key without a value")
    if isinstance(target, Inert):
        target.state = target.state if target.state is not None else {}
        target = target.state
    if not isinstance(target, dict):
        raise TypeError("items for what is no dictionary")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(key, str):
            target[key] = value
