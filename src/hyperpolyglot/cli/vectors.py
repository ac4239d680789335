"""Commands that measure vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hyperpolyglot.cli.options import (
    Amount,
    device_option,
    exclude_option,
    excluded_kinds,
    labels_option,
    model_argument,
    open_spaces,
    opening_options,
    output_options,
    protocol_option,
    search_options,
    searching,
    seed_option,
    store_option,
    the_store,
)
from hyperpolyglot.cli.output import TABLE_OR_FIGURE, certificate, check_outputs, emit, save_outputs
from hyperpolyglot.shown import shown

__all__ = ["diversity", "map_", "neighbors", "separability"]


@click.command(short_help="Linear separability of writing systems.")
@model_argument
@opening_options
@labels_option
@protocol_option
@click.option(
    "--design",
    type=click.Choice(["one-vs-rest", "pairwise", "multinomial"]),
    default="one-vs-rest",
    show_default=True,
    help="One label against the rest, every two labels, or all at once.",
)
@click.option(
    "--folds", type=click.IntRange(2), default=10, show_default=True, help="Folds of cross-validation."
)
@click.option(
    "--repeats", type=click.IntRange(1), default=1, show_default=True, help="Balanced samples drawn."
)
@click.option("--grouped", is_flag=True, help="Keep word, ▁word and Word in the same fold.")
@click.option(
    "--minimum",
    type=click.IntRange(2),
    default=500,
    show_default=True,
    help="Tokens a label needs to be probed.",
)
@click.option(
    "--shared-with",
    multiple=True,
    metavar="MODEL",
    help="Only tokens that MODEL's vocabulary has too; can be repeated.",
)
@exclude_option
@seed_option
@device_option
@store_option
@output_options(TABLE_OR_FIGURE)
def separability(**values: Any) -> None:
    """Measure the linear separability of MODEL's writing systems."""
    check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.findings import say_uncounted
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.measures.comparison.shared_tokens import shared_with
    from hyperpolyglot.measures.separability import ProbeOptions
    from hyperpolyglot.study import computed, separability_step

    names = ("design", "folds", "repeats", "grouped", "minimum", "seed", "protocol")
    try:
        options = ProbeOptions(**{name: values[name] for name in names})
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    space, *others = spaces = open_spaces((values["model"], *values["shared_with"]), values)
    store, kinds = the_store(values), excluded_kinds(values["exclude"])
    if others:
        space = shared_with(space, others, protocol=values["protocol"], exclude=kinds)
    with progress_bar() as bar:
        found = computed(separability_step(space, options, exclude=kinds), store, bar)
    save_outputs(
        values["outputs"],
        found.table,
        lambda: figures.draw_separability(
            [(space.model, found)], published=space.labels.labelling.writing_systems
        ),
    )
    if values["as_json"]:
        return emit("separability", found.to_json(), spaces, values)
    columns = ("label", "tokens", "accuracy", "low", "high", "chance")
    print_table(f"{space.model}: accuracy of a linear probe (95 % interval)", found.table(), columns)
    if found.skipped:
        listed = ", ".join(f"{shown(label)} {tokens}" for label, tokens in found.skipped)
        say(f"too few tokens to probe, of the label or of all others: {listed}")
    say_uncounted([row.label for row in found.labels if not row.counted], space.labels.labelling)
    if found.mean_accuracy is not None:
        say(
            f"mean accuracy {100 * found.mean_accuracy:.2f} %, by chance {100 * found.labels[0].chance:.0f} %"
        )
    return None


@click.command(short_help="The nearest tokens of a text or an id.")
@model_argument
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option("--id", "ids", type=int, multiple=True, metavar="N", help="A token by its id; can be repeated.")
@click.option(
    "-k", "k", type=click.IntRange(1, 1000), default=20, show_default=True, help="Neighbours per token."
)
@click.option("--only", metavar="LABEL", help="Only neighbours with this label, exactly.")
@opening_options
@labels_option
@protocol_option
@exclude_option
@search_options
@store_option
@output_options(f"{TABLE_OR_FIGURE}, or .npz with the neighbours of all tokens")
def neighbors(**values: Any) -> None:
    """Show the nearest tokens of TEXTs in MODEL, by cosine.

    TEXT finds every token that is spelled so, with or without a leading space.
    Without a TEXT, -o neighbors.npz writes the neighbours of all tokens: rows
    int32 and similarity float32, -1 and NaN for tokens left out.
    """
    arrays = [path for path in values["outputs"] if path.suffix.lower() == ".npz"]
    others = [path for path in values["outputs"] if path not in arrays]
    check_outputs(others, figures=True)
    if not (values["texts"] or values["ids"] or arrays):
        raise click.UsageError("name a TEXT or --id, or write all neighbours with -o neighbors.npz.")
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar
    from hyperpolyglot.measures.neighbors import find_ids, find_tokens, neighborhoods
    from hyperpolyglot.study import computed, neighbors_step, write_neighbors

    (space,) = spaces = open_spaces((values["model"],), values)
    kinds, search = excluded_kinds(values["exclude"]), searching(values)
    rows = [row for text in values["texts"] for row in find_tokens(space, text)] + find_ids(
        space, values["ids"]
    )
    if arrays:
        with progress_bar() as bar:
            planned = neighbors_step(space, values["k"], exclude=kinds, search=search)
            every = computed(planned, the_store(values), bar)
        for path in arrays:
            write_neighbors(path, every, len(space))
    found = neighborhoods(
        space,
        list(dict.fromkeys(rows)),
        values["k"],
        label=values["only"],
        include_self=values["protocol"] == "paper",
        exclude=kinds,
        search=search,
    )
    save_outputs(others, found.table, lambda: figures.draw_neighborhoods(found))
    if values["as_json"]:
        return emit("neighbors", found.to_json(), spaces, values)
    for query in found.to_json()["queries"]:
        title = f"{shown(query['token'])}  (id {query['id']}, {shown(query['label'] or 'no label')})"
        print_table(title, query["neighbors"], ("similarity", "label", "id", "token"))
    return None


