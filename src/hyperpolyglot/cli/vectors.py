"""Commands that measure vectors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import (
    LabelOptions,
    OpeningOptions,
    SearchOptions,
    StoreOptions,
    group,
    labels_group,
    opening_group,
    protocol_group,
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import excluded_kinds, open_spaces
from hyperpolyglot.cli.options import (
    Amount,
    device_option,
    exclude_option,
    k_option,
    matched,
    method_option,
    minimum_option,
    model_argument,
    models_argument,
    seed_option,
    word_lists_option,
)
from hyperpolyglot.cli.output import (
    TABLE_OR_FIGURE,
    OutputOptions,
    certificate,
    emit,
    output_group,
)
from hyperpolyglot.cli.several import Measurement, give, named_records
from hyperpolyglot.labellers import LANGUAGE

if TYPE_CHECKING:
    from hyperpolyglot.measures.separability import SeparabilityOptions

__all__ = ["diversity", "map_", "relatedness", "separability", "silhouette"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbingOptions:
    """How labels are probed."""

    design: Literal["one-vs-rest", "pairwise", "multinomial"]
    folds: int
    repeats: int
    grouped: bool
    minimum: int

    def probes(self, protocol: str, seed: int) -> SeparabilityOptions:
        """The same for the measure. Raises ``UsageError`` for what does not go together."""
        from hyperpolyglot.measures.separability import SeparabilityOptions

        try:
            return SeparabilityOptions(
                design=self.design,
                folds=self.folds,
                repeats=self.repeats,
                grouped=self.grouped,
                minimum=self.minimum,
                seed=seed,
                protocol=protocol,
            )
        except ValueError as error:
            raise click.UsageError(f"{error}.") from error


probing_group = group(
    ProbingOptions,
    "probing",
    click.option(
        "--design",
        type=click.Choice(["one-vs-rest", "pairwise", "multinomial"]),
        default="one-vs-rest",
        show_default=True,
        help="One label against the rest, every two labels, or all at once.",
    ),
    click.option(
        "--folds", type=click.IntRange(2), default=10, show_default=True, help="Folds of cross-validation."
    ),
    click.option(
        "--repeats", type=click.IntRange(1), default=1, show_default=True, help="Balanced samples drawn."
    ),
    click.option("--grouped", is_flag=True, help="Keep word, ▁word and Word in the same fold."),
    minimum_option,
)


@click.command(
    cls=Described,
    purpose="Measure a model",
    short_help="Linear separability of writing systems.",
    examples=(
        "hyperpolyglot separability demo:e5",
        "hyperpolyglot separability demo:e5 demo:meaning -o probes.svg",
        "hyperpolyglot separability demo:e5 --protocol paper",
    ),
)
@models_argument
@opening_group
@protocol_group
@probing_group
@click.option(
    "--shared-with",
    multiple=True,
    metavar="MODEL",
    callback=matched,
    help="Only tokens that MODEL's vocabulary has too; can be repeated.  [default: all]",
)
@exclude_option
@seed_option
@device_option
@store_group
@output_group(TABLE_OR_FIGURE)
def separability(
    models: tuple[str, ...],
    opening: OpeningOptions,
    labelling: LabelOptions,
    probing: ProbingOptions,
    shared_with: tuple[str, ...],
    exclude: tuple[str, ...],
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Measure the linear separability of each MODEL's writing systems."""
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.vectors import SEPARABILITY
    from hyperpolyglot.measures.comparison import shared_tokens
    from hyperpolyglot.study import computed, separability_step

    options = probing.probes(labelling.protocol, seed)
    opened = open_spaces((*models, *shared_with), opening, labelling, exclude, measured=len(models))
    spaces, others = opened[: len(models)], opened[len(models) :]
    kept, kinds = store.open(), excluded_kinds(exclude)
    if others:
        spaces = [
            shared_tokens.shared_with(space, others, protocol=labelling.protocol, exclude=kinds)
            for space in spaces
        ]
    with progress_bar() as bar:
        results = [
            Measurement(space, computed(separability_step(space, options, exclude=kinds), kept, bar))
            for space in spaces
        ]
    published = spaces[0].labels.labelling.writing_systems
    give(
        SEPARABILITY,
        results,
        output,
        figure=lambda: figures.draw_separability(named_records(results), published=published),
        others=others,
    )


