"""Whether writing systems keep apart."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.published import DIVERSITY, SEPARABILITY
from hyperpolyglot.report.content import Section, picture, present
from hyperpolyglot.report.sections.mixing import mixing_grids
from hyperpolyglot.report.wording import capital, percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["read_diversity", "read_separability", "writing_system_sections"]

_LARGER = 100


def writing_system_sections(study: Study) -> list[Section]:
    """Probes, neighbourhoods, who neighbours whom, the map."""
    noun = study.models[0].space.labels.noun
    return [_separability(study, noun), *_diversity(study, noun), *_mixing(study), _map(study)]


def _separability(study: Study, noun: str) -> Section:
    found, missing = present(study.models, lambda m: m.separability)
    probes = [(title_of(m.space.model), result) for m, result in found]
    probed = [(name, result) for name, result in probes if result.labels]
    return Section(
        key="separability",
        title="Does a line separate the writing systems?",
        question="A linear probe for each label against the rest, balanced, on tokens it has not seen.",
        pictures=(
            picture("separability", figures.draw_separability(probed), _separability_caption(probed, noun)),
        )
        if probed
        else (),
        reading=(*(read_separability(name, result, noun) for name, result in probes), *missing),
        note=f"{capital(noun)} with fewer than {study.options.probes.minimum} tokens are not probed. {_protocol(study)}"
        if probes
        else "",
    )


def _diversity(study: Study, noun: str) -> list[Section]:
    found, missing = present(study.models, lambda m: m.diversity)
    near = [(title_of(m.space.model), result) for m, result in found]
    overall = Section(
        key="diversity",
        title="How many writing systems live in a neighbourhood?",
        question=f"Distinct {noun} among the {study.options.k} nearest neighbours of every token, by cosine.",
        pictures=(
            picture(
                "diversity",
                figures.draw_diversity(near, noun),
                f"Tokens by the number of {noun} among their {study.options.k} nearest neighbours, with the mean "
                "(black) and what chance gives, drawing as many neighbours from the whole vocabulary (grey). The "
                f"further left of chance, the more {noun} keep to themselves.{_paper_means(near)}",
            ),
        )
        if near
        else (),
        reading=(*(read_diversity(name, result, noun) for name, result in near), *missing),
        note=_protocol(study) if near else "",
    )
    if not near:
        return [overall]
    return [
        overall,
        Section(
            key="diversity-by-label",
            title="Whose neighbourhoods are mixed?",
            question=f"Distinct {noun} in the neighbourhoods of the tokens of each label.",
            pictures=(
                picture(
                    "diversity-by-label",
                    figures.draw_diversity_by_label(near, noun),
                    f"Mean number of {noun} among the {study.options.k} nearest neighbours, by the label of the token; "
                    "the grey bar is chance. A mark at its bar is a neighbourhood as mixed as a random draw, one near "
                    "1 a closed circle.",
                ),
            ),
            reading=tuple(_read_by_label(name, result) for name, result in near),
        ),
    ]


def _mixing(study: Study) -> list[Section]:
    found, _ = present(study.models, lambda m: m.diversity)
    if not found:
        return []
    return [
        Section(
            key="mixing",
            title="Who neighbours whom?",
            question="Whose tokens are in the neighbourhoods of whose.",
            pictures=tuple(
                picture(
                    f"mixing-{position}",
                    figures.draw_mixing(result),
                    f"{title_of(m.space.model)}: of the neighbours of a row’s tokens, the share that each column has. "
                    "The diagonal is a label’s own; the last row is what drawing neighbours by chance gives. The "
                    "colours are those of the square root, so that small shares show.",
                )
                for position, (m, result) in enumerate(found, start=1)
            ),
            reading=tuple(_read_mixing(title_of(m.space.model), result) for m, result in found),
            grids=mixing_grids(found),
            note="Assortativity: 1 where all neighbours have the token’s own label, 0 as by chance.",
        )
    ]


def _map(study: Study) -> Section:
    found, missing = present(study.models, lambda m: m.projection)
    maps = [(m.space, result) for m, result in found]
    return Section(
        key="map",
        title="The map",
        question="Every token as a point; near points are near in the model.",
        pictures=(
            picture(
                "map",
                figures.draw_map(maps),
                "Every token at its place on the map, coloured by label; labels that keep together bear their names. "
                "Islands are neighbourhoods of one label; were there none to find, the colours would be mixed evenly.",
            ),
        )
        if maps
        else (),
        reading=(*(_read_map(title_of(space.model), result) for space, result in maps), *missing),
        note="A map flattens many dimensions into two: read islands, not distances." if maps else "",
    )


def read_separability(model: str, result: Separability, noun: str) -> str:
    """How well a line tells the labels apart, against chance."""
    mean = result.mean_accuracy
    if mean is None:
        return f"No label of {model} has {result.options.minimum} tokens, so nothing can be probed."
    hardest = min(result.counted, key=lambda row: row.accuracy)
    kept_apart = (
        "almost perfectly" if mean > 0.98 else "well" if mean > 0.9 else "partly" if mean > 0.65 else "hardly"
    )
    chance = result.labels[0].chance
    return (
        f"A line tells the writing systems of {model} apart {kept_apart}: {percent(mean)} of held-out tokens on "
        f"average over {len(result.counted)} {noun}, where guessing gives {percent(chance)}. The hardest is "
        f"{script_name(hardest.label)} with {percent(hardest.accuracy)}."
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
        f"{character}: the {result.k} nearest neighbours of a token of {model} come from {result.mean:.2f} {noun} on "
        f"average (chance: {result.expected:.1f}), and {percent(own)} of the labelled ones share its own."
    )


def _read_mixing(model: str, result: Diversity) -> str:
    """The strongest neighbourhood between two different labels."""
    tokens = {row.label: row.tokens for row in result.by_label if row.counted}
    crossing = [
        p for p in result.pairs if p.a != p.b and min(tokens.get(p.a, 0), tokens.get(p.b, 0)) >= _LARGER
    ]
    r = result.assortativity
    mixing = "" if r is None else f" Assortativity is {r:.2f} (chance 0)."
    if not crossing:
        return f"In {model} no two larger labels neighbour each other.{mixing}"
    best = max(crossing, key=lambda pair: pair.lift)
    if best.lift <= 1.0:
        return f"In {model} no label draws another more than chance would.{mixing}"
    return (
        f"In {model}, {script_name(best.a)} draws {script_name(best.b)} most: {percent(best.share)} of its "
        f"neighbours, {best.lift:.1f} times what chance gives.{mixing}"
    )


def _read_map(model: str, projection: Projection) -> str:
    """How far the map can be trusted."""
    made = {
        "UMAP": "laid out by UMAP with the paper’s parameters from exact neighbours",
        "PCA": "the first two principal components (install hyperpolyglot[map] for a UMAP layout)",
        "shipped": "laid out by UMAP with the paper’s parameters; the layout ships with the demo",
    }[projection.method]
    return (
        f"{model}: {len(projection.rows):,} tokens, {made}. Trustworthiness {projection.trustworthiness:.2f} (1: "
        "neighbours on the map are neighbours in the model; about 0.5: points thrown at random; distances between "
        "far islands mean nothing)."
    )


def _separability_caption(probed: list[tuple[str, Separability]], noun: str) -> str:
    chance = percent(probed[0][1].labels[0].chance)
    means = ", ".join(f"{name} {100 * value:.2f} %" for name, value in SEPARABILITY.items())
    return (
        "Accuracy of a linear probe that tells one label from the rest, on tokens it has not seen, with its 95 % "
        f"interval. Solid line: guessing, {chance}; the nearer to 100 %, the further {noun} lie apart. Dotted: the "
        f"means that the paper published for its own models ({means})."
    )


def _paper_means(near: list[tuple[str, Diversity]]) -> str:
    if all(result.k != 50 for _, result in near):
        return ""
    means = ", ".join(f"{name} {value:.2f}" for name, value in DIVERSITY.items())
    return f" Dotted and dashed: the means that the paper published for its own models ({means})."


def _protocol(study: Study) -> str:
    """How far the published numbers compare."""
    if study.options.protocol == "paper":
        return "This report uses the paper’s own protocol and labels."
    return (
        "The paper’s numbers are of its own vocabularies, with other labels, the token itself counted among its "
        "neighbours; --protocol paper gives that variant."
    )


def _read_by_label(model: str, result: Diversity) -> str:
    """The most and the least mixed of the larger labels."""
    labels = [row for row in result.by_label if row.counted]
    rows = [row for row in labels if row.tokens >= _LARGER] or labels
    if not rows:
        return f"No token of {model} has a label."
    most, least = max(rows, key=lambda row: row.mean), min(rows, key=lambda row: row.mean)
    return (
        f"{model}: the most mixed of the larger labels is {script_name(most.label or '')} with {most.mean:.1f} (chance "
        f"{most.expected:.1f}), the least {script_name(least.label or '')} with {least.mean:.1f} (chance "
        f"{least.expected:.1f})."
    )
