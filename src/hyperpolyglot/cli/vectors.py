"""Commands that measure vectors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

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
    method_option,
    minimum_option,
    model_argument,
    seed_option,
)
from hyperpolyglot.cli.output import (
    ARRAYS,
    TABLE_OR_FIGURE,
    OutputOptions,
    certificate,
    emit,
    output_group,
)
from hyperpolyglot.percentages import percent
from hyperpolyglot.shown import shown

if TYPE_CHECKING:
    from hyperpolyglot.measures.separability import SeparabilityOptions

__all__ = ["diversity", "map_", "neighbors", "separability", "silhouette"]


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


@click.command(short_help="Linear separability of writing systems.")
@model_argument
@opening_group
@protocol_group
@probing_group
@click.option(
    "--shared-with",
    multiple=True,
    metavar="MODEL",
    help="Only tokens that MODEL's vocabulary has too; can be repeated.",
)
@exclude_option
@seed_option
@device_option
@store_group
@output_group(TABLE_OR_FIGURE)
def separability(
    model: str,
    opening: OpeningOptions,
    labelling: LabelOptions,
    probing: ProbingOptions,
    shared_with: tuple[str, ...],
    exclude: tuple[str, ...],
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Measure the linear separability of MODEL's writing systems."""
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.cli.terminal_tables.labels import say_uncounted
    from hyperpolyglot.measures.comparison import shared_tokens
    from hyperpolyglot.study import computed, separability_step

    options = probing.probes(labelling.protocol, seed)
    space, *others = spaces = open_spaces((model, *shared_with), opening, labelling, exclude, measured=1)
    kept, kinds = store.open(), excluded_kinds(exclude)
    if others:
        space = shared_tokens.shared_with(space, others, protocol=labelling.protocol, exclude=kinds)
    with progress_bar() as bar:
        found = computed(separability_step(space, options, exclude=kinds), kept, bar)
    published = space.labels.labelling.writing_systems
    output.save(found.table, lambda: figures.draw_separability([(space.model, found)], published=published))
    if output.as_json:
        return emit("separability", found.to_json(), spaces)
    columns = ("label", "tokens", "accuracy", "low", "high", "chance")
    print_table(f"{space.model}: accuracy of a linear probe (95 % interval)", found.table(), columns)
    if found.skipped:
        listed = ", ".join(f"{shown(label)} {tokens}" for label, tokens in found.skipped)
        say(f"too few tokens to probe, of the label or of all others: {listed}")
    say_uncounted([row.label for row in found.labels if not row.counted], space.labels.labelling)
    if found.mean_accuracy is not None:
        say(f"mean accuracy {percent(found.mean_accuracy)}, by chance {percent(found.labels[0].chance)}")
    return None


