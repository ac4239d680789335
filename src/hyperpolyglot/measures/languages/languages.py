"""Which model for my language? From a lexicon, real text, frequent words and probes, side by side.

Models are ranked, language by language, by something that all of them have: the share of *all* questions from and into
the language that are answered (weak candidates, CSLS, P@1), each among the same number of candidates, where all have
vectors; else by coverage of the frequent words of a list; else by coverage of the lexicon. Questions are those of the
lexicon, the same for every model, a word that is no token counts as missed, and a small vocabulary has no easier task.
Overlapping intervals are ties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import checked_all, options_of
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.languages.beside import (
    LanguageSources,
    against_reference,
    costs_of,
    for_tags,
    frequent_of,
    installed_sources,
    separations,
)
from hyperpolyglot.measures.languages.lexical import of_words
from hyperpolyglot.measures.languages.records import LanguageModel, Languages, ModelLanguages, Value
from hyperpolyglot.measures.separability import Separability, SeparabilityOptions, separability
from hyperpolyglot.measures.translation.asking import TranslateOptions, ask, narrowed, wants_held_out
from hyperpolyglot.measures.translation.coverage import language_coverage
from hyperpolyglot.measures.translation.lookup import look_up
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Progress, silent

__all__ = ["TRANSLATION_NOTE", "languages", "languages_of", "ranked"]

TRANSLATION_NOTE = (
    "Translation asks for covered words among covered words, of which a small vocabulary has fewer; matched scores "
    "give every question the same number of candidates. Shares of all questions count an uncovered word as missed."
)


# More than seven parameters: what is asked, what it is asked of, and how.
def languages(
    spaces: Sequence[TokenSpace],
    lexicon: Lexicon,
    language: str | None = None,
    *,
    undertrained: Mapping[str, NDArray[np.bool_] | None] | None = None,
    sources: LanguageSources | None = None,
    options: TranslateOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Languages:
    """Compare models on one language of the lexicon, or on every one.

    ``undertrained``: per model name a mask over its tokens. ``sources``: text, word lists and probes, by default those
    of this installation. Concepts are the same for all models: where one of them is a demo model, held-out ones. Raises
    ``NotEnoughData`` for a language that the lexicon does not have.

    >>> import hyperpolyglot as hp
    >>> words = hp.packaged_lexicon().take(languages=["de", "en", "ru"])
    >>> spaces = [hp.open_model("demo:language"), hp.open_model("demo:meaning")]
    >>> found = hp.languages(spaces, words, "ru")
    >>> [row.model for row in found.by_language["ru"]]
    ['demo:meaning', 'demo:language']
    """
    checked_all("languages", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    options = options_of("languages", TranslateOptions, options, changes)
    options = replace(options, held_out=wants_held_out(spaces, lexicon, options))
    _wanted(lexicon, language)
    masks, sources = undertrained or {}, sources or installed_sources()
    found = ranked(
        [
            languages_of(
                space,
                lexicon,
                language,
                undertrained=masks.get(space.model),
                sources=sources,
                options=options,
                progress=progress,
            )
            for space in spaces
        ]
    )
    return stamped(found, came_from(*spaces, seed=options.seed))


def _probed(space: TokenSpace, sources: LanguageSources, progress: Progress) -> Separability | None:
    """Probes that tell the languages of a script apart; ``None`` where they are not asked for, or cannot be made."""
    if not sources.separation or sources.word_lists is None or space.table is None:
        return None
    labelled = space.relabel(sources.word_lists)
    try:
        return separability(labelled, SeparabilityOptions(minimum=sources.minimum), progress=progress)
    except NotEnoughData:
        return None


# More than seven parameters, as of languages().
def languages_of(
    space: TokenSpace,
    lexicon: Lexicon,
    language: str | None = None,
    *,
    undertrained: NDArray[np.bool_] | None = None,
    sources: LanguageSources | None = None,
    options: TranslateOptions,
    progress: Progress = silent,
) -> ModelLanguages:
    """What one model holds of one language of the lexicon, or of every one; errors as for :func:`languages`."""
    wanted = _wanted(lexicon, language)
    asked = ask(space, lexicon, options, progress) if space.table is not None else None
    chosen = narrowed(lexicon, options, bool(options.held_out))
    words = asked.words if asked is not None else look_up(space, chosen)
    by_language, cut = of_words(space, words, asked, undertrained, wanted, options)
    sources = sources or LanguageSources()
    more, missing = _beside(space, sorted(by_language), sources, options.seed, progress)
    more["against_reference"] = against_reference(words, sorted(by_language), sources.reference)
    changes: dict[str, dict[str, Any]] = {
        tag: {name: values.get(tag) for name, values in more.items()} for tag in by_language
    }
    return ModelLanguages(
        by_language={tag: replace(row, **changes[tag]) for tag, row in by_language.items()},
        cut=cut,
        scripts={row.language: row.script for row in language_coverage(words, options.fewest)},
        concepts=None if asked is None else asked.concepts,
        missing=missing,
    )


def _beside(
    space: TokenSpace,
    tags: Sequence[str],
    sources: LanguageSources,
    seed: int,
    progress: Progress,
) -> tuple[dict[str, dict[str, Value]], tuple[str, ...]]:
    """What is known of languages from text, word lists and probes, by name; and what is not, in sentences."""
    more: dict[str, dict[str, Value]] = {}
    missing = []
    text, lists = sources.text, sources.word_lists
    if text is not None and sources.reference in text.languages:
        costs, premiums = costs_of(space, text, sources.reference, seed, progress)
        more["fertility"], more["premium"] = for_tags(costs, tags), for_tags(premiums, tags)
        missing.append(_without("text", f"in {text.source}", "fertility and premium", tags, more["premium"]))
    else:
        missing.append("Fertility and premium are not measured: there is no text.")
    if lists is not None:
        more["frequent"] = frequent_of(space, lists, tags, sources.frequent)
        missing.append(
            _without("word list", f"in {lists.source}", "coverage of frequent words", tags, more["frequent"])
        )
    else:
        missing.append("Coverage of frequent words is not measured: no word list says how frequent they are.")
    probes = _probed(space, sources, progress)
    if probes is not None:
        more["separation"] = separations(probes, tags)
        missing.append(
            _without(
                f"{sources.minimum} labelled tokens, or no other language of their script",
                "",
                "separation",
                tags,
                more["separation"],
            )
        )
    else:
        missing.append("Separation from other languages of the script is not measured.")
    return more, tuple(filter(None, missing))


def _without(what: str, where: str, names: str, tags: Sequence[str], measured: Mapping[str, Value]) -> str:
    """Which languages something was not measured of, and why; empty where there is none."""
    lost = [language_name(tag) for tag in tags if tag not in measured]
    if not lost:
        return ""
    listed = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more languages" if len(lost) > 3 else "")
    return (
        f"No {what} of {listed}{f' {where}' if where else ''}: {names} {_ARE[' and ' in names]} not measured."
    )


_ARE = {True: "are", False: "is"}


def _wanted(lexicon: Lexicon, language: str | None) -> list[str]:
    if language is None:
        return sorted(set(lexicon.languages))
    if language not in set(lexicon.languages):
        near = sorted({tag for tag in lexicon.languages if tag.split("-")[0] == language.split("-")[0]})
        hint = f"it has {', '.join(near)}" if near else f"it has {len(set(lexicon.languages))} others"
        raise NotEnoughData(f"{language}: the lexicon has no words of this language; {hint}.")
    return [language]


def ranked(models: Sequence[ModelLanguages]) -> Languages:
    """Models by language, best first."""
    found: dict[str, list[LanguageModel]] = {}
    scripts: dict[str, str] = {}
    concepts: dict[str, Any] = {}
    for model in models:
        scripts |= model.scripts
        concepts = concepts if model.concepts is None else model.concepts
        for tag, row in model.by_language.items():
            found.setdefault(tag, []).append(row)
    orders = {tag: _ranked(found[tag]) for tag in sorted(found)}
    missing = dict.fromkeys(sentence for model in models for sentence in model.missing)
    return Languages(
        by_language={tag: rows for tag, (rows, _) in orders.items()},
        scripts=scripts,
        concepts=concepts,
        notes=(*dict.fromkeys(model.cut for model in models), TRANSLATION_NOTE, *missing),
        ranked_by={tag: by for tag, (_, by) in orders.items()},
    )


def _of_translation(row: LanguageModel) -> Value | None:
    matched = (row.translation or {}).get("matched")
    if not matched:
        return None
    low, high = matched["all_interval"] or (None, None)
    return {"value": matched["all"], "low": low, "high": high}


def _of_coverage(row: LanguageModel) -> Value | None:
    low, high = row.coverage_interval or (None, None)
    return {"value": row.coverage, "low": low, "high": high}


_RULES: dict[str, Callable[[LanguageModel], Value | None]] = {
    "translation.matched.all": _of_translation,
    "frequent": lambda row: row.frequent,
    "coverage": _of_coverage,
}
"""What models are ranked by: the first of these that all of them have; more is better."""


def _ranked(rows: list[LanguageModel]) -> tuple[tuple[LanguageModel, ...], str]:
    """Models best first, and what they are ranked by."""
    rule = next(name for name, read in _RULES.items() if all(read(row) is not None for row in rows))
    read = _RULES[rule]

    def order(row: LanguageModel) -> tuple[float, float, float, float, str]:
        pieces = np.inf if row.pieces_per_word is None else row.pieces_per_word
        return -(read(row) or {})["value"], -row.coverage, row.unknown, pieces, row.model

    ordered = sorted(rows, key=order)
    best = (read(ordered[0]) or {})["low"]
    return tuple(
        replace(row, rank=i, tied=i > 1 and _reaches((read(row) or {})["high"], best))
        for i, row in enumerate(ordered, start=1)
    ), rule


def _reaches(high: float | None, low: float | None) -> bool:
    return high is not None and low is not None and high >= low
