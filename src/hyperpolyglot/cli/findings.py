"""What comparisons, explanations and translations say in a terminal of 80 columns: tables, and what they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from hyperpolyglot.measures.comparison import Comparison
    from hyperpolyglot.measures.comparison.records import PairSimilarity
    from hyperpolyglot.measures.explanation import Explanation
    from hyperpolyglot.measures.explanation.frequency import Frequency
    from hyperpolyglot.measures.translation import Languages, Translation
    from hyperpolyglot.measures.translation.languages import LanguageModel

__all__ = ["say_uncounted", "show_comparison", "show_explanation", "show_languages", "show_translation"]

_AMONG = {"weak": "words", "script": "script", "strong": "all"}
_MEANT = {
    "weak": "the words of the language asked for",
    "script": "all tokens of its script",
    "strong": "all tokens",
}
_BY = {"cosine": "cosine", "csls": "CSLS", "frequency": "rank"}
_SOUNDS = {"transliteration": "transliterated", "other": "not transliterated"}
_LANGUAGES = 8
_LABELS = 8


def _value(number: float | None, digits: int = 3) -> str:
    if number is None:
        return "–"
    return f"{number:.1g}" if 0 < abs(number) < 10**-digits else f"{number:.{digits}f}"


def _span(interval: Sequence[float] | None) -> str:
    if interval is None:
        return "–"
    digits = 2 if max(map(abs, interval)) >= 10 else 3
    low, high = (_value(end, digits) for end in interval)
    return f"{low}–{high}" if interval[0] >= 0 else f"{low} … {high}"


def say_uncounted(labels: Sequence[str]) -> None:
    """Which labels of a table count as no script."""
    if labels:
        verb = "is not a script and does not count as one" if len(labels) == 1 else "are not scripts"
        say(f"{', '.join(labels)} {verb}.")


def show_translation(model: str, found: Translation) -> None:
    """Scores among three sets of candidates, what is kept apart, coverage by rule, and hub languages."""
    coverage = found.to_json()["coverage"]
    covered = f"{coverage['single_token']:,} of {coverage['words']:,} words"
    said = f"{found.lexicon['source']} in {found.lexicon['languages']} languages"
    say(f"{title_of(model)}: {covered} of {said} are one token ({coverage['share'] or 0:.1%}).")
    say(str(found.concepts.get("note", "")))
    say()
    print_table("P@1 among words (CSLS) by what has equal weight; first the headline", _weightings(found))
    print_table("Scores by question (95 % intervals over concepts and languages)", _scores(found))
    for name, part in found.overall.items():
        if part["questions"]:
            said = f"{part['questions']:,} questions, {part['candidates']:,.0f} candidates each on average"
            say(f"Among {_MEANT[name]}: {said}.")
    say(
        "of all: P@1 where a word that is no token counts as missed. rank: the word of the same rank by frequency."
    )
    say()
    for line in _said(found):
        say(line)
    print_table(
        "The same among words, by CSLS: kinds, transliterations, and what is kept apart", _parts(found)
    )
    print_table("Languages with most words that are tokens, and how these were found", _coverage(found))
    print_table("Hub languages (nearest foreign words; lift shrunken, 95 % interval)", _hubs(found))


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
            "P@1": _value(row["value"]),
            "interval": _span(row["interval"]),
            "chance": _value(row["chance"]),
        }
        for row in found.weightings
    ]


def _said(found: Translation) -> list[str]:
    lines = []
    first, compared = found.overall["strong"].get("first") or {"words": 0}, found.within
    if first["words"]:
        lines.append(
            "others: all tokens but variants of the word (case, space, accents, width). For "
            f"{first['same_word']:.1%} of {first['words']:,} words such a variant is the nearest token; the nearest of "
            f"the others means the same for {first['same_meaning']:.1%} (chance {_value(100 * first['chance'], 2)}%)."
        )
    if compared["blocks"]:
        lines.append(
            f"The same answers, without transliterations: {compared['inside']:.1%} from languages of their own script, "
            f"{compared['outside']:.1%} from others; difference {_value(compared['difference'])} (95 % "
            f"interval {_span(compared['interval'])})."
        )
    if found.names["blocks"]:
        lines.append(
            f"Between the same pairs of languages, without transliterations: {found.names['inside']:.1%} for things "
            f"(objects), {found.names['outside']:.1%} for names (territories, languages); difference "
            f"{_value(found.names['difference'])} (95 % interval {_span(found.names['interval'])})."
        )
    return lines


def _score(among: str, by: str, scores: Mapping[str, Any], whole: float | None) -> dict[str, Any]:
    first = scores["p1"]
    return {
        "among": among,
        "by": _BY[by],
        "P@1": _value(first["value"]),
        "interval": _span(first["interval"]),
        "chance": _value(first["chance"]),
        "P@5": _value(scores["p5"]["value"], 2),
        "P@10": _value(scores["p10"]["value"], 2),
        "MRR": _value(scores["mrr"]["value"]),
        "of all": _value(whole),
    }


def _parts(found: Translation) -> list[dict[str, Any]]:
    kinds = [(row["kind"], row) for row in sorted(found.kinds, key=lambda row: -row["questions"])]
    rows = [
        {
            "about": name,
            "questions": row["questions"],
            "P@1": _value(row["csls_p1"]),
            "interval": _span(row["interval"]),
            "chance": _value(row["chance"]),
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
                "P@1": _value(first["value"]),
                "interval": _span(first["interval"]),
                "chance": _value(first["chance"]),
            }
        )
    return rows


def _coverage(found: Translation) -> list[dict[str, Any]]:
    largest = sorted(found.coverage, key=lambda row: (-row.single_token, row.language))[:_LANGUAGES]
    return [
        {
            "language": language_name(row.language),
            "words": row.words,
            "one token": f"{row.share:.0%}",
            "▁word": row.rules["start"],
            "word": row.rules["inside"],
            "capitals": row.rules["capitalised"],
            "NFKC": row.rules["normalised"],
        }
        for row in largest
    ]


def _hubs(found: Translation) -> list[dict[str, Any]]:
    rows = [row for row in found.hubs if row["lift"] is not None]
    shown = rows if len(rows) <= _LANGUAGES else [*rows[: _LANGUAGES - 3], *rows[-3:]]
    return [
        {
            "language": language_name(row["language"]),
            "words": row["words"],
            "asked from": _value(row["as_source"], 2),
            "asked for in": _value(row["as_target"], 2),
            "drawn": _value(row["attraction"]),
            "by chance": _value(row["expected"]),
            "lift": _value(row["shrunk"], 1),
            "interval": "–" if row["interval"] is None else "–".join(_value(x, 1) for x in row["interval"]),
        }
        for row in shown
    ]


def show_languages(found: Languages) -> None:
    """A table for one language, or a row for every language and model; best models first."""
    several = len(found.by_language) > 1
    rows = [
        ({"language": tag} if several else {}) | _language_model(model)
        for tag, models in found.by_language.items()
        for model in models
    ]
    title = "Models by language, best first (95 % intervals)"
    if not several:
        (tag,) = found.by_language
        name = language_name(tag) if language_name(tag) == tag else f"{language_name(tag)} ({tag})"
        title = f"{name}: models, best first (95 % intervals)"
    print_table(title, rows)
    say(
        "one token: words of the lexicon that are. pieces: per word. weak: under-trained tokens among the pieces. "
        "right: P@1 from and into the language (CSLS); of all: where a word that is no token counts as missed and "
        "every question has the same number of candidates, by which models are ranked. Overlapping intervals are ties."
    )
    for note in (found.concepts.get("note"), *found.notes):
        if note:
            say(str(note))


def _language_model(model: LanguageModel) -> dict[str, Any]:
    scores = model.translation or {}
    matched = scores.get("matched") or {}
    return {
        "one token": f"{model.coverage:.0%}",
        "pieces": _value(model.pieces_per_word, 1),
        "weak": "–" if model.undertrained is None else f"{model.undertrained:.1%}",
        "right": _value(scores.get("value"), 2),
        "chance": _value(scores.get("chance")),
        "of all": _value(matched.get("all")),
        "interval": _span(matched.get("all_interval")),
        "model": title_of(model.model),
    }


_MEASURES = {
    "neighbor_overlap": "neighbours in common",
    "canonical_first": "first canonical cosine",
    "canonical_mean_square": "canonical mean square",
    "cka": "CKA (debiased)",
    "rsa": "RSA (Spearman)",
    "procrustes": "Procrustes R², held out",
}


def show_comparison(found: Comparison) -> None:
    """For each pair of models: its measures, maps judged on tokens held out, and the largest labels."""
    for pair in found.pairs:
        print_table(f"{pair.a} and {pair.b}: {pair.shared:,} shared tokens, k = {pair.k}", _measures(pair))
        for name, measure in pair.measures.items():
            if measure.note and (measure.value is None or "uninformative" in measure.note):
                say(f"{_MEASURES[name]}: {measure.note}.")
        if pair.maps:
            print_table("Held-out tokens found again by a map from model to model", _maps(pair))
        if pair.by_label:
            print_table("By label, largest first", _by_label(pair))
            say(
                "overlap: neighbours in common; within: were correspondence drawn among the tokens of a label. "
                "angles²: mean square of canonical cosines; R²: Procrustes, held out. With nulls, p-values (also "
                "adjusted over labels) and intervals: --json, -o."
            )
    left = {model: n for model, n in zip(found.models, found.ambiguous, strict=True) if n}
    if left:
        told = ", ".join(f"{n:,} in {title_of(model)}" for model, n in left.items())
        say(f"Texts of more than one token are left out: {told}.")


def _measures(pair: PairSimilarity) -> list[dict[str, Any]]:
    return [
        {
            "measure": _MEASURES[name],
            "value": _value(m.value),
            "95 % interval": _span(m.interval),
            "chance": _value(m.null),
            "p": _value(m.p),
        }
        for name, m in pair.measures.items()
    ]


def _maps(pair: PairSimilarity) -> list[dict[str, Any]]:
    ways = {"a_to_b": title_of(pair.b), "b_to_a": title_of(pair.a)}
    return [
        {
            "map": row["map"],
            "P@1": _value(row["p1"]["value"]),
            "95 % interval": _span(row["p1"]["interval"]),
            "chance": _value(row["p1"]["chance"]),
            "P@10": _value(row["p10"]["value"]),
            "into": ways[row["direction"]],
        }
        for row in pair.maps
    ]


def _by_label(pair: PairSimilarity) -> list[dict[str, Any]]:
    rows = []
    for part in pair.by_label[:_LABELS]:
        near = part.measures["neighbor_overlap"]
        rows.append(
            {
                "label": part.label,
                "tokens": part.tokens,
                "overlap": _value(near.value),
                "within": _value(near.details.get("within")),
            }
            | {
                title: _value(part.measures[name].value if name in part.measures else None)
                for name, title in (
                    ("canonical_mean_square", "angles²"),
                    ("cka", "CKA"),
                    ("rsa", "RSA"),
                    ("procrustes", "R²"),
                )
            }
        )
    return rows


def show_explanation(found: Explanation) -> None:
    """Every explanation as a number beside its chance level, deciles, labels, and the table of removals."""
    print_table(f"{found.model}: what may explain its neighbourhoods", _facts(found))
    if found.frequency is not None:
        k = found.frequency.k
        rows = [
            {
                "tenth": d.decile,
                "tokens": d.tokens,
                "labels": _value(d.mean, 2),
                "95 % interval": _span(d.interval),
            }
            for d in found.frequency.deciles
        ]
        print_table(f"Labels among {k} neighbours, from the rarest tenth to the commonest", rows)
        _show_frequency_by_label(found.frequency)
    parts = [row for row in found.undertrained.by_label if row.tokens >= 100][:_LABELS]
    print_table(
        "Under-trained tokens by label (largest first)",
        [
            {
                "label": row.label or "–",
                "tokens": row.tokens,
                "under-trained": row.undertrained,
                "share": _value(row.share),
                "95 % interval": _span(row.interval),
                "unreachable": row.unreachable,
            }
            for row in parts
        ],
    )
    print_table("After removing label components", _removal(found))
    first = found.subspaces.effects[0]
    told = "Learned on one half of the tokens; accuracy and labels are of a sample of the other, P@1 of all covered "
    told += "words. By chance: "
    told += f"accuracy {_value(first.chance, 2)}, {_value(first.expected, 2)} labels"
    score = _translated(first.translation)
    if score.get("chance") is not None:
        told += f", P@1 {_value(score['chance'])}"
    say(
        f"{told}. own: neighbours of the same label; kept: of the {first.k} neighbours, those that were neighbours "
        "before; P@1: translations among words by CSLS."
    )


def _show_frequency_by_label(found: Frequency) -> None:
    if found.turn is not None:
        rises = found.turn.kind == "peak"
        say(
            f"Not monotone: the labels {'rise' if rises else 'fall'} from {found.turn.first:.2f} to "
            f"{found.turn.mean:.2f} in tenth {found.turn.decile} and {'fall' if rises else 'rise'} to "
            f"{found.turn.last:.2f}."
        )
    rows = [
        {
            "label": name,
            "tokens": c.n,
            "Spearman": _value(c.value),
            "95 % interval": _span(c.interval),
            "p adjusted": _value(p),
        }
        for name, c, p in found.by_label[:_LABELS]
    ]
    if rows:
        print_table("Frequency and diversity within each label (largest first; chance 0)", rows)
    apart = found.heterogeneity
    if apart is not None:
        say(
            f"One correlation for all {apart.groups} scripts: Cochran's Q {apart.q:,.1f} with {apart.degrees} degrees "
            f"of freedom, p {_value(apart.p)}; {apart.i_squared:.0%} of the spread is not sampling (of these tokens)."
        )


def _facts(found: Explanation) -> list[dict[str, Any]]:
    rows: list[tuple[str, float | None, Any, float | None]] = []
    if found.frequency is not None:
        source = {"ids": "id", "scores": "score", "counts": "count", "corpus": "count in the corpus"}
        rows += [
            (f"diversity by {source[found.frequency.source]}, Spearman", c.value, c.interval, 0.0)
            for c in (found.frequency.correlation,)
        ]
        partial = found.frequency.partial
        rows.append(("… at equal label, length, kind, start", partial.value, partial.interval, 0.0))
    hubs, spread, local = found.hubness, found.isotropy, found.dimension
    rows += [
        ("under-trained tokens, share", found.undertrained.share, None, None),
        ("unreachable tokens, share", found.undertrained.unreachable_share, None, None),
        (f"skew of occurrences among {hubs.k} nearest", hubs.skewness, None, hubs.skewness_expected),
        ("tokens in no neighbourhood", hubs.antihubs, None, hubs.antihubs_expected),
        ("mean cosine of two tokens", spread.mean_cosine, None, 0.0),
        ("IsoScore", spread.iso_score, None, spread.iso_score_expected),
        ("participation ratio (dimensions)", spread.participation, None, spread.participation_expected),
        ("local dimension, TwoNN", local.two_nn, None, local.two_nn_baseline),
        ("local dimension, PCA", local.local_pca, None, local.local_pca_baseline),
        ("variance between labels", found.subspaces.offsets.share, None, found.subspaces.offsets.expected),
    ]
    if found.tables is not None:
        for title, m in (
            ("cosine of input and output vector", found.tables.cosine),
            ("neighbours the same in the output table", found.tables.overlap),
        ):
            rows.append((title, m.value, m.interval, m.null))
    return [
        {"": title, "value": _value(value), "95 % interval": _span(interval), "chance": _value(null)}
        for title, value, interval, null in rows
    ]


def _removal(found: Explanation) -> list[dict[str, Any]]:
    rows = []
    for effect in found.subspaces.effects:
        score = _translated(effect.translation)
        rows.append(
            {
                "removal": effect.removal,
                "accuracy": _value(effect.accuracy),
                "labels": _value(effect.diversity, 2),
                "interval": _span(effect.interval),
                "own": _value(effect.own_share, 2),
                "kept": _value(effect.kept, 2),
                "P@1": _value(score.get("value")),
                "(interval)": _span(score.get("interval")),
            }
        )
    return rows


def _translated(translation: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The first score of what a removal did to translation."""
    found = translation or {}
    return next((part for part in found.values() if isinstance(part, dict) and "value" in part), {})
