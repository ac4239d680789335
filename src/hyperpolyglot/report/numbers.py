"""A study as JSON and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from hyperpolyglot.measures.census import ModelCensus
from hyperpolyglot.measures.comparison.records import PairSimilarity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.translation import Translation
from hyperpolyglot.measures.verdicts import by_label
from hyperpolyglot.report.sections.comparison import labels_above, maps_above
from hyperpolyglot.report.sections.explanations import higher_than_overall
from hyperpolyglot.report.sections.languages import served
from hyperpolyglot.report.sections.mixing import OverRepresented, over_represented
from hyperpolyglot.report.sections.translation import above_chance, coverage_of
from hyperpolyglot.report.sections.translation_parts import hubs_above, pairs_above
from hyperpolyglot.report.sections.vocabulary import scripts_of
from hyperpolyglot.report.verdicts import verdict_of
from hyperpolyglot.study import Absent, ModelStudy, Study

__all__ = ["results", "tables"]

Rows = list[dict[str, Any]]

_OF_A_MODEL = {
    "separability": "separability",
    "diversity": "diversity",
    "neighbors": "examples",
    "map": "projection",
    "translate": "translation",
    "meanings": "meanings",
    "explain": "explanation",
}
"""Key in the JSON document, by which field of a :class:`ModelStudy`."""


def results(study: Study) -> dict[str, Any]:
    """Everything, under the keys of the commands; what is absent is null, with a sentence under ``absent``."""
    whole = {
        "overlap": study.overlap,
        "languages": study.languages,
        "compare": study.comparison,
    }
    return {
        "models": [
            {
                "model": m.space.model,
                "inspect": m.inspection.to_json(),
                "verdict": _verdict(m, counted, study),
            }
            | _forms({key: getattr(m, name) for key, name in _OF_A_MODEL.items()})
            for m, counted in zip(study.models, study.census.models, strict=True)
        ],
        "verdict": _verdict_between(study),
        "census": study.census.to_json(),
        **_forms(whole),
    }


def _verdict(model: ModelStudy, counted: ModelCensus, study: Study) -> dict[str, Any]:
    """The verdict on a model, and what the sentences on it are made of."""
    found = verdict_of(model).to_json()
    found["vocabulary"] = scripts_of(counted)
    if not isinstance(model.translation, Absent):
        sure, known = hubs_above(model.translation)
        found["translation"] = {
            "coverage": coverage_of(model.translation),
            "above_chance": bool(model.translation.headline["value"])
            and above_chance(model.translation.headline),
            "pairs": pairs_above(model.translation),
            "hubs": {"of": known, "above": [row["language"] for row in sure]},
        }
    if not isinstance(study.languages, Absent):
        found["languages"] = served(study.languages, model.space.model)
    if not isinstance(model.diversity, Absent):
        labels = by_label(model.diversity)
        pairs, tried = over_represented(model.diversity)
        found["labels"] = [asdict(row) for row in labels]
        found["levels"] = dict(Counter(row.level for row in labels))
        found["over_represented"] = {"pairs": tried, "found": [_listed(row) for row in pairs]}
    if not isinstance(model.explanation, Absent):
        shares, judged = higher_than_overall(model.explanation.undertrained)
        rows = [row.to_json() | {"interval": list(interval)} for row, interval in shares]
        found["undertrained"] = {"labels": judged, "higher_than_overall": rows}
    return found


def _verdict_between(study: Study) -> dict[str, Any]:
    """What the sentences that compare models are made of."""
    found: dict[str, Any] = {}
    if not isinstance(study.languages, Absent) and len(study.models) > 1:
        first, ties = study.languages.clear_winners([m.space.model for m in study.models])
        found["languages"] = {"clear_winners": first, "ties": ties}
    if not isinstance(study.comparison, Absent):
        found["compare"] = [_agreeing(pair) for pair in study.comparison.pairs]
    return found


def _agreeing(pair: PairSimilarity) -> dict[str, Any]:
    above, judged = labels_above(pair)
    rows = [row | {"interval": list(row["interval"])} for row in above]
    return {
        "a": pair.a,
        "b": pair.b,
        "labels": {"of": judged, "above": rows},
        "maps": {"of": len(pair.maps), "above": maps_above(pair)},
    }


def _listed(row: OverRepresented) -> dict[str, Any]:
    return asdict(row) | {"interval": list(row.interval)}


def _forms(parts: Mapping[str, Any]) -> dict[str, Any]:
    absent = {key: part.reason for key, part in parts.items() if isinstance(part, Absent)}
    forms = {key: None if key in absent else part.to_json() for key, part in parts.items()}
    return forms | {"absent": absent}


def tables(study: Study) -> dict[str, Rows]:
    """Every table by name; those of absent results are left out."""
    found: dict[str, Rows] = {"census": study.census.table()}
    for name, rows_of in _TABLES.items():
        rows = [{"model": m.space.model} | row for m in study.models for row in rows_of(m)]
        if rows:
            found[name] = rows
    for name, part in (("overlap", study.overlap), ("languages", study.languages)):
        if not isinstance(part, Absent):
            found[name] = part.table()
    if not isinstance(study.comparison, Absent):
        found["comparison"] = study.comparison.table()
        found["comparison_maps"] = [
            {"a": pair.a, "b": pair.b} | _flat(row) for pair in study.comparison.pairs for row in pair.maps
        ]
    return found


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One level: ``{"p1": {"value": …}}`` becomes ``p1``, ``p1_low``, …; an interval becomes ``low`` and ``high``."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            for inner, part in _flat(value).items():
                flat[name if inner == "value" else f"{name}_{inner}"] = part
        elif name == "interval":
            flat["low"], flat["high"] = value or (None, None)
        elif isinstance(value, list | tuple):
            flat[name] = " ".join(map(str, value))
        else:
            flat[name] = value
    return flat


def _of(field: str, read: Callable[[Any], Iterable[Mapping[str, Any]]]) -> Callable[[ModelStudy], Rows]:
    def rows(model: ModelStudy) -> Rows:
        part = getattr(model, field)
        return [] if isinstance(part, Absent) else [_flat(row) for row in read(part)]

    return rows


def _scores(found: Translation) -> Rows:
    parts = {name: (part["candidates"], part["questions"]) for name, part in found.overall.items()}
    scores = [
        (name, method, found.overall[name][method]) for name in found.overall for method in ("cosine", "csls")
    ]
    scores += [("weak", name, metrics) for name, metrics in found.baselines.items()]
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


def _geometry(found: Explanation) -> Rows:
    parts = found.to_json()
    return [
        {"part": part, "measure": name, **(value if isinstance(value, Mapping) else {"value": value})}
        for part in ("isotropy", "dimension", "hubness")
        for name, value in parts[part].items()
        if not isinstance(value, list)
    ]


_TABLES: dict[str, Callable[[ModelStudy], Rows]] = {
    "separability": _of("separability", lambda part: part.to_json()["labels"]),
    "diversity": _of("diversity", lambda part: part.table()),
    "mixing": _of("diversity", lambda part: part.to_json()["pairs"]),
    "neighbors": _of("examples", lambda part: part.table()),
    "map": lambda m: [] if isinstance(m.projection, Absent) else m.projection.table(m.space),
    "translation": _of("translation", _scores),
    "translation_coverage": _of("translation", lambda part: part.coverage_table()),
    "translation_pairs": _of("translation", lambda part: part.pairs),
    "translation_scripts": _of("translation", lambda part: part.scripts),
    "translation_kinds": _of("translation", lambda part: part.kinds),
    "hub_languages": _of("translation", lambda part: part.hubs),
    "meanings": _of("meanings", lambda part: part.table()),
    "frequency": _of("explanation", lambda part: (part.to_json()["frequency"] or {}).get("deciles", [])),
    "frequency_by_label": _of(
        "explanation", lambda part: (part.to_json()["frequency"] or {}).get("by_label", [])
    ),
    "undertrained": _of("explanation", lambda part: part.to_json()["undertrained"]["by_label"]),
    "undertrained_tokens": _of("explanation", lambda part: part.to_json()["undertrained"]["examples"]),
    "hubs": _of("explanation", lambda part: part.to_json()["hubness"]["hubs"]),
    "geometry": _of("explanation", _geometry),
    "subspaces": _of("explanation", lambda part: part.to_json()["subspaces"]["explained"]),
    "removal": _of("explanation", lambda part: part.table()),
}
