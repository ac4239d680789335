"""The study in a few sentences, and its main numbers side by side."""

from __future__ import annotations

from hyperpolyglot.report.content import present
from hyperpolyglot.report.sections.translation import read_translation
from hyperpolyglot.report.sections.writing_systems import read_diversity, read_separability
from hyperpolyglot.report.wording import DASH, joined, number, percent, score, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, ModelStudy, Study

__all__ = ["facts", "summary"]


def summary(study: Study) -> str:
    """Whether the models keep writing systems apart, mix them, and bring translations together."""
    parts = [_contrast(study) or " ".join(filter(None, map(_alone, study.models))), _translations(study)]
    text = " ".join(filter(None, parts))
    return text or (
        f"{joined([title_of(m.space.model) for m in study.models])}: a vocabulary without vectors; what it holds is "
        "counted below."
    )


def _contrast(study: Study) -> str:
    """Two sentences on the two ends, where different models stand there."""
    probes = {
        m.space.model: r for m, r in present(study.models, lambda m: m.separability)[0] if r.mean_accuracy
    }
    near, _ = present(study.models, lambda m: m.diversity)
    both = [(m, diversity) for m, diversity in near if m.space.model in probes]
    if len(both) < 2:
        return ""
    apart, _ = max(both, key=lambda pair: probes[pair[0].space.model].mean_accuracy or 0.0)
    mixed, most = max(both, key=lambda pair: pair[1].mean)
    closest, least = min(both, key=lambda pair: pair[1].mean)
    if apart is mixed:
        return ""
    accuracies = [probes[m.space.model].mean_accuracy or 0.0 for m in (apart, mixed)]
    return (
        f"{title_of(apart.space.model)} keeps writing systems apart (a line separates {percent(accuracies[0])} of "
        f"tokens; {title_of(mixed.space.model)}: {percent(accuracies[1])}; chance "
        f"{percent(probes[apart.space.model].labels[0].chance)}). {title_of(mixed.space.model)} mixes them: "
        f"{most.mean:.1f} {mixed.space.labels.noun} among {most.k} neighbours, {most.mean / least.mean:.1f} times "
        f"those of {title_of(closest.space.model)} ({least.mean:.1f}); chance would give {most.expected:.1f}."
    )


def _alone(model: ModelStudy) -> str:
    name, noun = title_of(model.space.model), model.space.labels.noun
    texts = []
    if not isinstance(model.separability, Absent):
        texts.append(read_separability(name, model.separability, noun))
    if not isinstance(model.diversity, Absent):
        texts.append(read_diversity(name, model.diversity, noun))
    return " ".join(texts)


def _translations(study: Study) -> str:
    found, _ = present(study.models, lambda m: m.translation)
    asked = [(m, r) for m, r in found if r.headline["value"] is not None]
    if not asked:
        return ""
    if len(asked) == 1:
        return read_translation(*asked[0])
    ordered = sorted(asked, key=lambda pair: -pair[1].headline["value"])
    told = [f"{title_of(m.space.model)} puts the right one first for {score(r.headline)}" for m, r in ordered]
    return (
        "Asked for a word’s translation among the other language’s words, averaged over pairs of languages, "
        f"{joined(told)}."
    )


def facts(model: ModelStudy) -> list[tuple[str, str]]:
    """(name, value with chance) of one model's main numbers."""
    opened = model.inspection
    size = f"{opened.rows:,} × {opened.dim}" if opened.dim else f"{opened.rows:,} (no vectors)"
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
        (f"{model.space.labels.noun} in a neighbourhood", _diversity(model)),
        ("assortativity", _assortativity(model)),
        ("translated correctly (P@1)", _translation(model)),
        ("tokens that are nobody’s neighbour", _antihubs(model)),
        ("dimensions in effect", _dimensions(model)),
        ("left out", _left_out(model)),
    ]


def _breaking(tensor: str) -> str:
    """A name that may be broken after a full stop."""
    return tensor.replace(".", ".\N{ZERO WIDTH SPACE}")


def _separability(model: ModelStudy) -> str:
    found = model.separability
    if isinstance(found, Absent) or found.mean_accuracy is None:
        return DASH
    return f"{percent(found.mean_accuracy)} (chance {percent(found.labels[0].chance)})"


def _diversity(model: ModelStudy) -> str:
    found = model.diversity
    if isinstance(found, Absent):
        return DASH
    return (
        f"{found.mean:.2f} of {found.k} neighbours ± {found.sd or 0:.2f} s.d. (chance {found.expected:.1f})"
    )


def _assortativity(model: ModelStudy) -> str:
    found = model.diversity
    if isinstance(found, Absent) or found.assortativity is None:
        return DASH
    return f"{found.assortativity:.2f} (chance 0)"


def _translation(model: ModelStudy) -> str:
    found = model.translation
    if isinstance(found, Absent) or found.headline["value"] is None:
        return DASH
    first = found.headline
    sure = f" [{span(first['interval'])}]" if first["interval"] else ""
    return f"{percent(first['value'])}{sure} (chance {percent(first['chance'])})"


def _antihubs(model: ModelStudy) -> str:
    found = model.explanation
    if isinstance(found, Absent):
        return DASH
    return f"{percent(found.hubness.antihubs)} (chance {percent(found.hubness.antihubs_expected)})"


def _dimensions(model: ModelStudy) -> str:
    found = model.explanation
    if isinstance(found, Absent):
        return DASH
    shape = found.isotropy
    return f"{number(shape.participation, 1)} (chance {number(shape.participation_expected, 1)})"


def _left_out(model: ModelStudy) -> str:
    if isinstance(model.diversity, Absent):
        return DASH
    return ", ".join(f"{n:,} {why}" for why, n in model.diversity.excluded.items()) or "nothing"
