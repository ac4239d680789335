"""Are neighbours translations? A lexicon's words, asked for in every other language.

Three sets of candidates: *weak*, the covered words of the target language; *script*, all tokens in the target's
scripts; *strong*, all tokens; the source's own token is never one. Scores are P@1, P@5, P@10 and MRR, by cosine and
by CSLS (:mod:`hyperpolyglot.measures.translation.ranking`). Means are over questions, a word asked for in one language
each; intervals are over concepts and languages (:mod:`hyperpolyglot.measures.translation.crossed`). Words that are
spelled (nearly) the same in both languages are not scored with the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import checked, options_of
from hyperpolyglot.labellers import DEFAULT
from hyperpolyglot.labels import label
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.translation.asking import Asked, TranslateOptions, ask, matched_candidates
from hyperpolyglot.measures.translation.coverage import LanguageCoverage
from hyperpolyglot.measures.translation.first import first_neighbors
from hyperpolyglot.measures.translation.hubs import hubs
from hyperpolyglot.measures.translation.lookup import Words
from hyperpolyglot.measures.translation.questions import DIFFERENT, IDENTICAL, NEAR, Questions
from hyperpolyglot.measures.translation.ranking_tokens import ranks_among_tokens
from hyperpolyglot.measures.translation.scores import clusters_of, expected_of, scored, values_of
from hyperpolyglot.measures.translation.sounds import transliterated
from hyperpolyglot.measures.translation.tables import (
    by_kind,
    by_pair,
    by_script,
    by_sound,
    names_and_things,
    within_and_across,
)
from hyperpolyglot.measures.translation.weightings import HEADLINE, weighted
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.percentages import percent
from hyperpolyglot.records import Record, Rows, with_interval
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Array, Float64, Progress, silent

__all__ = ["TranslateOptions", "Translation", "translate"]

_RARE_SCRIPT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Translation(Record):
    """Scores of one model on one lexicon; see :meth:`to_json` for the parts.

    ``overall`` by candidate set, method and measure; ``pairs``, ``scripts``, ``kinds``, ``sounds``: weak P@1 in parts;
    ``overall`` is by question, ``weightings`` has weak P@1 by CSLS by others (the headline first), ``within`` the same
    answers asked for from their own and from other scripts, ``names`` names and things between the same languages;
    ``apart``: the questions that are not in the scores above, with their own; ``concepts`` says which were used and
    whether a score on them means anything.
    """

    lexicon: dict[str, Any]
    concepts: dict[str, Any]
    coverage: tuple[LanguageCoverage, ...]
    overall: dict[str, Any]
    apart: dict[str, Any]
    baselines: dict[str, Any]
    denominators: dict[str, Any]
    pairs: tuple[dict[str, Any], ...]
    scripts: tuple[dict[str, Any], ...]
    kinds: tuple[dict[str, Any], ...]
    sounds: tuple[dict[str, Any], ...]
    weightings: tuple[dict[str, Any], ...]
    within: dict[str, Any]
    names: dict[str, Any]
    hubs: tuple[dict[str, Any], ...]
    options: TranslateOptions

    @property
    def headline(self) -> dict[str, Any]:
        """Weak P@1 by CSLS where every ordered pair of languages counts alike: {weighting, value, interval, chance}."""
        nothing = {"value": None, "interval": None, "chance": None}
        found = self.weightings[0] if self.weightings else nothing
        return {"weighting": HEADLINE} | {name: found[name] for name in nothing}

    @property
    def matched_chance(self) -> float | None:
        """P@1 by chance in ``scripts``, where candidates are as many everywhere; ``None`` without questions."""
        return self.scripts[0]["matched"]["chance"] if self.scripts else None

    def largest(self, most: int, *, scored: bool = False) -> list[LanguageCoverage]:
        """The languages with most covered words, ties by tag; with ``scored``, only those with enough to be scored."""
        rows = [row for row in self.coverage if row.scored or not scored]
        return sorted(rows, key=lambda row: (-row.single_token, row.language))[:most]

    def summary(self) -> str:
        """P@1 of the headline, chance, how many languages, seed."""
        found = self.headline
        scored = sum(row.scored for row in self.coverage)
        if found["value"] is None:
            return f"too few covered words to score, {len(self.coverage)} languages"
        value = with_interval(percent(found["value"]), found["interval"], 100)
        return f"P@1 {value}, chance {percent(found['chance'])}, {scored} languages, seed {self.options.seed}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        words, single = (sum(getattr(c, name) for c in self.coverage) for name in ("words", "single_token"))
        return {
            "lexicon": self.lexicon,
            "concepts": self.concepts,
            "coverage": {
                "words": words,
                "single_token": single,
                "share": single / words if words else None,
                "languages": [row.to_json() for row in self.coverage],
            },
            "overall": self.overall,
            "apart": self.apart,
            "baselines": self.baselines,
            "denominators": self.denominators,
            "pairs": list(self.pairs),
            "scripts": list(self.scripts),
            "kinds": list(self.kinds),
            "sounds": list(self.sounds),
            "weightings": list(self.weightings),
            "headline": self.headline,
            "within_and_across": self.within,
            "names_and_things": self.names,
            "hubs": list(self.hubs),
            "multi_piece": self.options.multi_piece,
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every ordered pair of languages."""
        return self.tidied(self.pairs)

    def tables_by_name(self) -> dict[str, Rows]:
        """Scores, and what they are made of."""
        return {
            "": self.tidied(self._scores()),
            "coverage": self.coverage_table(),
            "pairs": self.table(),
            "scripts": self.tidied(self.scripts),
            "kinds": self.tidied(self.kinds),
            "hubs": self.tidied(self.hubs),
        }

    def _scores(self) -> Rows:
        parts = {name: (part["candidates"], part["questions"]) for name, part in self.overall.items()}
        scores = [
            (name, method, self.overall[name][method])
            for name in self.overall
            for method in ("cosine", "csls")
        ]
        scores += [("weak", name, metrics) for name, metrics in self.baselines.items()]
        return [
            {
                "candidates": name,
                "method": method,
                "measure": metric,
                **result,
                "mean_candidates": parts[name][0],
                "questions": parts[name][1],
            }
            for name, method, metrics in scores
            for metric, result in metrics.items()
        ]

    def matrix(
        self, by: Literal["language", "script"] = "language", least: int = 1
    ) -> tuple[tuple[str, ...], Float64]:
        """Names, and weak P@1 by CSLS ``[source, target]`` in 0…1, NaN where fewer than ``least`` questions were asked.

        Of scripts, every question has the same number of candidates.
        """
        rows = self.pairs if by == "language" else self.scripts
        names = tuple(sorted({row[side] for row in rows for side in ("source", "target")}))
        values = np.full((len(names), len(names)), np.nan)
        for row in rows:
            value = row["csls_p1"] if by == "language" else row["matched"]["value"]
            if row["questions"] >= least:
                values[names.index(row["source"]), names.index(row["target"])] = value
        return names, values

    def coverage_table(self) -> list[dict[str, Any]]:
        """A row for every language."""
        rows = [{k: v for k, v in row.to_json().items() if k != "rules"} | row.rules for row in self.coverage]
        return self.tidied(rows)


