"""The study in a few sentences, and its main numbers side by side."""

from __future__ import annotations

from hyperpolyglot.labellers import common
from hyperpolyglot.measures.verdicts import Verdict
from hyperpolyglot.report.content import present
from hyperpolyglot.report.many import FEW, scores, told_ranks
from hyperpolyglot.report.sections.applications import verdict_on
from hyperpolyglot.report.sections.translation import above_chance
from hyperpolyglot.report.verdicts import say_verdict, verdict_of
from hyperpolyglot.report.wording import DASH, bracketed, exact, joined, number, percent, score, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, ModelStudy, Study

__all__ = ["alone", "by_verdict", "facts", "ranks", "summary", "translated", "verdict"]

_NO_MORE = "no more often than by chance, "
_TOGETHER = {
    "apart": "Kept apart",
    "between": "Neither kept apart nor mixed",
    "mixed": "Mixed",
    "random": "Indistinguishable from random",
}


def summary(study: Study) -> str:
    """Whether the models keep labels (writing systems) apart, mix them, and bring translations together.

    A paragraph for each model; of many models, their ranks by translation and by own share, with the verdicts. Then one
    for each application.
    """
    told = _of_each(study) if len(study.models) <= FEW else [*ranks(study), *by_verdict(study)]
    said = [*filter(None, told)] or [alone(study)]
    return "\n\n".join([*said, *_used(study)])


def alone(study: Study) -> str:
    """What a report has that answers none of its questions, as that of vocabularies without vectors."""
    names = joined([title_of(m.space.model) for m in study.models])
    if any(m.space.table is not None for m in study.models):
        return f"{names}: what was measured is below."
    kind = "a vocabulary" if len(study.models) == 1 else "vocabularies"
    return (
        f"{names}: {kind} without vectors. Below: what is counted, which languages have words in it, and what text "
        "costs."
    )


def _of_each(study: Study) -> list[str]:
    """What each model does, in a sentence on its labels and one on translation."""
    told = [(verdict(m), translated(m, begins=not verdict(m))) for m in study.models]
    return [" ".join(filter(None, sentences)) for sentences in told]


def _used(study: Study) -> list[str]:
    """The first sentence on each application, or why there is none."""
    told = []
    for kind, named in study.applied.items():
        for name, found in named.items():
            said = (found.reason,) if isinstance(found, Absent) else verdict_on(kind, found)
            told += [f"{kind} of {name}: {said[0]}"] if said else []
    return told


def verdict(model: ModelStudy) -> str:
    """Whether a model keeps its labels apart, in a sentence; empty where nothing was measured."""
    explained = None if isinstance(model.explain, Absent) else model.explain
    return say_verdict(
        title_of(model.space.model), verdict_of(model), model.space.labels.labelling, explained
    )


def translated(model: ModelStudy, *, begins: bool = True) -> str:
    """Whether its words are near their translations; empty where that was not asked.

    ``begins``: the sentence stands by itself, and names the model.
    """
    found = None if isinstance(model.translate, Absent) else model.translate.headline
    if found is None or found["value"] is None:
        return ""
    chance = "" if above_chance(found) else _NO_MORE
    subject = f"In {title_of(model.space.model)}, words" if begins else "Words"
    return (
        f"{subject} are translated correctly (P@1) {chance}for {score(found)}, averaged over ordered pairs of "
        "languages."
    )


def ranks(study: Study) -> list[str]:
    """The models ranked by word translation, those of overlapping intervals alike."""
    found, _ = present(study.models, lambda m: m.translate)
    asked = scores(
        [(title_of(m.space.model), result.headline) for m, result in found],
        lambda first: (first["value"], first["interval"], first["chance"]),
    )
    if not asked:
        return []
    told = told_ranks(asked, "word translation (P@1, averaged over ordered pairs of languages)")
    rule = " Models whose 95 % intervals overlap with that of the first of their rank share it."
    return [f"{told}{rule if any(model.above_chance for model in asked) else ''}"]


def by_verdict(study: Study) -> list[str]:
    """The models by verdict, each with its own share, those that keep most to their own first."""
    judged = [(m, verdict_of(m)) for m in study.models]
    told = []
    for name, says in _TOGETHER.items():
        same = [(m, found) for m, found in judged if found.name == name]
        same.sort(key=lambda pair: -(pair[1].excess or 0.0))
        if same:
            names = joined([f"{title_of(m.space.model)}{_own(m, found)}" for m, found in same])
            told.append(f"{says}: {names}.")
    if not told:
        return []
    labelling = common(m.space.labels.labelling for m in study.models)
    chances = [found.own_expected for _, found in judged if found.own_expected is not None]
    if not chances:
        return [" ".join(told)]
    low, high = percent(min(chances)), percent(max(chances))
    chance = low if low == high else f"{low} to {high}"
    return [
        f"{' '.join(told)} In brackets: the share of a token’s nearest neighbours that have its {labelling.one} "
        f"(chance {chance}), with its 95 % interval."
    ]


def _own(model: ModelStudy, found: Verdict) -> str:
    """The own share in brackets, with its interval where there is one."""
    if found.own_share is None:
        return ""
    interval = None if isinstance(model.diversity, Absent) else model.diversity.own_interval
    return f" ({percent(found.own_share)}{bracketed(interval)})"


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
