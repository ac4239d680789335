"""What kind a control token is, where that depends on the tokens beside it.

A language code is one only in company: ``<|end|>`` is spelled like Whisper's ``<|en|>``, but is no language. Names of
reserved rows count by their run of numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from hyperpolyglot.vocabularies.language_codes import KNOWN, MBART50, NLLB, SCRIPTS, WHISPER
from hyperpolyglot.vocabulary import Entry, TokenKind

__all__ = ["settled"]

_FAMILY = 20
"""So many known codes of one spelling are a family's: the others of the spelling are then codes too."""

_MANY = 20


class _Spelling(NamedTuple):
    """How a family spells the tokens of languages, and how many known codes must stand together."""

    pattern: re.Pattern[str]
    known: Callable[[re.Match[str]], bool]
    least: int = 1
    most_known: bool = False
    open: bool = True


def _one_of(codes: Iterable[str]) -> Callable[[re.Match[str]], bool]:
    listed = frozenset(codes)
    return lambda found: found[1] in listed


def _with_script(found: re.Match[str]) -> bool:
    return found[1] in KNOWN and (found[2] is None or found[2] in SCRIPTS)


_SCRIPT = "(?:_([A-Z][a-z]{3}))?"
_SPELLINGS = (
    _Spelling(re.compile(r"([a-z]{3}_[A-Z][a-z]{3})"), _one_of(NLLB)),
    _Spelling(re.compile(r"([a-z]{2}_[A-Z]{2})"), _one_of(MBART50), open=False),
    _Spelling(re.compile(r"\[([a-z]{2}_[A-Z]{2})\]"), _one_of(MBART50), open=False),
    _Spelling(re.compile(rf"<2([a-z]{{2,3}}){_SCRIPT}>"), _with_script),
    _Spelling(re.compile(rf">>([a-z]{{2,3}}){_SCRIPT}<<"), _with_script),
    _Spelling(re.compile(rf"__([a-z]{{2,3}}){_SCRIPT}__"), _with_script, least=2, most_known=True),
    _Spelling(re.compile(r"__([a-z]{2}_[A-Z]{2})__"), _one_of(MBART50), open=False),
    _Spelling(re.compile(r"<\|([a-z]{2,3})\|>"), _one_of(WHISPER), least=2, open=False),
)
_RESERVED = re.compile(
    r"(?:[\[<]|<[|｜])(?:pad|padding|unused|reserved|dummy|not_used)[a-z_ ▁-]*?(\d{1,7})(?:[|｜]>|[\]>])",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:[\[<]|<[|｜])place[▁_ ]?holder[a-z_▁ ]*?(\d{1,7})(?:[|｜]>|[\]>])", re.IGNORECASE
)
_CONTROL = frozenset({TokenKind.SPECIAL, TokenKind.ADDED})


def settled(entries: list[Entry]) -> list[Entry]:
    """The same entries, with the kinds that their company decides: language codes and reserved names.

    >>> tags = [Entry(i, f"<|{tag}|>", b"", TokenKind.SPECIAL) for i, tag in enumerate(["en", "yue", "end", "pad"])]
    >>> [TokenKind(entry.kind).label for entry in settled(tags)]
    ['language', 'language', 'special', 'special']
    """
    changes = dict.fromkeys(_languages(entries), TokenKind.LANGUAGE)
    changes |= dict.fromkeys(_reserved(entries), TokenKind.UNUSED)
    if not changes:
        return entries
    changed = list(entries)
    for place, kind in changes.items():
        piece = entries[place].piece
        changed[place] = entries[place]._replace(kind=kind, utf8=piece.encode("utf-8", "surrogatepass"))
    return changed


def _languages(entries: list[Entry]) -> list[int]:
    tags = [(i, entry.piece) for i, entry in enumerate(entries) if entry.kind in _CONTROL]
    found = []
    for spelling in _SPELLINGS:
        matches = [(i, match) for i, piece in tags if (match := spelling.pattern.fullmatch(piece))]
        known = [i for i, match in matches if spelling.known(match)]
        if len(known) < spelling.least or (spelling.most_known and 2 * len(known) <= len(matches)):
            continue
        found += [i for i, _ in matches] if spelling.open and len(known) >= _FAMILY else known
    return found


def _reserved(entries: list[Entry]) -> list[int]:
    """Names that differ in a number only, of which at least two numbers follow one another."""
    runs: dict[tuple[str, str, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, entry in enumerate(entries):
        if entry.piece[:1] not in ("[", "<") or entry.piece[-1] not in "]>":
            continue
        if entry.kind is not None and entry.kind not in _CONTROL:
            continue
        for pattern, least in ((_RESERVED, 2), (_PLACEHOLDER, _MANY)):
            if match := pattern.fullmatch(entry.piece):
                around = entry.piece[: match.start(1)], entry.piece[match.end(1) :], least
                runs[around][int(match[1])].append(i)
    found = []
    for (_, _, least), numbers in runs.items():
        in_run = [n for n in numbers if n + 1 in numbers or n - 1 in numbers]
        if len(in_run) >= least:
            found += [i for n in in_run for i in numbers[n]]
    return found
