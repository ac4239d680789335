"""What a figure says, in a plain sentence made from its numbers."""

from __future__ import annotations

from hyperpolyglot.measures.census import Overlap
from hyperpolyglot.measures.diversity import Diversity, LabelPair
from hyperpolyglot.measures.inspection import Inspection
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.published import DIVERSITY, SEPARABILITY
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import ModelStudy, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = [
    "read_census",
    "read_diversity",
    "read_map",
    "read_mixing",
    "read_overlap",
    "read_separability",
    "summary",
]

MIXED_LIFT = 1.0


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def read_census(inspection: Inspection, labels: dict[str, int], noun: str) -> str:
    """Size of the vocabulary and its largest labels."""
    total = sum(labels.values())
    named = [f"{script_name(label)} ({_percent(count / total)})" for label, count in list(labels.items())[:3]]
    hundred = sum(count >= 100 for count in labels.values())
    return (
        f"{title_of(inspection.model)} has {inspection.tokens:,} tokens in {len(labels)} {noun}, {hundred} of "
        f"them with 100 tokens "
        f"or more. The largest are {', '.join(named)}."
    )


def read_overlap(overlap: Overlap) -> str:
    """The pair with the most and the least in common."""
    known = [pair for pair in overlap.pairs if pair.overlap is not None]
    if not known:
        return "The models have no tokens to compare."
    most = max(known, key=lambda pair: pair.overlap or 0.0)
    text = (
        f"{title_of(most.a)} and {title_of(most.b)} share {most.count:,} tokens, "
        f"{_percent(most.overlap or 0.0)} of the "
        f"smaller vocabulary; "
        f"{_percent(most.latin_share or 0.0)} of these are Latin."
    )
    return text if len(known) == 1 else f"The most alike: {text}"


def read_separability(model: str, result: Separability, noun: str) -> str:
    """How well a line tells the labels apart, against chance and the published means."""
    mean = result.mean_accuracy
    if mean is None:
        return f"No label of {model} has {result.options.minimum} tokens, so nothing can be probed."
    hardest = min(result.labels, key=lambda row: row.accuracy)
    kept_apart = (
        "almost perfectly" if mean > 0.98 else "well" if mean > 0.9 else "partly" if mean > 0.65 else "hardly"
    )
    chance = result.labels[0].chance
    return (
        f"A line tells the writing systems of {model} apart {kept_apart}: {_percent(mean)} of "
        f"held-out tokens on average "
        f"over {len(result.labels)} {noun}, where guessing gives {_percent(chance, 0)}. The hardest is "
        f"{script_name(hardest.label)} with {_percent(hardest.accuracy)}."
    )


def read_diversity(model: str, result: Diversity, noun: str) -> str:
    """Whether tokens live among their own, against chance."""
    own = result.own_share or 0.0
    ratio = result.mean / result.expected if result.expected else 0.0
    if own > 0.9:
        character = "Tokens live among their own script"
    elif own > 0.5:
        character = "Tokens mostly live among their own script, with visitors from others"
    elif ratio > 0.7:
        character = "Scripts are thoroughly mixed"
    else:
        character = "Neighbourhoods cross scripts"
    return (
        f"{character}: the {result.k} nearest neighbours of a token of {model} come from "
        f"{result.mean:.2f} {noun} on average "
        f"(chance: {result.expected:.1f}), and {_percent(own, 0)} of the labelled ones share its own."
    )


def read_mixing(model: str, result: Diversity) -> str:
    """The strongest neighbourhood between two different labels."""
    tokens = {row.label: row.tokens for row in result.by_label}
    crossing = [p for p in result.pairs if p.a != p.b and min(tokens.get(p.a, 0), tokens.get(p.b, 0)) >= 100]
    if not crossing:
        return f"In {model} no two larger labels neighbour each other."

    def drawn(pair: LabelPair) -> float:
        return pair.lift

    best = max(crossing, key=drawn)
    r = result.assortativity
    mixing = "" if r is None else f" Assortativity is {r:.2f} (1: only own label, 0: as by chance)."
    if best.lift <= MIXED_LIFT:
        return f"In {model} no label draws another more than chance would.{mixing}"
    return (
        f"In {model}, {script_name(best.a)} draws {script_name(best.b)} most: "
        f"{_percent(best.share)} of its neighbours, "
        f"{best.lift:.1f} times what chance gives.{mixing}"
    )


def read_map(projection: Projection) -> str:
    """How far the map can be trusted."""
    made = {
        "UMAP": "laid out by UMAP with the paper's parameters from exact neighbours",
        "PCA": "the first two principal components (install hyperpolyglot[map] for a UMAP layout)",
        "shipped": "laid out by UMAP with the paper's parameters; the layout ships with the demo",
    }[projection.method]
    return (
        f"{len(projection.rows):,} tokens, {made}. Trustworthiness {projection.trustworthiness:.2f} "
        f"(1: neighbours on the "
        f"map are neighbours in the model; distances between far islands mean nothing)."
    )


def summary(study: Study) -> str:
    """The study in one or two sentences."""
    if len(study.models) == 1:
        return _one(study.models[0])
    apart = max(study.models, key=lambda m: m.separability.mean_accuracy or 0.0)
    mixed = max(study.models, key=lambda m: m.diversity.mean)
    if apart.space.model == mixed.space.model:
        return " ".join(map(_one, study.models))
    closest = min(study.models, key=lambda m: m.diversity.mean)
    times = mixed.diversity.mean / closest.diversity.mean
    return (
        f"{title_of(apart.space.model)} keeps writing systems apart (a line separates "
        f"{_percent(apart.separability.mean_accuracy or 0)} of "
        f"tokens; {title_of(mixed.space.model)}: {_percent(mixed.separability.mean_accuracy or 0)}). "
        f"{title_of(mixed.space.model)} mixes them: "
        f"{mixed.diversity.mean:.1f} {mixed.space.labels.noun} among {mixed.diversity.k} neighbours, "
        f"{times:.1f} times those of {title_of(closest.space.model)} ({closest.diversity.mean:.1f}); chance would give "
        f"{mixed.diversity.expected:.1f}."
    )


def _one(model: ModelStudy) -> str:
    name, noun = title_of(model.space.model), model.space.labels.noun
    return (
        f"{read_separability(name, model.separability, noun)} {read_diversity(name, model.diversity, noun)}"
    )


def published_note(protocol: str) -> str:
    """What the published lines in the figures are, and how far they compare."""
    probes = ", ".join(f"{name} {100 * value:.2f} %" for name, value in SEPARABILITY.items())
    mixing = ", ".join(f"{name} {value:.2f}" for name, value in DIVERSITY.items())
    same = (
        "This report uses the paper's own protocol and labels."
        if protocol == "paper"
        else "This report labels by Unicode script and leaves the token itself out; "
        "--protocol paper gives the paper's variant."
    )
    return (
        f"Dotted lines are the paper's means (separability {probes}; labels among 50 neighbours "
        f"{mixing}), measured on its "
        f"own vocabularies. {same}"
    )
