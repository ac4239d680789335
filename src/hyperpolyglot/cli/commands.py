"""The commands. Heavy imports happen inside them, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpolyglot.cli.options import (
    exclude_option,
    excluded_kinds,
    labels_option,
    model_argument,
    models_argument,
    open_spaces,
    opening_options,
    output_options,
    protocol_option,
    seed_option,
    store_option,
    the_store,
)
from hyperpolyglot.errors import HyperpolyglotError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from hyperpolyglot.space import TokenSpace

__all__ = ["cli", "main"]

_TABLE = "a table (.csv, .tsv, .parquet)"
_BOTH = "a table (.csv, .tsv, .parquet) or the figure (.png, .svg, .pdf)"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="MODEL is a folder, a checkpoint or tokenizer file, or demo:language, demo:meaning.",
)
@click.version_option(package_name="hyperpolyglot")
def cli() -> None:
    """See how a language model represents languages, by opening just its input
    embedding layer.
    """


def _options(**values: Any) -> dict[str, Any]:
    """The options of a call as they are recorded: those that were set, as JSON."""
    plain = {k: str(v) if isinstance(v, Path) else v for k, v in values.items()}
    unrecorded = {"as_json", "outputs", "cache", "model", "models", "seed", "output"}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items() if k not in unrecorded}


def _emit(
    command: str, payload: dict[str, Any], spaces: Sequence[TokenSpace], values: dict[str, Any]
) -> None:
    from hyperpolyglot.cli.terminal import print_json
    from hyperpolyglot.provenance import document

    print_json(document(command, payload, spaces, _options(**values), values.get("seed")))


def _save(
    outputs: Sequence[Path], rows: Callable[[], Any], figure: Callable[[], Figure] | None = None
) -> None:
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.tables import TABLE_SUFFIXES, write_table

    for path in outputs:
        suffix = path.suffix.lower()
        if suffix in TABLE_SUFFIXES:
            write_table(path, rows())
        else:
            from hyperpolyglot.figures import save

            assert figure is not None  # _check_outputs has seen to it
            save(figure(), path)
        note(f"wrote {path}")


def _check_outputs(outputs: Sequence[Path], figures: bool, extra: tuple[str, ...] = ()) -> None:
    known = (".csv", ".tsv", ".parquet", *((".png", ".svg", ".pdf") if figures else ()), *extra)
    for path in outputs:
        if path.suffix.lower() not in known:
            raise click.UsageError(f"{path}: -o writes {', '.join(known)}.")


@cli.command(short_help="What MODEL is: table, tokenizer, kinds of tokens.")
@model_argument
@opening_options
@output_options(_TABLE)
def inspect(**values: Any) -> None:
    """Say what MODEL is: its table, its tokenizer, its kinds of tokens."""
    _check_outputs(values["outputs"], figures=False)
    from hyperpolyglot.cli.terminal import print_table, say
    from hyperpolyglot.measures.inspection import inspect as look

    (space,) = spaces = open_spaces((values["model"],), values)
    found = look(space)
    _save(values["outputs"], found.table)
    if values["as_json"]:
        return _emit("inspect", found.to_json(), spaces, values)
    shape = f"{found.rows:,} × {found.dim:,}" if found.dim else f"{found.rows:,} ids, no vectors"
    say(f"{found.model}: {shape}, stored as {found.dtype or '–'} in {found.tensor or '–'}")
    say(f"{found.tokens:,} tokens, {found.tokenizer}, from {found.vocabulary_file}")
    if found.duplicates:
        say(f"{found.duplicates:,} tokens repeat the text of another")
    return print_table("Tokens by kind", found.table())


@cli.command(short_help="Tokens by writing system and by kind.")
@models_argument
@opening_options
@labels_option
@output_options(_BOTH)
def census(**values: Any) -> None:
    """Count the tokens of each MODEL by writing system and by kind."""
    _check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table
    from hyperpolyglot.measures.census import census as count
    from hyperpolyglot.writing.scripts import script_name

    spaces = open_spaces(values["models"], values)
    found = count(spaces)
    _save(values["outputs"], found.table, lambda: figures.draw_census(found))
    if values["as_json"]:
        return _emit("census", found.to_json(), spaces, values)
    for model in found.models:
        total = max(1, sum(model.labels.values()))
        rows = [
            {"label": label, "name": script_name(label), "tokens": count, "percent": 100 * count / total}
            for label, count in model.labels.items()
        ]
        print_table(f"{model.model}: {model.tokens:,} tokens, {model.rows:,} rows", rows)
        print_table("by kind", [{"kind": kind, "tokens": count} for kind, count in model.kinds.items()])
    return None


@cli.command(short_help="Tokens that vocabularies share.")
@models_argument
@opening_options
@labels_option
@protocol_option
@output_options(_BOTH)
def overlap(**values: Any) -> None:
    """Compare the vocabularies of two or more MODELs: the tokens they share."""
    _check_outputs(values["outputs"], figures=True)
    if len(values["models"]) < 2:
        raise click.UsageError("overlap needs at least two models.")
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table
    from hyperpolyglot.measures.census import overlap as compare

    spaces = open_spaces(values["models"], values)
    found = compare(spaces, protocol=values["protocol"])
    _save(values["outputs"], found.table, lambda: figures.draw_overlap(found))
    if values["as_json"]:
        return _emit("overlap", found.to_json(), spaces, values)
    print_table("Shared tokens", found.table())
    for pair in found.pairs:
        rows = [{"label": label, "tokens": count} for label, count in list(pair.by_label.items())[:12]]
        print_table(f"{pair.a} and {pair.b}, by label", rows)
    return None


@cli.command(short_help="How well a line tells writing systems apart.")
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
@exclude_option
@seed_option
@store_option
@output_options(_BOTH)
def separability(**values: Any) -> None:
    """Measure how well a line tells the writing systems of MODEL apart."""
    _check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.measures.separability import ProbeOptions
    from hyperpolyglot.study import step_separability

    names = ("design", "folds", "repeats", "grouped", "minimum", "seed", "protocol")
    try:
        options = ProbeOptions(**{name: values[name] for name in names})
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    (space,) = spaces = open_spaces((values["model"],), values)
    with progress_bar() as bar:
        store, kinds = the_store(values["cache"]), excluded_kinds(values["exclude"])
        found = step_separability(space, options, store, exclude=kinds, progress=bar)
    _save(values["outputs"], found.table, lambda: figures.draw_separability([(space.model, found)]))
    if values["as_json"]:
        return _emit("separability", found.to_json(), spaces, values)
    columns = ("label", "tokens", "accuracy", "low", "high", "chance")
    print_table(f"{space.model}: accuracy of a linear probe (95 % interval)", found.table(), columns)
    if found.skipped:
        listed = ", ".join(f"{label} {tokens}" for label, tokens in found.skipped)
        say(f"too few tokens to probe: {listed}")
    if found.mean_accuracy is not None:
        say(
            f"mean accuracy {100 * found.mean_accuracy:.2f} %, by chance {100 * found.labels[0].chance:.0f} %"
        )
    return None


@cli.command(short_help="The nearest tokens of a text or an id.")
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
@store_option
@output_options(f"{_TABLE}, or .npz with the neighbours of all tokens")
def neighbors(**values: Any) -> None:
    """Show the nearest tokens of TEXTs in MODEL, by cosine.

    TEXT finds every token that is spelled so, with or without a leading space.
    Without a TEXT, -o neighbors.npz writes the neighbours of all tokens: rows
    int32 and similarity float32, -1 and NaN for tokens left out.
    """
    arrays = [path for path in values["outputs"] if path.suffix.lower() == ".npz"]
    others = [path for path in values["outputs"] if path not in arrays]
    _check_outputs(others, figures=False)
    if not (values["texts"] or values["ids"] or arrays):
        raise click.UsageError("name a TEXT or --id, or write all neighbours with -o neighbors.npz.")
    from hyperpolyglot.cli.terminal import print_table, progress_bar
    from hyperpolyglot.measures.neighbors import find_ids, find_tokens, neighborhoods
    from hyperpolyglot.study import step_neighbors, write_neighbors

    (space,) = spaces = open_spaces((values["model"],), values)
    kinds = excluded_kinds(values["exclude"])
    rows = [row for text in values["texts"] for row in find_tokens(space, text)] + find_ids(
        space, values["ids"]
    )
    if arrays:
        with progress_bar() as bar:
            every = step_neighbors(
                space, values["k"], the_store(values["cache"]), exclude=kinds, progress=bar
            )
        for path in arrays:
            write_neighbors(path, every, len(space))
    found = neighborhoods(
        space,
        list(dict.fromkeys(rows)),
        values["k"],
        label=values["only"],
        include_self=values["protocol"] == "paper",
        exclude=kinds,
    )
    _save(others, found.table)
    if values["as_json"]:
        return _emit("neighbors", found.to_json(), spaces, values)
    for query in found.to_json()["queries"]:
        title = f"{query['token']}  (id {query['id']}, {query['label'] or 'no label'})"
        print_table(title, query["neighbors"], ("similarity", "label", "id", "token"))
    return None


@cli.command(short_help="Writing systems among the neighbours of tokens.")
@model_argument
@click.option(
    "-k", "k", type=click.IntRange(1, 1000), default=50, show_default=True, help="Neighbours per token."
)
@click.option(
    "--sample",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the tokens to look at.  [default: all]",
)
@opening_options
@labels_option
@protocol_option
@exclude_option
@seed_option
@store_option
@output_options(_BOTH)
def diversity(**values: Any) -> None:
    """Count the writing systems among the neighbours of every token of MODEL."""
    _check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import print_table, progress_bar, say
    from hyperpolyglot.measures.diversity import diversity as measure
    from hyperpolyglot.measures.neighbors import sample_rows
    from hyperpolyglot.study import step_neighbors

    (space,) = spaces = open_spaces((values["model"],), values)
    kinds = excluded_kinds(values["exclude"])
    queries = None
    if values["sample"] is not None:
        queries = sample_rows(space, values["sample"], values["seed"], exclude=kinds)
    with progress_bar() as bar:
        store = the_store(values["cache"])
        near = step_neighbors(space, values["k"], store, queries=queries, exclude=kinds, progress=bar)
    found = measure(near, space.labels, protocol=values["protocol"])
    _save(values["outputs"], found.table, lambda: figures.draw_diversity([(space.model, found)]))
    if values["as_json"]:
        return _emit("diversity", found.to_json(), spaces, values)
    columns = ("label", "tokens", "mean", "expected", "own_share", "own_expected")
    print_table(f"{space.model}: distinct labels among {found.k} neighbours", found.table(), columns)
    spread = f"mean {found.mean:.2f}, s.d. {found.sd or 0:.2f}, over {found.tokens:,} tokens"
    say(f"{spread}; by chance {found.expected:.2f}")
    if found.own_share is not None:
        say(f"{100 * found.own_share:.1f} % of the labelled neighbours have the token's own label")
    return None


@cli.command(name="map", short_help="All tokens in two dimensions.")
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
@seed_option
@store_option
@output_options(_BOTH)
def map_(**values: Any) -> None:
    """Lay the tokens of MODEL out in two dimensions."""
    _check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar, say
    from hyperpolyglot.loading import shipped_layout
    from hyperpolyglot.measures.projection import NEIGHBORS
    from hyperpolyglot.study import step_neighbors, step_projection

    (space,) = spaces = open_spaces((values["model"],), values)
    outputs = values["outputs"] or ((Path("map.png"),) if not values["as_json"] else ())
    kinds = excluded_kinds(values["exclude"])
    layout = shipped_layout(space.model) if values["method"] == "auto" and not values["exclude"] else None
    with progress_bar() as bar:
        store = the_store(values["cache"])
        near = step_neighbors(space, NEIGHBORS, store, exclude=kinds, progress=bar)
        found = step_projection(
            space, near, store, method=values["method"], seed=values["seed"], layout=layout, progress=bar
        )
    _save(outputs, lambda: found.table(space), lambda: figures.draw_map([(space, found)]))
    if values["as_json"]:
        payload = found.to_json() | {"file": str(outputs[0]) if outputs else None}
        return _emit("map", payload, spaces, values)
    say(
        f"{space.model}: {len(found.rows):,} tokens, {found.method}, trustworthiness {found.trustworthiness:.3f}"
    )
    if found.method == "PCA" and values["method"] == "auto":
        say("for a UMAP layout: pip install 'hyperpolyglot[map]'")
    return None


@cli.command(short_help="All of it on one page.")
@models_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("report"),
    show_default=True,
    help="Folder to write to.",
)
@click.option(
    "-k", "k", type=click.IntRange(1, 1000), default=50, show_default=True, help="Neighbours per token."
)
@click.option(
    "--minimum",
    type=click.IntRange(2),
    default=500,
    show_default=True,
    help="Tokens a label needs to be probed.",
)
@opening_options
@labels_option
@protocol_option
@exclude_option
@seed_option
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def report(**values: Any) -> None:
    """Measure everything on each MODEL and write one page that shows it.

    Writes report.html (self-contained), report.json, tables/ and manifest.json.
    Steps are kept in the cache: an interrupted report goes on where it was.
    """
    from hyperpolyglot.cli.terminal import progress_bar, say
    from hyperpolyglot.loading import shipped_layout
    from hyperpolyglot.measures.separability import ProbeOptions
    from hyperpolyglot.report import write_report
    from hyperpolyglot.report.reading import summary
    from hyperpolyglot.study import StudyOptions, run_study

    spaces = open_spaces(values["models"], values)
    for space in spaces:
        _ = space.matrix  # a vocabulary alone has no report: say so before any work
    protocol, seed = values["protocol"], values["seed"]
    options = StudyOptions(
        k=values["k"],
        exclude=excluded_kinds(values["exclude"]),
        protocol=protocol,
        seed=seed,
        probes=ProbeOptions(minimum=values["minimum"], protocol=protocol, seed=seed),
    )
    with progress_bar() as bar:
        study = run_study(
            spaces,
            options,
            the_store(values["cache"]),
            layouts=[None if options.exclude else shipped_layout(space.model) for space in spaces],
            progress=bar,
        )
        files = write_report(study, values["output"])
    if values["as_json"]:
        return _emit("report", {"files": files}, spaces, values)
    say(summary(study))
    say()
    say(f"The report is {values['output'] / 'report.html'}")
    return None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. Exits 0 when done, 1 on a failure, 2 on wrong usage."""
    from hyperpolyglot.cli.terminal import note

    try:
        cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="hyperpolyglot",
            standalone_mode=False,
        )
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        note("interrupted")
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except HyperpolyglotError as error:
        note(f"hyperpolyglot: {error}")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        note(f"hyperpolyglot: {error.strerror or error}: {error.filename or 'no file'}.")
        sys.exit(1)