@click.command(short_help="Writing systems among the neighbours of tokens.")
@model_argument
@click.option(
    "-k", "k", type=click.IntRange(1, 1000), default=50, show_default=True, help="Neighbours per token."
)
@click.option(
    "--sample",
    type=Amount(0, 1, min_open=True),
    help="Share of the tokens to look at.  [default: all]",
)
@opening_options
@labels_option
@protocol_option
@exclude_option
@search_options
@seed_option
@store_option
@output_options(TABLE_OR_FIGURE)
def diversity(**values: Any) -> None:
    """Count the writing systems among the neighbours of every token of MODEL."""
    check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.findings import say_uncounted
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.measures.diversity import diversity as measure
    from hyperpolyglot.measures.neighbors import sample_rows
    from hyperpolyglot.study import computed, neighbors_step

    (space,) = spaces = open_spaces((values["model"],), values)
    kinds = excluded_kinds(values["exclude"])
    queries = None
    if values["sample"] is not None:
        queries = sample_rows(space, values["sample"], values["seed"], exclude=kinds)
    with progress_bar() as bar:
        planned = neighbors_step(space, values["k"], queries=queries, exclude=kinds, search=searching(values))
        near = computed(planned, the_store(values), bar)
    labelling = space.labels.labelling
    found = measure(near, space.labels, protocol=values["protocol"])
    save_outputs(
        values["outputs"],
        found.table,
        lambda: figures.draw_diversity(
            [(space.model, found)], labelling.many, published=labelling.writing_systems
        ),
    )
    if values["as_json"]:
        return emit("diversity", found.to_json() | {"certificate": certificate(near)}, spaces, values)
    columns = ("label", "tokens", "mean", "expected", "own_share", "own_expected")
    print_table(
        f"{space.model}: distinct {labelling.many} among {found.k} neighbours", found.table(), columns
    )
    say_uncounted([row.label for row in found.by_label if row.label and not row.counted], labelling)
    sure = "" if found.interval is None else " [{:.2f}, {:.2f}]".format(*found.interval)
    spread = f"mean {found.mean:.2f}{sure}, s.d. {found.sd or 0:.2f}, over {found.tokens:,} tokens"
    say(f"{spread}; by chance {found.expected:.2f}")
    if found.own_share is not None:
        say(f"{100 * found.own_share:.1f} % of the labelled neighbours have the token's own label")
    return None


@click.command(name="map", short_help="All tokens in two dimensions.")
@model_argument
@click.option(
    "--method",
    type=click.Choice(["auto", "umap", "pca"]),
    default="auto",
    show_default=True,
    help="auto: the layout that ships with a demo model, else UMAP if it is installed, else PCA.",
)
@opening_options
@labels_option
@exclude_option
@search_options
@seed_option
@store_option
@click.option(
    "--projector",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write vectors.tsv and metadata.tsv for the Embedding Projector; alone, no map is made.",
)
@output_options(TABLE_OR_FIGURE)
def map_(**values: Any) -> None:
    """Lay the tokens of MODEL out in two dimensions.

    A .parquet table holds the neighbours too, as Embedding Atlas opens them.
    """
    check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import note, progress_bar, say
    from hyperpolyglot.exports import write_atlas, write_projector
    from hyperpolyglot.loading import shipped_layout
    from hyperpolyglot.measures.projection import NEIGHBORS
    from hyperpolyglot.study import computed, neighbors_step, projection_step

    (space,) = spaces = open_spaces((values["model"],), values)
    kinds = excluded_kinds(values["exclude"])
    if values["projector"] is not None:
        with progress_bar() as bar:
            for path in write_projector(
                values["projector"], space, space.candidates(kinds).rows, progress=bar
            ):
                note(f"wrote {path}")
        if not (values["outputs"] or values["as_json"]):
            return None
    outputs = values["outputs"] or ((Path("map.png"),) if not values["as_json"] else ())
    layout = shipped_layout(space.model) if values["method"] == "auto" and not values["exclude"] else None
    with progress_bar() as bar:
        store = the_store(values)
        neighbors_planned = neighbors_step(space, NEIGHBORS, exclude=kinds, search=searching(values))
        planned = projection_step(
            space,
            neighbors_planned,
            method=values["method"],
            seed=values["seed"],
            layout=layout,
        )
        near = computed(neighbors_planned, store, bar)
        found = computed(planned, store, bar)
    atlas = [path for path in outputs if path.suffix.lower() == ".parquet"]
    for path in atlas:
        write_atlas(path, space, near, found)
        note(f"wrote {path}")
    others = [path for path in outputs if path not in atlas]
    save_outputs(others, lambda: found.table(space), lambda: figures.draw_map([(space, found)]))
    if values["as_json"]:
        payload = found.to_json() | {
            "file": str(outputs[0]) if outputs else None,
            "certificate": certificate(near),
        }
        return emit("map", payload, spaces, values)
    say(
        f"{space.model}: {len(found.rows):,} tokens, {found.method}, trustworthiness {found.trustworthiness:.3f}"
    )
    if found.method == "PCA" and values["method"] == "auto":
        say("for a UMAP layout: pip install 'hyperpolyglot[map]'")
    return None