@click.command(
    cls=Described,
    purpose="Measure a model",
    short_help="Whether writing systems form clusters.",
    examples=(
        "hyperpolyglot silhouette demo:e5",
        "hyperpolyglot silhouette demo:language demo:meaning",
    ),
)
@models_argument
@opening_group
@protocol_group
@click.option(
    "--sample", type=click.IntRange(2), default=500, show_default=True, help="Most tokens of each label."
)
@click.option(
    "--minimum", type=click.IntRange(2), default=50, show_default=True, help="Tokens that a label needs."
)
@click.option(
    "--permutations",
    type=click.IntRange(1),
    default=99,
    show_default=True,
    help="Permutations of the labels behind the chance level.",
)
@exclude_option
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def silhouette(
    models: tuple[str, ...],
    opening: OpeningOptions,
    labelling: LabelOptions,
    sample: int,
    minimum: int,
    permutations: int,
    exclude: tuple[str, ...],
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Measure how compact the tokens of each MODEL's writing systems are: mean
    silhouettes by cosine distance, against permuted labels.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.vectors import SILHOUETTE
    from hyperpolyglot.measures.silhouette import SilhouetteOptions
    from hyperpolyglot.study import computed
    from hyperpolyglot.study.catalogue import silhouette_step

    options = SilhouetteOptions(sample=sample, minimum=minimum, permutations=permutations, seed=seed)
    spaces, kept = open_spaces(models, opening, labelling, exclude), store.open()
    kinds = excluded_kinds(exclude)
    with progress_bar() as bar:
        results = [
            Measurement(space, computed(silhouette_step(space, options, exclude=kinds), kept, bar))
            for space in spaces
        ]
    give(SILHOUETTE, results, output, figure=lambda: figures.draw_silhouette(named_records(results)))


@click.command(
    cls=Described,
    purpose="Measure a model",
    short_help="Writing systems among the neighbours of tokens.",
    examples=(
        "hyperpolyglot diversity demo:e5",
        "hyperpolyglot diversity demo:language demo:meaning -o diversity.csv",
        "hyperpolyglot diversity demo:e5 --sample 0.1 --exclude undertrained",
    ),
)
@models_argument
@k_option(50)
@click.option(
    "--sample",
    type=Amount(0, 1, min_open=True),
    help="Share of the tokens to look at.  [default: all]",
)
@opening_group
@protocol_group
@exclude_option
@search_group
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def diversity(
    models: tuple[str, ...],
    k: int,
    sample: float | None,
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Count the writing systems among the neighbours of every token of each MODEL."""
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.vectors import DIVERSITY
    from hyperpolyglot.measures.diversity import diversity as measure
    from hyperpolyglot.measures.token_rows import sample_rows
    from hyperpolyglot.study import computed, neighbors_step

    spaces, kept = open_spaces(models, opening, labelling, exclude), store.open()
    kinds, search = excluded_kinds(exclude), searching.search()
    results = []
    with progress_bar() as bar:
        for space in spaces:
            queries = None if sample is None else sample_rows(space, sample, seed, exclude=kinds)
            planned = neighbors_step(space, k, queries=queries, exclude=kinds, search=search)
            near = computed(planned, kept, bar)
            found = measure(near, space.labels, protocol=labelling.protocol)
            results.append(Measurement(space, found, {"certificate": certificate(near)}))
    called = spaces[0].labels.labelling
    give(
        DIVERSITY,
        results,
        output,
        figure=lambda: figures.draw_diversity(
            named_records(results), called.many, published=called.writing_systems
        ),
    )


@click.command(
    cls=Described,
    purpose="Measure a model",
    short_help="Whether related languages are neighbours.",
    examples=(
        "hyperpolyglot relatedness demo:e5 --minimum 20",
        "hyperpolyglot relatedness demo:e5 --minimum 20 -o branches.svg",
    ),
)
@models_argument
@k_option(50)
@click.option(
    "--minimum", type=click.IntRange(2), default=100, show_default=True, help="Tokens that a language needs."
)
@click.option(
    "--permutations",
    type=click.IntRange(1),
    default=9_999,
    show_default=True,
    help="Permutations of the languages behind the p-values.",
)
@word_lists_option
@opening_group
@exclude_option
@search_group
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def relatedness(
    models: tuple[str, ...],
    k: int,
    minimum: int,
    permutations: int,
    word_lists: Path | None,
    opening: OpeningOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Compare which languages are neighbours in each MODEL with a family tree of
    languages, within each script. Labels are languages (--labels language).
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.relatedness import RELATEDNESS
    from hyperpolyglot.study import computed, neighbors_step
    from hyperpolyglot.study.catalogue import relatedness_step

    labelling = LabelOptions(labels=LANGUAGE, word_lists=word_lists)
    spaces, kept = open_spaces(models, opening, labelling, exclude), store.open()
    kinds, search = excluded_kinds(exclude), searching.search()
    results = []
    with progress_bar() as bar:
        for space in spaces:
            near = neighbors_step(space, k, exclude=kinds, search=search)
            step = relatedness_step(space, near, k=k, minimum=minimum, permutations=permutations, seed=seed)
            results.append(Measurement(space, computed(step, kept, bar)))
    give(RELATEDNESS, results, output, figure=lambda: figures.draw_relatedness(named_records(results)))


@click.command(
    name="map",
    cls=Described,
    purpose="Look at tokens",
    short_help="All tokens in two dimensions.",
    examples=(
        "hyperpolyglot map demo:e5 -o map.png",
        "hyperpolyglot map demo:e5 -o map.parquet   # for Embedding Atlas",
    ),
)
@model_argument
@method_option
@opening_group
@labels_group
@exclude_option
@search_group
@seed_option
@store_group
@click.option(
    "--projector",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write vectors.tsv and metadata.tsv for the Embedding Projector; alone, no map is made.  [default: none]",
)
@output_group(TABLE_OR_FIGURE)
def map_(
    model: str,
    method: Literal["auto", "umap", "umap-learn", "pca"],
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    seed: int,
    store: StoreOptions,
    projector: Path | None,
    output: OutputOptions,
) -> None:
    """Lay the tokens of MODEL out in two dimensions.

    A .parquet table holds the neighbours too, as Embedding Atlas opens them.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import note, progress_bar, say
    from hyperpolyglot.exports import write_atlas, write_projector
    from hyperpolyglot.loading import shipped_layout
    from hyperpolyglot.measures.projection import NEIGHBORS
    from hyperpolyglot.sources import title_of
    from hyperpolyglot.study import computed, map_step, neighbors_step

    (space,) = spaces = open_spaces([model], opening, labelling, exclude)
    kinds = excluded_kinds(exclude)
    if projector is not None:
        with progress_bar() as bar:
            for path in write_projector(projector, space, space.candidates(kinds).rows, progress=bar):
                note(f"wrote {path}")
        if not (output.outputs or output.as_json):
            return None
    if not (output.outputs or output.as_json):
        output = replace(output, outputs=(Path("map.png"),))
    layout = shipped_layout(space.origin) if method == "auto" and not exclude else None
    with progress_bar() as bar:
        kept = store.open()
        neighbors_planned = neighbors_step(space, NEIGHBORS, exclude=kinds, search=searching.search())
        planned = map_step(space, neighbors_planned, method=method, seed=seed, layout=layout)
        near = computed(neighbors_planned, kept, bar)
        found = computed(planned, kept, bar)
    atlas, others = output.split(".parquet")
    for path in atlas:
        write_atlas(path, space, near, found)
        note(f"wrote {path}")
    others.save(lambda: found.table(space), lambda: figures.draw_map([(space, found)]))
    if output.as_json:
        payload = found.to_json() | {
            "file": str(output.outputs[0]) if output.outputs else None,
            "certificate": certificate(near),
        }
        return emit("map", payload, spaces)
    size = f"{len(found.rows):,} tokens"
    say(f"{title_of(space.model)}: {size}, {found.method}, trustworthiness {found.trustworthiness:.3f}")
    return None
