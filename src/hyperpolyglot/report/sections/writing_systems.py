"""Whether the labels keep apart: by default, writing systems."""

from __future__ import annotations

from collections.abc import Sequence

from hyperpolyglot import figures
from hyperpolyglot.figures.multiples import MANY
from hyperpolyglot.labellers import Labelling, common
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.silhouette import Silhouette
from hyperpolyglot.measures.verdicts import (
    HALF,
    LEAST_TOKENS,
    MIXED,
    MIXED_RATIO,
    MOSTLY,
    OWN,
    RANDOM_DEVIATIONS_OF_A_LABEL,
)
from hyperpolyglot.published import DIVERSITY, SEPARABILITY
from hyperpolyglot.report.content import Picture, Section, picture, present
from hyperpolyglot.report.many import labels_in_panels, scores, tell, told_ranks
from hyperpolyglot.report.sections.mixing import FEWEST_EXPECTED, MOST_LIFT, mixing_grids
from hyperpolyglot.report.sections.relatedness import relatedness_sections
from hyperpolyglot.report.sections.writing_readings import (
    tell_by_label,
    tell_diversity,
    tell_mixing,
    tell_separability,
)
from hyperpolyglot.report.verdicts import RANDOM
from hyperpolyglot.report.wording import capital, cell, joined, number, percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import ModelStudy, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["map_section", "writing_system_sections"]


def writing_system_sections(study: Study) -> list[Section]:
    """Probes, clusters, neighbourhoods, neighbour composition, and the family tree of languages."""
    labelling = common(m.space.labels.labelling for m in study.models)
    return [
        _separability(study, labelling),
        _silhouette(study, labelling),
        *_diversity(study, labelling),
        *_mixing(study, labelling),
        *relatedness_sections(study),
    ]


def _separability(study: Study, labelling: Labelling) -> Section:
    noun = labelling.many
    found, missing = present(study.models, lambda m: m.separability)
    probes = [(title_of(m.space.model), result) for m, result in found]
    probed = [(name, result) for name, result in probes if result.labels]
    minimum = study.options.separability.minimum
    told = tell_separability(probes, labelling)
    return Section(
        key="separability",
        title=f"Are {noun} linearly separable?",
        question=f"A linear probe for each {_against(labelling)}, balanced, on tokens it has not seen.",
        pictures=(
            picture(
                "separability",
                figures.draw_separability(probed, published=labelling.writing_systems),
                _separability_caption(probed, labelling),
            ),
        )
        if probed
        else (),
        reading=told.reading,
        grids=told.grids,
        missing=missing,
        note=f"{capital(noun)} with fewer than {minimum} tokens are not probed. {_protocol(study)}"
        if probes
        else "",
    )


def _against(labelling: Labelling) -> str:
    """What is probed against what: languages of one script, so that script does not tell them apart."""
    return "language against the others of its script" if labelling.tags else "label against the rest"


def _silhouette(study: Study, labelling: Labelling) -> Section:
    noun, one = labelling.many, labelling.one
    found, missing = present(study.models, lambda m: m.silhouette)
    named = [(title_of(m.space.model), result) for m, result in found]
    options = study.options.silhouette
    told = tell(
        named,
        lambda name, result: _read_silhouette(name, result, noun),
        {
            "tokens": lambda r: f"{r.sampled:,}",
            "mean silhouette": lambda r: cell(r.value, r.interval, r.chance, share=False),
        },
        lead=lambda: told_ranks(
            scores(named, lambda r: (r.value, r.interval, r.chance)), "the mean silhouette", share=False
        ),
    )
    caption = f"Mean silhouette by {one}, of at most {options.sample} tokens each; the line is chance."
    return Section(
        key="silhouette",
        title=f"Do {noun} form clusters?",
        question=f"Whether a token is nearer to the tokens of its {one} than to those of the nearest other.",
        pictures=(picture("silhouette", figures.draw_silhouette(named), caption),) if named else (),
        reading=told.reading,
        grids=told.grids,
        missing=missing,
        note="1: compact clusters far apart; 0: none. Chance is the mean over permutations of the labels. Clusters are "
        f"called strong from {_STRONG}, reasonable from {_REASONABLE} and weak from {_WEAK} on (Kaufman and Rousseeuw "
        "1990, table 4)."
        if named
        else "",
    )


