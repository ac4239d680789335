"""Translations and languages in a terminal of 80 columns: tables, and what they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.several import Columns, Command, Measurement
from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import points, share, shares, span, value, whole
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.percentages import exact, percent
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from hyperpolyglot.applications.induction import Induction
    from hyperpolyglot.measures.translation import Translation

__all__ = ["TRANSLATE", "show_induction"]

_AMONG = {"weak": "words", "script": "script", "strong": "all"}
_MEANT = {
    "weak": "the words of the target language",
    "script": "all tokens of its script",
    "strong": "all tokens",
}
_BY = {"cosine": "cosine", "csls": "CSLS", "frequency": "rank"}
_SOUNDS = {"transliteration": "transliterated", "other": "not transliterated"}
_LANGUAGES = 8
_PAIRS = 20


def _show_translation(result: Measurement[Translation]) -> None:
    """Scores among three sets of candidates, what is kept apart, coverage by rule, and hub languages."""
    found = result.record
    coverage = found.to_json()["coverage"]
    covered = f"{coverage['single_token']:,} of {coverage['words']:,} words"
    said = f"{found.lexicon['source']} in {found.lexicon['languages']} languages"
    say(f"{result.title}: {covered} of {said} are one token ({percent(coverage['share'] or 0)}).")
    say(str(found.concepts.get("note", "")))
    say()
    print_table("P@1 among words (CSLS) by what has equal weight; first the headline", _weightings(found))
    print_table("Scores by question (95 % intervals over concepts and languages)", _scores(found))
    for name, part in found.overall.items():
        if part["questions"]:
            said = f"{part['questions']:,} questions, {part['candidates']:,.0f} candidates each on average"
            say(f"Among {_MEANT[name]}: {said}.")
    say(
        "of all: P@1 where a word that is not a token counts as missed. rank: the word of the same rank by frequency."
    )
    say()
    for line in _said(found):
        say(line)
    print_table(
        "The same among words, by CSLS: kinds, transliterations, and what is kept apart", _parts(found)
    )
    print_table(
        "Languages with most words that are tokens, and by which spelling they were found", _coverage(found)
    )
    print_table(
        "Hub languages: P@1 from and into them, share of nearest foreign words, lift",
        _hubs(found),
    )


def _translation_columns(result: Measurement[Translation]) -> Columns:
    found = result.record
    coverage = found.to_json()["coverage"]
    scores = {f"{row['among']}, {row['by']}": _first(row) for row in _scores(found)}
    weighted = {f"{row['each']}, {row['transliterations']}": _first(row) for row in _weightings(found)}
    return {
        "Words that are one token": {
            "words": f"{coverage['single_token']:,} of {coverage['words']:,}",
            "share": percent(coverage["share"] or 0),
        }
        | {language_name(row.language): exact(row.share) for row in found.largest(_LANGUAGES)},
        "P@1 by question [95 % interval] (by chance)": scores,
        "P@1 among words (CSLS) by what has equal weight, with transliterations and without": weighted,
        "P@1 among words (CSLS): kinds, transliterations, and what is kept apart": {
            row["about"]: _first(row) for row in _parts(found)
        },
    }


def _translation_notes(result: Measurement[Translation]) -> list[str]:
    note = result.record.concepts.get("note")
    return [str(note)] if note else []


def _first(row: Mapping[str, Any]) -> str:
    """P@1 of a row of a table, with its interval and its chance level."""
    return whole(row["P@1"], row["interval"], row["chance"])


def _scores(found: Translation) -> list[dict[str, Any]]:
    rows = [
        _score(_AMONG[name], method, part[method], found.denominators["p1"][name][method]["all"])
        for name, part in found.overall.items()
        for method in ("cosine", "csls")
    ]
    without = found.overall["strong"].get("without_variants", {})
    rows += [_score("others", method, scores, None) for method, scores in without.items()]
    return [*rows, _score("words", "frequency", found.baselines["frequency_rank"], None)]


def _weightings(found: Translation) -> list[dict[str, Any]]:
    return [
        {
            "each": row["weighting"],
            "transliterations": "with" if row["transliterations"] else "without",
            "how many": row["groups"],
            "P@1": share(row["value"]),
            "interval": shares(row["interval"]),
            "chance": share(row["chance"]),
        }
        for row in found.weightings
    ]


def _said(found: Translation) -> list[str]:
    lines = []
    first, compared = found.overall["strong"].get("first") or {"words": 0}, found.within
    if first["words"]:
        lines.append(
            "others: all tokens but variants of the word (case, space, accents, width). For "
            f"{percent(first['same_word'])} of {first['words']:,} words such a variant is the nearest token; the "
            f"nearest of the others has a known meaning in common for {percent(first['same_meaning'])} "
            f"(chance {percent(first['chance'])})."
        )
    if compared["blocks"]:
        lines.append(
            f"The same answers, without transliterations: {percent(compared['inside'])} from languages of their own "
            f"script, {percent(compared['outside'])} from others; difference {points(compared['difference'])} points "
            f"{_sure(compared['interval'])}."
        )
    if found.names["blocks"]:
        lines.append(
            f"Between the same pairs of languages, without transliterations: {percent(found.names['inside'])} for "
            f"things (objects), {percent(found.names['outside'])} for names (territories, languages); difference "
            f"{points(found.names['difference'])} points {_sure(found.names['interval'])}."
        )
    return lines


def _sure(interval: Sequence[float] | None) -> str:
    return (
        "(no interval)"
        if interval is None
        else f"(95 % interval {points(interval[0])} to {points(interval[1])})"
    )


def _score(among: str, by: str, scores: Mapping[str, Any], whole: float | None) -> dict[str, Any]:
    first = scores["p1"]
    return {
        "among": among,
        "by": _BY[by],
        "P@1": share(first["value"]),
        "interval": shares(first["interval"]),
        "chance": share(first["chance"]),
        "P@5": _rounded(scores["p5"]["value"]),
        "P@10": _rounded(scores["p10"]["value"]),
        "MRR": value(scores["mrr"]["value"], 2),
        "of all": share(whole),
    }


def _rounded(number: float | None) -> str:
    return "–" if number is None else f"{100 * number:.0f} %"


def _parts(found: Translation) -> list[dict[str, Any]]:
    kinds = [(row["kind"], row) for row in sorted(found.kinds, key=lambda row: -row["questions"])]
    rows = [
        {
            "about": name,
            "questions": row["questions"],
            "P@1": share(row["csls_p1"]),
            "interval": shares(row["interval"]),
            "chance": share(row["chance"]),
        }
        for name, row in kinds + [(_SOUNDS[row["sound"]], row) for row in found.sounds]
    ]
    for name, title in (("near", "spelled alike"), ("identical", "spelled the same")):
        part = found.apart[name]
        first = part["csls"]["p1"]
        rows.append(
            {
                "about": title,
                "questions": part["questions"] - part["same_token"],
                "P@1": share(first["value"]),
                "interval": shares(first["interval"]),
                "chance": share(first["chance"]),
            }
        )
    return rows


def _coverage(found: Translation) -> list[dict[str, Any]]:
    return [
        {
            "language": language_name(row.language),
            "words": row.words,
            "one token": exact(row.share),
            "▁word": row.rules["start"],
            "word": row.rules["inside"],
            "capitals": row.rules["capitalised"],
            "NFKC": row.rules["normalised"],
        }
        for row in found.largest(_LANGUAGES)
    ]


def _hubs(found: Translation) -> list[dict[str, Any]]:
    rows = [row for row in found.hubs if row["lift"] is not None]
    shown = rows if len(rows) <= _LANGUAGES else [*rows[: _LANGUAGES - 3], *rows[-3:]]
    return [
        {
            "language": language_name(row["language"]),
            "words": row["words"],
            "source": share(row["as_source"]),
            "target": share(row["as_target"]),
            "nearest": share(row["attraction"]),
            "chance": share(row["expected"]),
            "lift": value(row["shrunk"], 1),
            "interval": "–" if row["interval"] is None else "–".join(value(x, 1) for x in row["interval"]),
        }
        for row in shown
    ]


TRANSLATE = Command("translate", _show_translation, _translation_columns, _translation_notes)


def show_induction(models: Sequence[str], found: Induction) -> None:
    """The most probable pairs, how models do alone and together, the reliability bins, and what these rest on."""
    names = [language_name(tag) for tag in (found.source, found.target)]
    of = "" if found.cut is None else f" of {found.cut['of']:,}"
    title = ", ".join(map(title_of, models))
    print_table(
        f"{title}: {names[0]} → {names[1]}, {min(_PAIRS, len(found.pairs))} of {len(found.pairs):,} pairs",
        [
            {
                "probability": value(pair.probability, 2),
                "margin": value(pair.margin),
                "cosine": value(pair.cosine),
                "mutual": "yes" if pair.mutual else "no",
                "known": {None: "–", True: "yes", False: "other"}[pair.known],
                **({} if pair.votes is None else {"votes": pair.votes}),
                "source": pair.source,
                "target": pair.target,
            }
            for pair in found.pairs[:_PAIRS]
        ],
    )
    if found.cut is not None:
        say(f"{found.cut['kept']:,}{of} pairs are kept. {found.cut['note']}")
    if found.vote is not None:
        _show_vote(found.vote)
    error, brier = found.calibration["ece"], found.calibration["brier"]
    if error is not None:
        print_table(
            "Reliability: held-out probabilities and the share that is right (95 % interval)",
            [
                {
                    "probability": f"{row['from']:.1f}–{row['to']:.1f}",
                    "pairs": row["pairs"],
                    "mean": value(row["probability"], 2),
                    "right": value(row["right"]["value"], 2),
                    "interval": span((row["right"]["low"], row["right"]["high"])),
                }
                for row in found.calibration["bins"]
            ],
        )
        say(
            f"Expected calibration error {_error(error)}; Brier score {_error(brier)} (in brackets: of perfect "
            "probabilities, and of the base rate)."
        )
    for note in (found.calibration["note"], *found.notes):
        say(note)


def _show_vote(vote: Mapping[str, Any]) -> None:
    rows = [*vote["models"], vote["together"] | {"model": "together"}]
    print_table(
        "Words of the lexicon translated correctly (95 % interval)",
        [
            {
                "model": title_of(row["model"]),
                "words": row["words"],
                "P@1": value(row["p1"]["value"]),
                "of all words": value(row["p1_of_all"]["value"]),
                "interval": span((row["p1_of_all"]["low"], row["p1_of_all"]["high"])),
            }
            for row in rows
        ],
    )
    gains = []
    for name in ("gain", "gain_on_its_words"):
        gain = vote[name]
        ends = None if gain["low"] is None else (gain["low"], gain["high"])
        gains.append(whole(value(gain["value"]), span(ends), "–"))
    say(
        f"Together over {title_of(vote['gain']['over'])} alone: {gains[0]} of all words, {gains[1]} of the words that "
        "it has."
    )


def _error(found: Mapping[str, Any]) -> str:
    ends = None if found["low"] is None else (found["low"], found["high"])
    return whole(value(found["value"]), span(ends), value(found["chance"]))
