"""A study as JSON and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hyperpolyglot.measures.census import ModelCensus
from hyperpolyglot.measures.comparison.records import PairSimilarity
from hyperpolyglot.measures.verdicts import by_label
from hyperpolyglot.report.sections.applications import verdict_on
from hyperpolyglot.report.sections.checkpoints import readings
from hyperpolyglot.report.sections.comparison import labels_above, maps_above
from hyperpolyglot.report.sections.explanations import higher_than_overall
from hyperpolyglot.report.sections.languages import served
from hyperpolyglot.report.sections.mixing import OverRepresented, over_represented
from hyperpolyglot.report.sections.translation import above_chance, coverage_of
from hyperpolyglot.report.sections.translation_parts import hubs_above, pairs_above
from hyperpolyglot.report.sections.vocabulary import scripts_of
from hyperpolyglot.report.verdicts import verdict_of
from hyperpolyglot.study import Absent, ModelStudy, Study
from hyperpolyglot.study.catalogue import JOINT, SINGLE
from hyperpolyglot.study.record import plain

__all__ = ["results", "tables"]

Rows = list[dict[str, Any]]


def results(study: Study) -> dict[str, Any]:
    """Everything, under the keys of the commands; what is absent is null, with a sentence under ``absent``."""
    return {
        "models": [
            {
                "model": m.space.model,
                "inspect": m.inspection.to_json(),
                "verdict": _verdict(m, counted, study),
            }
            | _forms({measure.key: getattr(m, measure.key) for measure in SINGLE if measure.applies(m.space)})
            for m, counted in zip(study.models, study.census.models, strict=True)
        ],
        "verdict": _verdict_between(study),
        **_forms({measure.key: getattr(study, measure.key) for measure in JOINT}),
        **_tracked(study),
        **_applied(study),
    }


def _tracked(study: Study) -> dict[str, Any]:
    """The runs that were tracked, if there are any: each with its name and what its verdict is made of."""
    if not study.tracks:
        return {}
    runs = [
        {"name": name, "absent": run.reason}
        if isinstance(run, Absent)
        else {"name": name, **run.to_json(), "verdict": list(readings(name, run))}
        for name, run in study.tracks.items()
    ]
    return {"track": runs}


def _applied(study: Study) -> dict[str, Any]:
    """What the models were used for, by the keys of the commands, each with its name, models, options and verdict."""
    return {
        key: [
            {"name": name, "absent": found.reason}
            if isinstance(found, Absent)
            else {"name": name, **_origin(found), **found.to_json(), "verdict": [*verdict_on(key, found)]}
            for name, found in named.items()
        ]
        for key, named in study.applied.items()
    }


def _origin(found: Any) -> dict[str, Any]:
    models = [] if found.provenance is None else found.provenance.models
    return {"models": [model.to_json() for model in models], "options": plain(found.options)}


def _verdict(model: ModelStudy, counted: ModelCensus, study: Study) -> dict[str, Any]:
    """The verdict on a model, and what the sentences on it are made of."""
    found = verdict_of(model).to_json()
    found["vocabulary"] = scripts_of(counted)
    if not isinstance(model.translate, Absent):
        sure, known = hubs_above(model.translate)
        found["translate"] = {
            "coverage": coverage_of(model.translate),
            "above_chance": bool(model.translate.headline["value"])
            and above_chance(model.translate.headline),
            "pairs": pairs_above(model.translate),
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
    if not isinstance(model.explain, Absent):
        shares, judged = higher_than_overall(model.explain.undertrained)
        rows = [row.to_json() | {"interval": list(interval)} for row, interval in shares]
        found["undertrained"] = {"labels": judged, "higher_than_overall": rows}
    return found


def _verdict_between(study: Study) -> dict[str, Any]:
    """What the sentences that compare models are made of."""
    found: dict[str, Any] = {}
    if not isinstance(study.languages, Absent) and len(study.models) > 1:
        first, ties = study.languages.clear_winners([m.space.model for m in study.models])
        found["languages"] = {"clear_winners": first, "ties": ties}
    if not isinstance(study.compare, Absent):
        found["compare"] = [_agreeing(pair) for pair in study.compare.pairs]
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
    """Every table by name: the summary, and those that begin with the key of their measure, where it was measured."""
    found: dict[str, Rows] = {"summary": study.table()}
    for measure in SINGLE:
        for model in study.models:
            record = getattr(model, measure.key)
            parts = {} if isinstance(record, Absent) else measure.tables(record, model.space)
            for name, rows in parts.items():
                own = found.setdefault(_table_name(measure.key, name), [])
                own += [{"model": model.space.model, **row} for row in rows]
    for several in JOINT:
        record = getattr(study, several.key)
        parts = {} if isinstance(record, Absent) else record.tables_by_name()
        for name, rows in parts.items():
            found[_table_name(several.key, name)] = [*rows]
    for name, run in study.tracks.items():
        parts = {} if isinstance(run, Absent) else run.tables_by_name()
        for table, rows in parts.items():
            found.setdefault(f"track_{table}" if table else "steps", []).extend(
                {"track": name, **row} for row in rows
            )
    for key, named in study.applied.items():
        for name, record in named.items():
            parts = {} if isinstance(record, Absent) else record.tables_by_name()
            for table, rows in parts.items():
                found.setdefault(_table_name(key, table), []).extend({"name": name, **row} for row in rows)
    return {name: rows for name, rows in found.items() if rows}


def _table_name(key: str, name: str) -> str:
    return f"{key}_{name}" if name else key
