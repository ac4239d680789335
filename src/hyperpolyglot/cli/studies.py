"""The command that runs a study file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import (
    ClusterOptions,
    SearchOptions,
    StoreOptions,
    cluster_group,
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import output_space, own_output
from hyperpolyglot.cli.options import json_option, strict_option, with_output_option

if TYPE_CHECKING:
    from hyperpolyglot.engine.nearest import Search
    from hyperpolyglot.lexicon import Lexicon
    from hyperpolyglot.measures.track import Track
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.store import Store
    from hyperpolyglot.study import Absent, Study, StudyPlan
    from hyperpolyglot.study.catalogue import Joint
    from hyperpolyglot.study.file import StudyFile
    from hyperpolyglot.study.tracked import NamedModel, TrackedRun
    from hyperpolyglot.types import Progress

__all__ = ["study"]

_MOST_LISTED = 200


@click.command(
    cls=Described,
    purpose="Measure everything",
    short_help="Many models by a study file, resumable.",
    examples=(
        "hyperpolyglot study --example > study.toml",
        "hyperpolyglot study study.toml --dry-run",
        "hyperpolyglot study study.toml",
    ),
)
@click.argument("file", metavar="STUDY.toml", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--example", is_flag=True, help="Print a study file with every key, explained.")
@click.option(
    "--dry-run", is_flag=True, help="Show the steps, which are kept already, sizes, and an estimate."
)
@with_output_option
@strict_option
@search_group
@cluster_group
@store_group
@json_option()
def study(
    file: Path | None,
    example: bool,
    dry_run: bool,
    with_output: bool,
    strict: bool,
    searching: SearchOptions,
    cluster: ClusterOptions,
    store: StoreOptions,
    as_json: bool,
) -> None:
    """Measure what STUDY.toml asks for, and write what it says.

    Steps that are kept in the cache are not run again: after an interruption
    or a change, only what is missing is computed.
    """
    from hyperpolyglot.cli.terminal import print_json, print_lines, progress_bar, say
    from hyperpolyglot.explorer.bundle import refuse_others
    from hyperpolyglot.lexicon import packaged_lexicon, read_lexicon
    from hyperpolyglot.loading import shipped_layout
    from hyperpolyglot.provenance import document
    from hyperpolyglot.report.summary import summary
    from hyperpolyglot.sources import told_apart
    from hyperpolyglot.study import plan_study, run_plan
    from hyperpolyglot.study.file import example as study_file
    from hyperpolyglot.study.file import read_study

    if example:
        return print_lines(study_file())
    if file is None:
        raise click.UsageError("name a study file; --example prints one.")
    wanted = read_study(file)
    runs = [(run, run.steps()) for run in wanted.tracks]
    used = [model for asked in wanted.applications for model in asked.named]
    models = wanted.models or _measured(wanted, runs)
    named = [*models, *(step for _, steps in runs for step in steps), *used]
    click.get_current_context().with_resource(told_apart(dict.fromkeys(model.model for model in named)))
    if wanted.outputs.explorer:
        refuse_others(wanted.outputs.explorer)
    options, kept, search = wanted.options, store.open(), searching.search()
    explained = "explain" not in options.skip
    lexicon = read_lexicon(wanted.lexicon) if wanted.lexicon else packaged_lexicon()
    with progress_bar() as bar:
        spaces = [_opened(model, strict, bar) for model in models]
        plan = plan_study(
            spaces,
            options,
            lexicon,
            layouts=[None if options.exclude else shipped_layout(model.place) for model in models],
            outputs=[
                output_space(
                    model.place, replace(model.opening, strict=strict), model.labels, fetch=with_output
                )
                if explained
                else None
                for model in models
            ],
            search=search,
        )
        opened = dict(zip(models, spaces, strict=True))
        plan = replace(
            plan,
            tracks={run.name: _tracked(run, steps, lexicon, search, strict, bar) for run, steps in runs},
            applied=_applied(wanted, opened, lexicon, strict, bar),
        )
        if dry_run:
            files: list[dict[str, Any]] = []
            steps = _steps(plan, kept)
        else:
            with cluster.executor() as execute:
                done = run_plan(plan, kept, executor=execute, progress=bar)
            files = _made(wanted, plan, done) + _explorer(wanted, spaces, lexicon, kept, search, bar)
            files += _write(done, wanted)
    payload: dict[str, Any] = {"files": files}
    if dry_run:
        payload["steps"] = steps
    if as_json:
        return print_json(document("study", payload, spaces, options.to_json(), options.seed))
    if dry_run:
        return _show(steps)
    for paragraph in summary(done).split("\n\n"):
        say(paragraph)
        say()
    for place in dict.fromkeys(str(path) for path in _places(wanted)):
        say(f"Written: {place}")
    return None


def _opened(model: NamedModel, strict: bool, progress: Progress) -> TokenSpace:
    """The space of a model under the name that the study gives it."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.loading import open_model

    space = open_model(
        model.place,
        replace(model.opening, strict=strict),
        labels=model.labels,
        progress=progress,
        note=note,
    )
    if space.remark:
        note(space.remark)
    return replace(space, model=model.model, opened=model.place)


