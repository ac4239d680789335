"""The study in a few sentences, and its main numbers side by side."""

from __future__ import annotations

from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.verdicts import Verdict
from hyperpolyglot.report.content import present
from hyperpolyglot.report.sections.translation import above_chance, read_translation
from hyperpolyglot.report.verdicts import say_verdict, verdict_of
from hyperpolyglot.report.wording import DASH, exact, joined, number, percent, score, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, ModelStudy, Study

__all__ = ["facts", "summary"]

_TOLD_ALONE = 4
_NO_MORE = "no more often than chance does, "
_TOGETHER = {
    "apart": "Kept apart",
    "between": "Neither kept apart nor mixed",
    "mixed": "Mixed",
    "random": "Indistinguishable from random",
}


def summary(study: Study) -> str:
    """Whether the models keep labels (writing systems) apart, mix them, and bring translations together."""
    text = " ".join(filter(None, [*_verdicts(study), _translations(study)]))
    return text or (
        f"{joined([title_of(m.space.model) for m in study.models])}: a vocabulary without vectors; what it holds is "
        "counted below."
    )


def _verdicts(study: Study) -> list[str]:
    """A sentence for each model; of many, one for each verdict."""
    judged = [(m, verdict_of(m)) for m in study.models]
    if len(judged) <= _TOLD_ALONE:
        return [
            say_verdict(title_of(m.space.model), found, m.space.labels.labelling, _explained(m))
            for m, found in judged
        ]
    told = []
    for name, says in _TOGETHER.items():
        same = [(m, found) for m, found in judged if found.name == name]
        if same:
            names = joined([f"{title_of(m.space.model)}{_own(found)}" for m, found in same])
            told.append(f"{says}: {names}.")
    return told


def _own(found: Verdict) -> str:
    if found.own_share is None:
        return ""
    return f" ({percent(found.own_share)} of neighbours of the same label, chance {percent(found.own_expected or 0.0)})"


def _explained(model: ModelStudy) -> Explanation | None:
    return None if isinstance(model.explain, Absent) else model.explain


def _translations(study: Study) -> str:
    found, _ = present(study.models, lambda m: m.translate)
    asked = [(m, r) for m, r in found if r.headline["value"] is not None]
    if not asked:
        return ""
    if len(asked) == 1:
        return read_translation(*asked[0])
    ordered = sorted(asked, key=lambda pair: -pair[1].headline["value"])
    told = [
        f"{title_of(m.space.model)} puts the right one first {'' if above_chance(r.headline) else _NO_MORE}for "
        f"{score(r.headline)}"
        for m, r in ordered
    ]
    return (
        "Asked for a word’s translation among the other language’s words, averaged over pairs of languages, "
        f"{joined(told)}."
    )


def facts(model: ModelStudy) -> list[tuple[str, str]]:
    """(name, value with chance) of one model's main numbers."""
    opened = model.inspection
    size = f"{opened.n_rows:,} × {opened.dim}" if opened.dim else f"{opened.n_rows:,} (no vectors)"
    return [
        ("rows × dimensions", size),
        ("tokens", f"{opened.tokens:,}"),
        (
            "stored as",
            f"{opened.dtype}, {_breaking(opened.tensor)}" if opened.dtype and opened.tensor else DASH,
        ),
        ("tokenizer", opened.tokenizer),
        ("kinds", ", ".join(f"{kind} {count:,}" for kind, count in opened.kinds.items())),
        ("separability", _separability(model)),
        ("neighbours of the same label", _own_share(model)),
        (f"{model.space.labels.labelling.many} in a neighbourhood", _diversity(model)),
        ("assortativity", _assortativity(model)),
        ("translated correctly (P@1)", _translation(model)),
        ("anti-hubs", _antihubs(model)),
        ("effective dimensionality", _dimensions(model)),
        ("excluded", _left_out(model)),
    ]


def _breaking(tensor: str) -> str:
    """A name that may be broken after a full stop."""
    return tensor.replace(".", ".\N{ZERO WIDTH SPACE}")


def _separability(model: ModelStudy) -> str:
    found = model.separability
    if isinstance(found, Absent) or found.mean_accuracy is None:
        return DASH
    return f"{exact(found.mean_accuracy)} (chance {exact(found.labels[0].chance)})"


def _diversity(model: ModelStudy) -> str:
    found = model.diversity
    if isinstance(found, Absent):
        return DASH
    return (
        f"{found.mean:.2f} of {found.k} neighbours ± {found.sd or 0:.2f} s.d. (chance {found.expected:.1f})"
    )


def _own_share(model: ModelStudy) -> str:
    found = verdict_of(model)
    if found.own_share is None or found.own_expected is None:
        return DASH
    return f"{exact(found.own_share)} (chance {exact(found.own_expected)})"


def _assortativity(model: ModelStudy) -> str:
    found = model.diversity
    if isinstance(found, Absent) or found.assortativity is None:
        return DASH
    return f"{found.assortativity:.2f} (chance 0)"


def _translation(model: ModelStudy) -> str:
    found = model.translate
    if isinstance(found, Absent) or found.headline["value"] is None:
        return DASH
    first = found.headline
    sure = f" [{span(first['interval'])}]" if first["interval"] else ""
    return f"{exact(first['value'])}{sure} (chance {exact(first['chance'])})"


def _antihubs(model: ModelStudy) -> str:
    found = model.explain
    if isinstance(found, Absent):
        return DASH
    return f"{exact(found.hubness.antihubs)} (chance {exact(found.hubness.antihubs_expected)})"


def _dimensions(model: ModelStudy) -> str:
    found = model.explain
    if isinstance(found, Absent):
        return DASH
    shape = found.isotropy
    return f"{number(shape.participation, 1)} (chance {number(shape.participation_expected, 1)})"


def _left_out(model: ModelStudy) -> str:
    if isinstance(model.diversity, Absent):
        return DASH
    return ", ".join(f"{n:,} {why}" for why, n in model.diversity.excluded.items()) or "nothing"
