"""Commands that write pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import (
    ClusterOptions,
    LabelOptions,
    OpeningOptions,
    SearchOptions,
    StoreOptions,
    cluster_group,
    group,
    opening_group,
    protocol_group,
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import excluded_kinds, open_spaces, output_space
from hyperpolyglot.cli.options import (
    exclude_option,
    json_option,
    k_option,
    lexicon_option,
    minimum_option,
    models_argument,
    permutations_option,
    questions_option,
    seed_option,
    skip_option,
    with_output_option,
)
from hyperpolyglot.cli.output import emit

if TYPE_CHECKING:
    from hyperpolyglot.lexicon import Lexicon
    from hyperpolyglot.study import StudyOptions

__all__ = ["report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What a report measures, and how much of it."""

    k: int
    minimum: int
    questions: int
    permutations: int
    lexicon: tuple[Path, ...]
    skip: tuple[str, ...]

    def words(self) -> Lexicon | None:
        """The lexicon of the user's own, if there is one."""
        from hyperpolyglot.lexicon import read_lexicons

        return read_lexicons(self.lexicon)

    def study(self, protocol: str, exclude: tuple[str, ...], seed: int) -> StudyOptions:
        """The options of the study behind the report."""
        from hyperpolyglot.measures.comparison import CompareOptions
        from hyperpolyglot.measures.separability import SeparabilityOptions
        from hyperpolyglot.measures.translation import TranslateOptions
        from hyperpolyglot.study import StudyOptions

        return StudyOptions(
            k=self.k,
            exclude=excluded_kinds(exclude),
            protocol=protocol,
            seed=seed,
            separability=SeparabilityOptions(minimum=self.minimum, protocol=protocol, seed=seed),
            translate=TranslateOptions(questions=self.questions, seed=seed),
            compare=CompareOptions(permutations=self.permutations, protocol=protocol, seed=seed),
            skip=self.skip,
        )


report_group = group(
    ReportOptions,
    "measuring",
    k_option(50),
    minimum_option,
    questions_option("Translations asked for among all tokens"),
    permutations_option("Permutations behind each p-value of a comparison."),
    lexicon_option(),
    skip_option,
)


@click.command(
    cls=Described,
    purpose="Measure everything",
    short_help="All of it on one page.",
    examples=(
        "hyperpolyglot report demo:e5",
        "hyperpolyglot report demo:e5 demo:meaning -o report --skip compare",
    ),
)
@models_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("report"),
    show_default=True,
    help="Folder to write to.",
)
@report_group
@click.option(
    "--explorer",
    metavar="DIR|URL",
    help="An exported explorer of these models; tokens in the report lead there.  [default: none]",
)
@with_output_option
@opening_group
@protocol_group
@exclude_option
@seed_option
@search_group
@cluster_group
@store_group
@json_option()
def report(
    models: tuple[str, ...],
    output: Path,
    measuring: ReportOptions,
    explorer: str | None,
    with_output: bool,
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    seed: int,
    searching: SearchOptions,
    cluster: ClusterOptions,
    store: StoreOptions,
    as_json: bool,
) -> None:
    """Measure everything on each MODEL and write one page that shows it.

    Writes report.html (self-contained), report.json, tables/ and manifest.json.
    Steps are kept in the cache: an interrupted report goes on where it was, and
    the commands that measure one thing find it there.
    """
    from hyperpolyglot.cli.terminal import progress_bar, say
    from hyperpolyglot.loading import shipped_layout
    from hyperpolyglot.report import write_report
    from hyperpolyglot.report.links import explorer_address
    from hyperpolyglot.report.summary import summary
    from hyperpolyglot.study import run_study

    linked = None if explorer is None else explorer_address(explorer, output)
    if explorer is not None and linked is None:
        raise click.UsageError(
            f"--explorer: {explorer} is no address, and no folder with an exported explorer in it."
        )
    spaces = open_spaces(models, opening, labelling, exclude)
    options = measuring.study(labelling.protocol, exclude, seed)
    words = measuring.words()
    explained = "explain" not in options.skip
    asked, labeller = opening.opening(), labelling.labeller()
    outputs = [
        output_space(space.origin, asked, labeller, fetch=with_output) if explained and space.table else None
        for space in spaces
    ]
    outputs = [space and labelling.narrowed(space) for space in outputs]
    with progress_bar() as bar, cluster.executor() as execute:
        study = run_study(
            spaces,
            options,
            store.open(),
            lexicon=words,
            layouts=[None if options.exclude else shipped_layout(space.origin) for space in spaces],
            outputs=outputs,
            search=searching.search(),
            executor=execute,
            progress=bar,
        )
        files = write_report(study, output, explorer=linked)
    if as_json:
        return emit("report", {"files": files}, spaces)
    for paragraph in summary(study).split("\n\n"):
        say(paragraph)
        say()
    say(f"The report is {output / 'report.html'}")
    return None
