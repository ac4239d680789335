"""Commands that cut text."""

from __future__ import annotations

from pathlib import Path

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import OpeningOptions, StoreOptions, opening_group, store_group
from hyperpolyglot.cli.opened import open_spaces
from hyperpolyglot.cli.options import models_argument, reference_option, seed_option, text_option
from hyperpolyglot.cli.output import TABLE_OR_FIGURE, OutputOptions, emit, output_group

__all__ = ["fertility"]


@click.command(
    cls=Described,
    purpose="Compare models",
    short_help="What text costs in each language.",
    examples=(
        "hyperpolyglot fertility demo:e5 demo:meaning",
        "hyperpolyglot fertility demo:e5 --reference fr -o fertility.csv",
    ),
)
@models_argument
@text_option
@reference_option
@opening_group
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def fertility(
    models: tuple[str, ...],
    text: Path | None,
    reference: str,
    opening: OpeningOptions,
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Count the tokens of the same text in each language: the premium over a
    reference language, tokens per word, and words kept whole.

    Tokens are exact where the tokenizer's library is installed (pip install
    'hyperpolyglot[tokenizers]'), else estimated and marked so.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.texts import show_fertility
    from hyperpolyglot.measures.fertility import FertilityOptions
    from hyperpolyglot.parallel_text import packaged_text, read_text_folder
    from hyperpolyglot.study import plan_fertility, run_joint

    parallel = packaged_text() if text is None else read_text_folder(text)
    spaces = open_spaces(models, opening)
    with progress_bar() as bar:
        plan = plan_fertility(spaces, parallel, FertilityOptions(reference=reference, seed=seed))
        found = run_joint(plan, store.open(), progress=bar)
    output.save(found.table, lambda: figures.draw_fertility(found))
    if output.as_json:
        return emit("fertility", found.to_json(), spaces)
    return show_fertility(found)