_STRONG, _REASONABLE, _WEAK, _LARGEST_P = 0.71, 0.51, 0.26, 0.05


def _read_silhouette(model: str, result: Silhouette, noun: str) -> str:
    """Whether labels are clusters, against permuted labels, and the most compact one."""
    low, high = result.interval or (result.value, result.value)
    told = (
        f"The mean silhouette of {result.sampled:,} tokens is {number(result.value)} [{number(low)}, {number(high)}] "
        f"(chance {number(result.chance)})"
    )
    if high < result.chance:
        return f"In {model}, {noun} form no clusters: they are less compact than at random. {told}."
    if result.p > _LARGEST_P or low <= result.chance:
        return f"In {model}, clusters of {noun} are {RANDOM}. {told}."
    levels = ((_STRONG, "strong"), (_REASONABLE, "reasonable"), (_WEAK, "weak"))
    for least, level in levels:
        if low >= least:
            return f"In {model}, {noun} form {level} clusters. {told}."
    return f"In {model}, {noun} form no clear clusters, but are more compact than chance. {told}."


def _diversity(study: Study, labelling: Labelling) -> list[Section]:
    noun = labelling.many
    found, missing = present(study.models, lambda m: m.diversity)
    near = [(title_of(m.space.model), result) for m, result in found]
    told, by_label = tell_diversity(near, labelling), tell_by_label(near, labelling)
    overall = Section(
        key="diversity",
        title=f"{capital(labelling.heading)} in a neighbourhood",
        question=f"Distinct {noun} among the {study.options.k} nearest neighbours of every token, by cosine.",
        pictures=(
            picture(
                "diversity",
                figures.draw_diversity(near, noun, published=labelling.writing_systems),
                f"Tokens by the number of {noun} among their {study.options.k} nearest neighbours, with the mean "
                "(black) and what chance gives, drawing as many neighbours from the whole vocabulary (grey). The "
                f"further left of chance, the more {noun} keep to themselves.{_paper_means(near, labelling)}",
            ),
        )
        if near
        else (),
        reading=told.reading,
        grids=told.grids,
        missing=missing,
        note=_protocol(study) if near else "",
    )
    if not near:
        return [overall]
    return [
        overall,
        Section(
            key="diversity-by-label",
            title=f"{capital(labelling.one)} mixing, by {labelling.one}",
            question=f"Distinct {noun} in the neighbourhoods of the tokens of each label.",
            pictures=(
                picture(
                    "diversity-by-label",
                    figures.draw_diversity_by_label(near, noun),
                    f"Mean number of {noun} among the {study.options.k} nearest neighbours, by the label of the token; "
                    "the grey bar is chance. A count near chance can still hide a preference for the own "
                    "label, which the text gives against its own chance.",
                ),
            ),
            reading=by_label.reading,
            grids=by_label.grids,
            note="Own share is judged on the scale from chance (0) to only its own (1): closed from "
            f"{number(OWN, 1)}, mostly closed from {number(MOSTLY, 1)}, half closed from {number(HALF, 1)}, little "
            f"above chance below {number(MIXED, 1)} and {number(MIXED_RATIO, 0)} × chance; at chance within "
            f"{number(RANDOM_DEVIATIONS_OF_A_LABEL, 0)} standard deviations of "
            f"labels permuted at random.{_uncounted(labelling)}",
        ),
    ]


def _mixing(study: Study, labelling: Labelling) -> list[Section]:
    found, _ = present(study.models, lambda m: m.diversity)
    if not found:
        return []
    told = tell_mixing([(title_of(m.space.model), result) for m, result in found])
    return [
        Section(
            key="mixing",
            title=f"Neighbour composition by {labelling.one}",
            question=f"Which {labelling.many} the neighbours of the tokens of each {labelling.one} have.",
            pictures=_mixing_pictures(found),
            reading=told.reading,
            grids=(*told.grids, *mixing_grids(found, labelling.one)),
            note="Assortativity: 1 where all neighbours have the token’s own label, 0 as by chance. Over-represented: "
            "the share of a label’s neighbours over what chance gives. Pairs count where both labels have "
            f"{LEAST_TOKENS} tokens and chance gives {FEWEST_EXPECTED} neighbours or more; intervals are adjusted for "
            "the choice among all of them (Bonferroni). A pair is named where it "
            f"lies above {number(MOST_LIFT, 1)} × chance by more than labels permuted over these neighbour lists vary: "
            "that is about these tokens, not about another vocabulary.",
        )
    ]