def translate(
    space: TokenSpace,
    lexicon: Lexicon,
    options: TranslateOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Translation:
    """How often the nearest tokens of a word are its translations.

    Where fewer than two languages have words enough, scores are ``None`` and the coverage says why.
    Raises ``TensorNotFound`` for a vocabulary alone.

    >>> import hyperpolyglot as hp
    >>> space, words = hp.open_model("demo:meaning"), hp.packaged_lexicon()
    >>> found = hp.translate(space, words, languages=["de", "en", "ru"], questions=0)
    >>> first = found.overall["weak"]["cosine"]["p1"]
    >>> first["value"] > 5 * first["chance"]
    True
    """
    checked("translate", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("translate", lexicon, Lexicon, "a Lexicon, as packaged_lexicon() or read_lexicon() gives it")
    options = options_of("translate", TranslateOptions, options, changes)
    asked = ask(space, lexicon, options, progress)
    random = np.random.default_rng(options.seed)
    main, ranks, candidates = asked.of(DIFFERENT)
    references = np.diff(main.reference_at)
    clusters, alike = clusters_of(main), transliterated(main, asked.words)
    weak = {"questions": len(main), "candidates": _mean(candidates)} | {
        method: scored(getattr(ranks, method), (candidates, references), clusters)
        for method in ("cosine", "csls")
    }
    overall = {"weak": weak} | _among_tokens(space, asked, main, options, random, progress)
    return stamped(
        Translation(
            lexicon={
                "source": asked.lexicon.source,
                "entries": len(asked.lexicon),
                "languages": len(asked.words.languages),
                "concepts": len(asked.words.concept_names),
            },
            concepts=asked.concepts,
            coverage=asked.coverage,
            overall=overall,
            apart={name: _apart(asked, kind) for name, kind in (("identical", IDENTICAL), ("near", NEAR))},
            baselines={"frequency_rank": scored(ranks.frequency, (candidates, references), clusters)},
            denominators=_denominators(asked, overall),
            pairs=by_pair(main, ranks, candidates, asked.words),
            scripts=by_script(main, ranks, candidates, asked.words, matched_candidates(options)),
            kinds=by_kind(main, ranks, candidates, asked.words, alike),
            sounds=by_sound(main, ranks, candidates, alike),
            weightings=weighted(
                main, values_of("p1", ranks.csls), expected_of("p1", (candidates, references)), alike
            ),
            within=within_and_across(main, ranks, asked.words, alike),
            names=names_and_things(main, ranks, candidates, asked.words, alike),
            hubs=hubs(main, ranks, asked.pool, asked.words),
            options=options,
        ),
        came_from(space, seed=options.seed),
    )


def _mean(values: Array) -> float | None:
    return float(values.mean()) if len(values) else None


def _apart(asked: Asked, match_type: int) -> dict[str, Any]:
    some, ranks, candidates = asked.of(match_type)
    other = np.flatnonzero(ranks.csls > 0)
    sizes = (candidates[other], np.diff(some.reference_at)[other])
    clusters = clusters_of(some.take(other))
    return {
        "questions": len(some),
        "same_token": len(some) - len(other),
        "cosine": scored(ranks.cosine[other], sizes, clusters),
        "csls": scored(ranks.csls[other], sizes, clusters),
    }


def _scripts_of(space: TokenSpace, words: Words) -> NDArray[np.bool_]:
    """Which tokens are in a script of each language, bool ``[language, token]``; scripts of few words do not count."""
    labels = space.labels if space.labels.labeller == DEFAULT else label(space.vocabulary)
    result = np.zeros((len(words.languages), len(space)), bool)
    for i in range(len(words.languages)):
        counts = np.bincount(words.script[words.language == i], minlength=len(words.scripts))
        for j in np.flatnonzero(counts >= _RARE_SCRIPT * counts.sum()).tolist():
            if words.scripts[j] in labels.names:
                result[i] |= labels.codes == labels.names.index(words.scripts[j])
    return result


def _among_tokens(
    space: TokenSpace,
    asked: Asked,
    main: Questions,
    options: TranslateOptions,
    random: np.random.Generator,
    progress: Progress,
) -> dict[str, Any]:
    count = min(options.questions, len(main))
    sample = main.take(
        np.sort(random.choice(len(main), count, replace=False)) if count else np.empty(0, np.intp)
    )
    of_script = _scripts_of(space, asked.words)
    rows = asked.words.rows
    found = None
    if count:
        found = ranks_among_tokens(
            space, sample, asked.pool, rows, asked.ranks.knn_similarity, of_script, progress
        )
    usable = space.candidates().rows
    own = (rows[sample.unit] >= 0).astype(np.int64)
    written = of_script[:, usable].sum(axis=1)[sample.target]
    written = written - (own & of_script[sample.target, np.maximum(rows[sample.unit], 0)])
    variants = found.variants[sample.unit] if found else np.empty(0, np.int32)
    result: dict[str, Any] = {}
    for name, sizes in (("script", written), ("strong", len(usable) - own)):
        ranks = {
            m: getattr(found, f"{name}_{m}") if found else np.empty(0, np.int32) for m in ("cosine", "csls")
        }
        ok = np.flatnonzero(ranks["csls"] > 0)
        references, clusters = np.diff(sample.reference_at)[ok], clusters_of(sample.take(ok))
        result[name] = {
            "questions": len(ok),
            "sampled": count,
            "candidates": _mean(sizes[ok]),
        } | {
            method: scored(ranks[method][ok], (sizes[ok], references), clusters)
            for method in ("cosine", "csls")
        }
        if name == "strong":
            others = found.without_variants[ok, 1] if found else np.empty((0, 2), np.int32)
            fewer = np.maximum((sizes - variants)[ok], references)
            result[name]["without_variants"] = {
                method: scored(others[:, i], (fewer, references), clusters)
                for i, method in enumerate(("cosine", "csls"))
            }
            result[name]["first"] = first_neighbors(space, asked.words, found)
    return result


def _denominators(asked: Asked, overall: dict[str, Any]) -> dict[str, Any]:
    """P@1 over covered questions and over all that the lexicon asks, where an uncovered one counts as missed."""
    covered = np.bincount(asked.questions.match_type, minlength=3).tolist()
    names = ("different", "near", "identical")
    share = (
        covered[DIFFERENT] / asked.questions.asked[DIFFERENT] if asked.questions.asked[DIFFERENT] else None
    )
    scores: dict[str, dict[str, Any]] = {}
    for name, part in overall.items():
        answered = part["questions"] / part["sampled"] if part.get("sampled") else 1.0
        for method in ("cosine", "csls"):
            value = part[method]["p1"]["value"]
            missing = value is None or share is None
            scores.setdefault(name, {})[method] = {
                "covered": value,
                "all": None if missing else value * answered * share,
            }
    return {
        "covered": dict(zip(names, covered, strict=True)),
        "all": dict(zip(names, asked.questions.asked, strict=True)),
        "p1": scores,
    }