# More than five parameters: what is tracked, and how its steps are opened and searched.
def _tracked(
    run: TrackedRun,
    steps: list[NamedModel],
    lexicon: Lexicon,
    search: Search,
    strict: bool,
    progress: Progress,
) -> Joint[Track] | Absent:
    """The steps of a run that is tracked, or why there is too little for it."""
    from hyperpolyglot.errors import NotEnoughData, StudyMistaken
    from hyperpolyglot.study import Absent, plan_track

    spaces = [_opened(step, strict, progress) for step in steps]
    shares = run.known_shares()
    try:
        return plan_track(spaces, run.places(steps), run.options, lexicon, shares=shares, search=search)
    except NotEnoughData as error:
        return Absent(f"{run.name}: {error}")
    except ValueError as error:
        raise StudyMistaken(f"{run.name}: {str(error).rstrip('.')}.") from error


def _measured(wanted: StudyFile, runs: list[tuple[TrackedRun, list[NamedModel]]]) -> tuple[NamedModel, ...]:
    """What is measured where a study lists no models: the last of each run, and what applications work on."""
    last = [steps[-1] for _, steps in runs]
    return tuple(dict.fromkeys([*last, *(asked.named[0] for asked in wanted.applications)]))


def _applied(
    wanted: StudyFile,
    opened: dict[NamedModel, TokenSpace],
    lexicon: Lexicon,
    strict: bool,
    progress: Progress,
) -> dict[str, dict[str, Joint[Any] | Absent]]:
    """The steps of the applications, by key and name; models that are not ``opened`` yet are, each once."""
    from hyperpolyglot.study.applications import APPLICATIONS, plan_application
    from hyperpolyglot.study.applied import Opened

    found: dict[str, dict[str, Joint[Any] | Absent]] = {}
    for asked in wanted.applications:
        for model in asked.named:
            if model not in opened:
                opened[model] = _opened(model, strict, progress)
        first = asked.named[0]
        output = (
            own_output(first.place, opened[first], replace(first.opening, strict=strict), first.labels)
            if APPLICATIONS[asked.key].rebuilds_output
            else None
        )
        spaces = {key: tuple(opened[model] for model in models) for key, models in asked.models.items()}
        parts = Opened(spaces=spaces, lexicon=lexicon, output=output)
        found.setdefault(asked.key, {})[asked.name] = plan_application(asked, parts)
    return found


def _made(wanted: StudyFile, plan: StudyPlan, done: Study) -> list[dict[str, Any]]:
    """The files of the models that applications make."""
    from hyperpolyglot.study import Absent
    from hyperpolyglot.study.applications import write_folder

    files: list[dict[str, Any]] = []
    for asked in wanted.applications:
        planned, found = plan.applied[asked.key][asked.name], done.applied[asked.key][asked.name]
        if not isinstance(planned, Absent) and not isinstance(found, Absent):
            files += write_folder(asked, planned, found)
    return files


