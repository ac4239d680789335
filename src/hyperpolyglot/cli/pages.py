"""Commands that write pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hyperpolyglot.cli.options import (
    exclude_option,
    excluded_kinds,
    labels_option,
    models_argument,
    open_spaces,
    opening_options,
    protocol_option,
    seed_option,
    store_option,
    the_store,
)
from hyperpolyglot.cli.output import emit

__all__ = ["report"]


@click.command(short_help="All of it on one page.")
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
        return emit("report", {"files": files}, spaces, values)
    say(summary(study))
    say()
    say(f"The report is {values['output'] / 'report.html'}")
    return None
