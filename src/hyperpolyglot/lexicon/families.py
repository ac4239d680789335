"""Which languages are related, by a published classification: the groups of ISO 639-5, as Unicode CLDR has them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import takewhile

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.lexicon.packaged import CLDR

__all__ = ["TREE", "branch", "group_name", "groups_shared"]

TREE = f"ISO 639-5 groups of {CLDR}"
"""The classification, as results name it."""

_FILE = "families.tsv"


@cache
def _groups() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name and members of every group by its code."""
    try:
        text = (files("hyperpolyglot.lexicon") / _FILE).read_text("utf-8")
        rows = [line.split("\t") for line in text.splitlines()]
        return {code: (name, tuple(members.split())) for code, name, members in rows}
    except (OSError, ValueError) as error:
        raise DamagedFile(
            _FILE, "the packaged family tree cannot be read; install the package again"
        ) from error


@cache
def _parents() -> dict[str, str]:
    return {member: code for code, (_, members) in _groups().items() for member in members}


def branch(tag: str) -> tuple[str, ...] | None:
    """The groups of a language from its family down to its branch; ``None`` where it has no known place.

    Empty for a language without relatives, such as Korean. Creole and constructed languages have no place.

    >>> branch("sv"), branch("sr-Latn"), branch("ko"), branch("eo")
    (('ine', 'gem', 'gmq'), ('ine', 'sla', 'zls'), (), None)
    """
    code, parents = tag.partition("-")[0], _parents()
    if code not in parents:
        return None
    above: list[str] = []
    while parents.get(code):
        code = parents[code]
        above.insert(0, code)
    return tuple(above)


def groups_shared(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """How many groups two languages have in common, from the family down.

    >>> groups_shared(branch("da"), branch("sv")), groups_shared(branch("da"), branch("de"))
    (3, 2)
    """
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def group_name(code: str) -> str:
    """The English name of a group, without "languages".

    >>> group_name("gmq")
    'North Germanic'
    """
    return _groups()[code][0]