@click.command(short_help="Whether writing systems form clusters.")
@model_argument
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
    model: str,
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
    """Measure how compact the tokens of each writing system are: mean silhouettes
    by cosine distance, against permuted labels.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.measures.silhouette import SilhouetteOptions
    from hyperpolyglot.study import computed
    from hyperpolyglot.study.catalogue import silhouette_step

    options = SilhouetteOptions(sample=sample, minimum=minimum, permutations=permutations, seed=seed)
    (space,) = spaces = open_spaces([model], opening, labelling, exclude)
    with progress_bar() as bar:
        found = computed(silhouette_step(space, options, exclude=excluded_kinds(exclude)), store.open(), bar)
    output.save(found.table, lambda: figures.draw_silhouette([(space.model, found)]))
    if output.as_json:
        return emit("silhouette", found.to_json(), spaces)
    columns = ("label", "tokens", "sampled", "silhouette", "low", "high", "chance")
    print_table(f"{space.model}: mean silhouette (95 % interval)", found.table(), columns)
    if found.skipped:
        listed = ", ".join(f"{shown(label)} {tokens}" for label, tokens in found.skipped)
        say(f"left out, too few tokens or no {space.labels.labelling.one}: {listed}")
    say(
        f"mean over {found.sampled:,} tokens {found.value:.3f}, by chance {found.chance:.3f} (p {found.p:.2g})"
    )
    return None


@click.command(short_help="The nearest tokens of a text or an id.")
@model_argument
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option("--id", "ids", type=int, multiple=True, metavar="N", help="A token by its id; can be repeated.")
@k_option(20)
@click.option("--only", metavar="LABEL", help="Only neighbours with this label, exactly.")
@opening_group
@protocol_group
@exclude_option
@search_group
@store_group
@output_group(ARRAYS)
def neighbors(
    model: str,
    texts: tuple[str, ...],
    ids: tuple[int, ...],
    k: int,
    only: str | None,
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Show the nearest tokens of TEXTs in MODEL, by cosine.

    TEXT finds every token that is spelled so, with or without a leading space.
    Without a TEXT, -o neighbors.npz writes the neighbours of all tokens: rows
    int32 and similarity float32, -1 and NaN for tokens left out.
    """
    arrays, others = output.split(".npz")
    if not (texts or ids or arrays):
        raise click.UsageError("name a TEXT or --id, or write all neighbours with -o neighbors.npz.")
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar
    from hyperpolyglot.exports import write_neighbors
    from hyperpolyglot.measures.neighbors import find_ids, find_tokens, neighborhoods
    from hyperpolyglot.study import computed, neighbors_step

    (space,) = spaces = open_spaces([model], opening, labelling, exclude)
    kinds, search = excluded_kinds(exclude), searching.search()
    rows = [row for text in texts for row in find_tokens(space, text)] + find_ids(space, ids)
    if arrays:
        with progress_bar() as bar:
            planned = neighbors_step(space, k, exclude=kinds, search=search)
            every = computed(planned, store.open(), bar)
        for path in arrays:
            write_neighbors(path, every, len(space))
    found = neighborhoods(
        space,
        list(dict.fromkeys(rows)),
        k,
        label=only,
        include_self=labelling.protocol == "paper",
        exclude=kinds,
        search=search,
    )
    others.save(found.table, lambda: figures.draw_neighborhoods(found))
    if output.as_json:
        return emit("neighbors", found.to_json(), spaces)
    for query in found.to_json()["queries"]:
        title = f"{shown(query['token'])}  (id {query['id']}, {shown(query['label'] or 'no label')})"
        print_table(title, query["neighbors"], ("similarity", "label", "id", "token"))
    return None


@click.command(short_help="Writing systems among the neighbours of tokens.")
@model_argument
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
    model: str,
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
    """Count the writing systems among the neighbours of every token of MODEL."""
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.cli.terminal_tables.labels import say_uncounted
    from hyperpolyglot.measures.diversity import diversity as measure
    from hyperpolyglot.measures.neighbors import sample_rows
    from hyperpolyglot.study import computed, neighbors_step

    (space,) = spaces = open_spaces([model], opening, labelling, exclude)
    kinds = excluded_kinds(exclude)
    queries = None if sample is None else sample_rows(space, sample, seed, exclude=kinds)
    with progress_bar() as bar:
        planned = neighbors_step(space, k, queries=queries, exclude=kinds, search=searching.search())
        near = computed(planned, store.open(), bar)
    found = measure(near, space.labels, protocol=labelling.protocol)
    called = space.labels.labelling
    output.save(
        found.table,
        lambda: figures.draw_diversity([(space.model, found)], called.many, published=called.writing_systems),
    )
    if output.as_json:
        return emit("diversity", found.to_json() | {"certificate": certificate(near)}, spaces)
    columns = ("label", "tokens", "mean", "expected", "own_share", "own_expected")
    print_table(f"{space.model}: distinct {called.many} among {found.k} neighbours", found.table(), columns)
    say_uncounted([row.label for row in found.by_label if row.label and not row.counted], called)
    sure = "" if found.interval is None else " [{:.2f}, {:.2f}]".format(*found.interval)
    spread = f"mean {found.mean:.2f}{sure}, s.d. {found.sd or 0:.2f}, over {found.tokens:,} tokens"
    say(f"{spread}; by chance {found.expected:.2f}")
    if found.own_share is not None:
        say(f"{percent(found.own_share)} of the labelled neighbours have the token's own label")
    return None


@click.command(name="map", short_help="All tokens in two dimensions.")
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
    help="Write vectors.tsv and metadata.tsv for the Embedding Projector; alone, no map is made.",
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
    say(
        f"{space.model}: {len(found.rows):,} tokens, {found.method}, trustworthiness {found.trustworthiness:.3f}"
    )
    return None
