"""A token list with the tokens that other files of its folder, or the code of its family, add to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hyperpolyglot.vocabularies.companions import Beside
from hyperpolyglot.vocabularies.kinds import settled
from hyperpolyglot.vocabularies.pieces import added_entry, literal
from hyperpolyglot.vocabularies.token_list import TokenList
from hyperpolyglot.vocabulary import Entry, TokenKind, special_kind

__all__ = ["completed"]


def completed(
    tokens: TokenList, beside: Beside, appended: Iterable[str] = (), *, fixed: bool = False
) -> TokenList:
    """The tokens of a file, then those with an id in other files, those of the family's code, and those named only.

    A token whose id the file gives to another one is left out, unless that one is reserved. ``appended`` follow the
    last token of the file; names without an id follow the last token of all, where the table has rows for them.
    ``fixed`` files say themselves what their tokens are: only ids that they lack are added.
    """
    appended = tuple(appended)
    if not (beside.added or appended or (beside.named and beside.rows is not None)):
        return tokens
    entries = settled(tokens.entries)
    place = {entry.id: i for i, entry in enumerate(entries)}
    known = {entry.piece for entry in entries}
    following = max(place, default=-1) + 1
    found = list(entries)
    for id_, added in beside.added.items():
        at = place.get(id_)
        if at is None:
            if not (fixed and added.piece in known):
                place[id_] = len(found)
                found.append(added)
        elif not fixed and _gives_way(entries[at], added):
            found[at] = added._replace(score=entries[at].score)
    known |= {entry.piece for entry in found}
    for id_, name in enumerate(appended, start=following):
        if id_ not in place and name not in known and _has_row(id_, beside):
            place[id_] = len(found)
            known.add(name)
            found.append(Entry(id_, name, literal(name), special_kind(name, declared=True)))
    following = max(place, default=-1) + 1
    missing = [name for name in beside.named if name not in known] if beside.rows is not None else []
    if not beside.own_code or fixed:
        for id_, name in enumerate(missing, start=following):
            if _has_row(id_, beside):
                found.append(added_entry(id_, name, special=True))
    return replace(tokens, entries=found)


def _has_row(id_: int, beside: Beside) -> bool:
    return beside.rows is None or id_ < beside.rows


def _gives_way(listed: Entry, added: Entry) -> bool:
    """Whether an added token takes the row of a listed one: the same token, a reserved one, or both are special."""
    if added.piece in (listed.piece, listed.utf8.decode("utf-8", "replace")) or listed.utf8 == added.utf8:
        return True
    both = listed.kind is TokenKind.SPECIAL and added.kind is TokenKind.SPECIAL
    return both or listed.kind in (TokenKind.UNUSED, TokenKind.PADDING)
