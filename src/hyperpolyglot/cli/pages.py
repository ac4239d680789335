"""Commands that write pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hyperpolyglot.cli.options import (
    SKIPPABLE,
    cluster_option,
    exclude_option,
    excluded_kinds,
    executor,
    labels_option,
    models_argument,
    open_spaces,
    opening_options,
    output_space,
    protocol_option,
    search_options,
    searching,
    seed_option,
    store_option,
    the_store,
    with_output_option,
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
@click.option(
    "--questions",
    type=click.IntRange(0),
    default=2000,
    show_default=True,
    help="Translations asked for among all tokens; 0 asks none.",
)
@click.option(
    "--permutations",
    type=click.IntRange(0),
    default=99,
    show_default=True,
    help="Permutations behind each p-value of a comparison.",
)
@click.option(
    "--lexicon",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Words of your own.  [default: the Unicode CLDR lexicon of the package]",
)
@click.option(
    "--skip",
    type=click.Choice(SKIPPABLE),
    metavar="MEASURE",
    multiple=True,
    help=f"Leave a measure out ({', '.join(SKIPPABLE)}); can be repeated.  [default: none]",
)
@click.option(
    "--explorer",
    metavar="DIR|URL",
    help="An exported explorer of these models; tokens in the report lead there.  [default: none]",
)
@with_output_option
@opening_options
@labels_option
@protocol_option
@exclude_option
@seed_option
@search_options
@cluster_option
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def report(**values: Any) -> None:
    """Measure everything on each MODEL and write one page that shows it.

    Writes report.html (self-contained), report.json, tables/ and manifest.json.
    Steps are kept in the cache: an interrupted report goes on where it was, and
    the commands that measure one thing find it there.
    """
    from hyperpolyglot.cli.terminal import progress_bar, say
    from hyperpolyglot.lexicon import read_lexicon
    from hyperpolyglot.loading import shipped_layout
    from hyperpolyglot.measures.comparison import CompareOptions
    from hyperpolyglot.measures.separability import ProbeOptions
    from hyperpolyglot.measures.translation import TranslateOptions
    from hyperpolyglot.report import write_report
    from hyperpolyglot.report.links import explorer_address
    from hyperpolyglot.report.summary import summary
    from hyperpolyglot.study import StudyOptions, run_study

    explorer = None
    if values["explorer"] is not None:
        explorer = explorer_address(values["explorer"], values["output"])
        if explorer is None:
            raise click.UsageError(
                f"--explorer: {values['explorer']} is no address, and no folder with an exported explorer in it."
            )
    spaces = open_spaces(values["models"], values)
    protocol, seed = values["protocol"], values["seed"]
    options = StudyOptions(
        k=values["k"],
        exclude=excluded_kinds(values["exclude"]),
        protocol=protocol,
        seed=seed,
        separability=ProbeOptions(minimum=values["minimum"], protocol=protocol, seed=seed),
        translate=TranslateOptions(questions=values["questions"], seed=seed),
        compare=CompareOptions(permutations=values["permutations"], protocol=protocol, seed=seed),
        skip=values["skip"],
    )
    lexicon = read_lexicon(values["lexicon"]) if values["lexicon"] else None
    explained = "explain" not in options.skip
    outputs = [output_space(s.model, values) if explained and s.table else None for s in spaces]
    with progress_bar() as bar, executor(values) as execute:
        study = run_study(
            spaces,
            options,
            the_store(values),
            lexicon=lexicon,
            layouts=[None if options.exclude else shipped_layout(space.model) for space in spaces],
            outputs=outputs,
            search=searching(values),
            executor=execute,
            progress=bar,
        )
        files = write_report(study, values["output"], explorer=explorer)
    if values["as_json"]:
        return emit("report", {"files": files}, spaces, values)
    say(summary(study))
    say()
    say(f"The report is {values['output'] / 'report.html'}")
    return None