def _mixing_pictures(found: Sequence[tuple[ModelStudy, Diversity]]) -> tuple[Picture, ...]:
    """A figure for each model; of many, one with a panel for each."""
    said = (
        "of the neighbours of a row’s tokens, the share that each column has. The diagonal is a label’s own; the last "
        "row is what drawing neighbours by chance gives. The colours are those of the square root, so that small "
        "shares show."
    )
    if len(found) > 1:
        most = labels_in_panels(len(found))
        figure = figures.draw_mixings([(m.space.model, result) for m, result in found], most)
        return (picture("mixing", figure, f"By model, for the largest labels: {said}"),)
    return tuple(
        picture(f"mixing-{i}", figures.draw_mixing(result), f"{title_of(m.space.model)}: {said}")
        for i, (m, result) in enumerate(found, start=1)
    )


def map_section(study: Study) -> Section:
    """Every token as a point, a panel a model."""
    found, missing = present(study.models, lambda m: m.map)
    maps = [(m.space, result) for m, result in found]
    named = [(title_of(space.model), result) for space, result in maps]
    told = tell(
        named,
        _read_map,
        {
            "laid out by": lambda r: "UMAP, ships with the demo" if r.method == "shipped" else r.method,
            "tokens": lambda r: f"{len(r.rows):,}",
            "trustworthiness": lambda r: number(r.trustworthiness),
        },
        title="The maps. Trustworthiness: 1 where neighbours on the map are neighbours in the model; about 0.5 for "
        "points thrown at random",
        words=2,
    )
    return Section(
        key="map",
        title="The map",
        question="Every token as a point; near points are near in the model.",
        pictures=(
            picture(
                "map",
                figures.draw_map(maps),
                "Every token at its place on the map, coloured by label; labels that keep together bear their names. "
                "Islands are neighbourhoods of one label; if there were none, the colours would be mixed evenly.",
            ),
        )
        if maps
        else (),
        reading=told.reading,
        grids=told.grids,
        missing=missing,
        note="A map flattens many dimensions into two: read islands, not distances." if maps else "",
    )


def _read_map(model: str, projection: Projection) -> str:
    """How far the map can be trusted."""
    made = {
        "UMAP": "laid out by UMAP with the paper’s parameters from exact neighbours",
        "umap-learn": "laid out by umap-learn with the paper’s parameters from exact neighbours",
        "PCA": "the first two principal components",
        "shipped": "laid out by UMAP with the paper’s parameters; the layout ships with the demo",
    }[projection.method]
    return (
        f"{model}: {len(projection.rows):,} tokens, {made}. Trustworthiness {projection.trustworthiness:.2f} (1: "
        "neighbours on the map are neighbours in the model; about 0.5: points thrown at random; distances between "
        "far islands mean nothing)."
    )


def _separability_caption(probed: list[tuple[str, Separability]], labelling: Labelling) -> str:
    noun = labelling.many
    chance = percent(probed[0][1].labels[0].chance)
    means = ", ".join(f"{name} {100 * value:.2f} %" for name, value in SEPARABILITY.items())
    lines = "Dotted" if len(probed) < MANY else "Dotted and dashed"
    dotted = f" {lines}: the means that the paper published for its own models ({means})."
    if not labelling.writing_systems:
        dotted = ""
    return (
        "Accuracy of a linear probe that tells one label from the rest, on tokens it has not seen, with its 95 % "
        f"interval. Solid line: guessing, {chance}; the nearer to 100 %, the further {noun} lie apart.{dotted}"
    )


def _uncounted(labelling: Labelling) -> str:
    names = joined([script_name(label) for label in labelling.uncounted])
    return f" {names} are no {labelling.many}." if names else ""


def _paper_means(near: list[tuple[str, Diversity]], labelling: Labelling) -> str:
    if not labelling.writing_systems or all(result.k != 50 for _, result in near):
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
