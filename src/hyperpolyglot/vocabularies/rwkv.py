"""RWKV World: a token as a Python literal on each line, with its id before it and its length after it, or alone."""

from __future__ import annotations

import re

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.byte_alphabet import stand_ins
from hyperpolyglot.vocabularies.json_values import as_id
from hyperpolyglot.vocabularies.pieces import ordinary_kind
from hyperpolyglot.vocabularies.token_list import TokenList
from hyperpolyglot.vocabulary import Entry, TokenKind

__all__ = ["TRIE", "is_rwkv", "read_rwkv"]

TRIE = "byte-level trie"

_LITERAL = r"[bB]?'(?:[^'\\]|\\.)*'|[bB]?\"(?:[^\"\\]|\\.)*\""
_NUMBERED = re.compile(rf"(\d{{1,9}}) ({_LITERAL}) (\d{{1,9}})", re.DOTALL)
_ALONE = re.compile(_LITERAL, re.DOTALL)
_ESCAPE = re.compile(
    r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|[\\'\"abfnrtv])", re.DOTALL
)
_NAMED = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_LOOKED_AT = 1000
_SPECIAL = ("<s>", "</s>", "<|rwkv_tokenizer_end_of_text|>", "<|endoftext|>")


def is_rwkv(lines: list[str]) -> bool:
    """Whether each of the first lines is a literal, alone or between two numbers.

    >>> is_rwkv(["257 'water' 5", "258 b'\\\\xe3\\\\x81' 2"]), is_rwkv(["'", "''"]), is_rwkv(["water"])
    (True, False, False)
    """
    some = [line for line in lines[:_LOOKED_AT] if line]
    return bool(some) and any(all(p.fullmatch(line) for line in some) for p in (_NUMBERED, _ALONE))


def read_rwkv(lines: list[str], source: str) -> TokenList:
    """The tokens of these lines; without an id, the number of the line, from 0, is the id.

    Raises ``DamagedFile`` for a line of another form, or a token that has not the length that its line says.
    """
    entries = []
    for number, line in enumerate(lines):
        if not line:
            continue
        where = f"{source}, line {number + 1}"
        if numbered := _NUMBERED.fullmatch(line):
            utf8 = _bytes(numbered[2], where)
            if len(utf8) != int(numbered[3]):
                raise DamagedFile(where, f"the token has {len(utf8)} bytes, not {numbered[3]}")
            id_ = as_id(int(numbered[1]), where, "the id")
        elif _ALONE.fullmatch(line):
            utf8, id_ = _bytes(line, where), number
        else:
            raise DamagedFile(where, "it is not a token as RWKV writes it")
        entries.append(_entry(id_, utf8))
    return TokenList(entries, TRIE)


def _entry(id_: int, utf8: bytes) -> Entry:
    text = utf8.decode("utf-8", "replace")
    if text in _SPECIAL and id_ == 0:
        return Entry(id_, text, utf8, TokenKind.SPECIAL)
    return Entry(id_, stand_ins(utf8), utf8, ordinary_kind(text) if id_ == 0 else None)


def _bytes(literal: str, where: str) -> bytes:
    """The bytes of a Python literal, of a string in UTF-8; nothing is evaluated."""
    raw = literal[0] in "bB"
    body = literal[2:-1] if raw else literal[1:-1]
    parts: list[bytes] = []
    end = 0
    for found in _ESCAPE.finditer(body):
        parts.append(_plain(body[end : found.start()], where))
        parts.append(_unescaped(found[1], raw, where))
        end = found.end()
    parts.append(_plain(body[end:], where))
    return b"".join(parts)


def _plain(text: str, where: str) -> bytes:
    if "\\" in text:
        raise DamagedFile(where, "it has an escape that is not read")
    return text.encode("utf-8", "surrogatepass")


def _unescaped(code: str, raw: bool, where: str) -> bytes:
    if code[0] in _NAMED:
        return bytes([_NAMED[code[0]]])
    if code[0] in "\\'\"":
        return code.encode()
    value = int(code[1:], 16) if code[0] in "xuU" else int(code, 8)
    if value > (0xFF if raw else 0x10FFFF) or (raw and code[0] in "uU"):
        raise DamagedFile(where, "it has an escape that is out of range")
    return bytes([value]) if raw else chr(value).encode("utf-8", "surrogatepass")