def _places(wanted: StudyFile) -> list[Path]:
    outputs = wanted.outputs
    report = outputs.report / "report.html" if outputs.report else None
    explorer = outputs.explorer / "index.html" if outputs.explorer else None
    made = [asked.output for asked in wanted.applications]
    return [path for path in (report, outputs.json, outputs.tables, explorer, *made) if path is not None]


def _explorer(
    wanted: StudyFile,
    spaces: list[TokenSpace],
    lexicon: Lexicon,
    store: Store,
    search: Search,
    progress: Progress,
) -> list[dict[str, Any]]:
    """The files of the explorer that a study asks for, of the models that have vectors."""
    from hyperpolyglot.explorer import ExploreOptions, make_bundle, write_bundle
    from hyperpolyglot.explorer.explored import MOST_NEIGHBORS

    folder, options = wanted.outputs.explorer, wanted.options
    shown = [space for space in spaces if space.table is not None]
    if folder is None or not shown:
        return []
    how = ExploreOptions(k=min(options.k, MOST_NEIGHBORS), exclude=options.exclude, seed=options.seed)
    bundle = make_bundle(shown, how, store, lexicon=lexicon, search=search, progress=progress)
    return [{**entry, "path": (folder / entry["path"]).as_posix()} for entry in write_bundle(bundle, folder)]


def _write(done: Study, wanted: StudyFile) -> list[dict[str, Any]]:
    from hyperpolyglot.report import write_numbers, write_report, write_tables
    from hyperpolyglot.report.links import explorer_address

    outputs, found = wanted.outputs, []
    if outputs.report:
        linked = explorer_address(str(outputs.explorer), outputs.report) if outputs.explorer else None
        entries = write_report(done, outputs.report, explorer=linked)
        found += [{**entry, "path": (outputs.report / entry["path"]).as_posix()} for entry in entries]
    if outputs.json:
        found.append(write_numbers(done, outputs.json))
    if outputs.tables:
        found += write_tables(done, outputs.tables)
    return found


def _steps(plan: StudyPlan, store: Store) -> list[dict[str, Any]]:
    """Every step of the plan, whether the store has it, and the seconds that it will take."""
    graph = plan.graph
    kept = {step.key for step in graph if step.kept(store)}
    missing = {step.key for step in graph.pending(kept)}
    return [
        {
            "step": step.name,
            "models": step.subject,
            "key": step.key,
            "needs": [need.key for need in step.needs],
            "kept": step.key in kept,
            "rows": step.cost.rows,
            "dim": step.cost.dim,
            "bytes": step.cost.bytes,
            "seconds": round(step.cost.seconds, 2) if step.key in missing else 0.0,
        }
        for step in graph
    ]


def _show(steps: list[dict[str, Any]]) -> None:
    from hyperpolyglot.cli.terminal import print_table, say

    rows = [
        {
            "step": step["step"],
            "rows × dim": f"{step['rows']:,} × {step['dim']:,}",
            "MB": step["bytes"] / 1e6,
            "seconds": step["seconds"] or None,
            "": "kept" if step["kept"] else "to run" if step["seconds"] else "not needed",
            "models": step["models"],
        }
        for step in steps[:_MOST_LISTED]
    ]
    print_table("Steps", rows)
    if len(steps) > _MOST_LISTED:
        say(f"and {len(steps) - _MOST_LISTED:,} more (--json lists all)")
    left = [step for step in steps if step["seconds"]]
    seconds, size = sum(step["seconds"] for step in left), sum(step["bytes"] for step in left)
    say(f"{len(steps):,} steps, {sum(step['kept'] for step in steps):,} of them kept; {len(left):,} to run:")
    say(f"about {_time(seconds)} of one core of a fast server, {size / 1e6:,.0f} MB to keep")


def _time(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} seconds"
