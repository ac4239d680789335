"""Which languages a figure has room for, and in which order they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperpolyglot.lexicon.families import branch, group_name
from hyperpolyglot.lexicon.names import language_name

__all__ = ["best_by_script", "by_family"]


def best_by_script(tags: Sequence[str], scripts: Mapping[str, str], most: int) -> list[str]:
    """Of languages that come best first: the best of every script, then the best of the others.

    >>> best_by_script(["en", "fr", "ru", "de"], {"en": "Latn", "fr": "Latn", "de": "Latn", "ru": "Cyrl"}, 3)
    ['en', 'ru', 'fr']
    """
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(scripts[tag], tag)
    chosen = list(first.values())[:most]
    return chosen + [tag for tag in tags if tag not in chosen][: most - len(chosen)]


def by_family(tags: Sequence[str], scripts: Mapping[str, str]) -> list[tuple[str, str]]:
    """(family, language), the largest family first, within it by branch, script and tag.

    A language without relatives is a family of its own; those whose place is not known come last.

    >>> by_family(["ko", "ru", "de", "sv"], {"ru": "Cyrl", "de": "Latn", "sv": "Latn", "ko": "Hang"})
    [('Indo-European', 'sv'), ('Indo-European', 'de'), ('Indo-European', 'ru'), ('Korean', 'ko')]
    """
    places = {tag: branch(tag) for tag in tags}
    family = {tag: _family(tag, places[tag]) for tag in tags}
    size = {name: list(family.values()).count(name) for name in family.values()}
    ordered = sorted(
        tags,
        key=lambda tag: (
            places[tag] is None,
            -size[family[tag]],
            family[tag],
            (places[tag] or ())[1:],
            scripts[tag],
            tag,
        ),
    )
    return [(family[tag], tag) for tag in ordered]


def _family(tag: str, place: tuple[str, ...] | None) -> str:
    if place is None:
        return "no family"
    return group_name(place[0]) if place else language_name(tag)
