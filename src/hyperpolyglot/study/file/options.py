"""What a study file says of the measures: which, and how."""

from __future__ import annotations

from typing import Any, get_type_hints

from hyperpolyglot.study.catalogue import MEASURES, OPTIONS
from hyperpolyglot.study.file.reading import Reading
from hyperpolyglot.study.record import StudyOptions
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["options_of", "skipped_of"]

_OWN = ("k", "exclude", "protocol", "seed")
_KINDS = tuple(kind.label for kind in TokenKind if kind != TokenKind.PADDING)


def skipped_of(reading: Reading) -> tuple[Any, ...]:
    """The measures that are not wanted."""
    wanted = reading.document.get("measures", list(MEASURES))
    if not isinstance(wanted, list) or not wanted:
        reading.mistake(("measures",), f"measures lists some of {', '.join(MEASURES)}")
        return ()
    for i, name in enumerate(wanted):
        reading.choice(name, MEASURES, ("measures", i), "measure")
    return tuple(measure for measure in MEASURES if measure not in wanted)


def options_of(reading: Reading) -> StudyOptions | None:
    """The options of the study and of its measures; ``None`` if there is a mistake in them."""
    table = reading.table(reading.document, "options", ())
    reading.known(table, (*_OWN, *OPTIONS), ("options",))
    before = len(reading.mistakes)
    hints = get_type_hints(StudyOptions)
    found = {n: table[n] for n in _OWN if n in table}
    for name in ("k", "protocol", "seed"):
        if name in found:
            reading.typed(found[name], hints[name], ("options", name))
    if "protocol" in found:
        reading.choice(found["protocol"], ("default", "paper"), ("options", "protocol"), "protocol")
    if isinstance(found.get("k"), int) and not 1 <= found["k"] <= 1000:
        reading.mistake(("options", "k"), "k is between 1 and 1000")
    found["exclude"] = _kinds(reading, found.get("exclude", []))
    shared: dict[str, Any] = {n: found[n] for n in ("protocol", "seed") if n in found}
    for name, kind in OPTIONS.items():
        own = reading.table(table, name, ("options",))
        part = reading.part(kind, own, shared, ("options", name))
        if part is not None:
            found[name] = part
    return StudyOptions(**found) if len(reading.mistakes) == before else None


def _kinds(reading: Reading, names: Any) -> tuple[TokenKind, ...]:
    if not isinstance(names, list):
        reading.mistake(("options", "exclude"), f"exclude lists some of {', '.join(_KINDS)}")
        return ()
    right = [reading.choice(n, _KINDS, ("options", "exclude", i), "kind") for i, n in enumerate(names)]
    return tuple(sorted({TokenKind[n.upper()] for n in names})) if all(right) else ()
