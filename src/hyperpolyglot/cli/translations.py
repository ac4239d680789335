"""Commands that ask for translations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperpolyglot.cli.groups import OpeningOptions, StoreOptions, group, opening_group, store_group
from hyperpolyglot.cli.opened import open_spaces
from hyperpolyglot.cli.options import (
    figure_option,
    lexicon_option,
    model_argument,
    models_argument,
    questions_option,
    seed_option,
    undertrained_option,
)
from hyperpolyglot.cli.output import TABLE_OR_FIGURE, OutputOptions, emit, output_group

if TYPE_CHECKING:
    from hyperpolyglot.lexicon import Lexicon
    from hyperpolyglot.measures.translation import TranslateOptions

__all__ = ["languages", "translate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LexiconOptions:
    """The words that are asked for, and which of them."""

    lexicon: tuple[Path, ...]
    form: str | None
    pair: tuple[str, str] | None
    kinds: tuple[str, ...]
    all_concepts: bool

    def words(self) -> Lexicon:
        """The lexicon of the package, or that of the files."""
        from hyperpolyglot.lexicon import packaged_lexicon, read_lexicons

        return read_lexicons(self.lexicon, self.form, self.pair) or packaged_lexicon()

    def asked(self, seed: int) -> TranslateOptions:
        """How to ask, but for what a command adds."""
        from hyperpolyglot.measures.translation import TranslateOptions

        return TranslateOptions(
            kinds=self.kinds or None, held_out=False if self.all_concepts else None, seed=seed
        )


lexicon_group = group(
    LexiconOptions,
    "lexicon",
    lexicon_option(),
    click.option(
        "--format",
        "form",
        type=click.Choice(["pairs", "muse", "words", "panlex", "omw", "cldf"]),
        help="What kind of file that is.  [default: told by its name and contents]",
    ),
    click.option(
        "--pair",
        nargs=2,
        metavar="FROM TO",
        help="The two languages of a file of pairs.  [default: in the file]",
    ),
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        help="Only concepts of this kind, such as object; can be repeated.  [default: all]",
    ),
    click.option(
        "--all-concepts",
        is_flag=True,
        help="Score a demo model on what it was counted from too.  [default: held-out concepts only]",
    ),
)


@click.command(short_help="Whether neighbours are translations.")
@model_argument
@lexicon_group
@click.option(
    "--language", "only", multiple=True, metavar="TAG", help="Only these languages; can be repeated."
)
@click.option(
    "--multi-piece", is_flag=True, help="Take words of several pieces too, as the mean of their pieces."
)
@questions_option("Questions asked among all tokens")
@figure_option("languages", "scripts", "scores", "hubs")
@opening_group
@undertrained_option
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def translate(
    model: str,
    lexicon: LexiconOptions,
    only: tuple[str, ...],
    multi_piece: bool,
    questions: int,
    figure: str,
    opening: OpeningOptions,
    exclude: tuple[str, ...],
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Ask for the translations of a lexicon's words among the tokens of MODEL.

    Candidates are the target language's words (weak), all tokens of its
    script (script) or all tokens (strong), by cosine and by CSLS. The table
    of -o has a row for every pair of languages.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.translations import show_translation
    from hyperpolyglot.figures.translations import FEWEST_QUESTIONS
    from hyperpolyglot.sources import title_of
    from hyperpolyglot.study import computed, translate_step

    (space,) = spaces = open_spaces([model], opening, exclude=exclude)
    options = replace(
        lexicon.asked(seed), languages=only or None, multi_piece=multi_piece, questions=questions
    )
    with progress_bar() as bar:
        found = computed(translate_step(space, lexicon.words(), options), store.open(), bar)
    title = title_of(space.model)
    drawn = {
        "scripts": lambda: figures.draw_translation(
            *found.matrix("script", FEWEST_QUESTIONS), chance=found.matched_chance, title=title
        ),
        "languages": lambda: figures.draw_translation_by_language(found),
        "scores": lambda: figures.draw_translation_scores([(title, found)]),
        "hubs": lambda: figures.draw_hub_languages([(title, found)]),
    }
    output.save(found.table, drawn[figure])
    if output.as_json:
        return emit("translate", found.to_json(), spaces)
    return show_translation(space.model, found)


@click.command(short_help="Which model for which language.")
@models_argument
@lexicon_group
@click.option("--language", metavar="TAG", help="The language asked about, such as sw.  [default: all]")
@opening_group
@undertrained_option
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def languages(
    models: tuple[str, ...],
    lexicon: LexiconOptions,
    language: str | None,
    opening: OpeningOptions,
    exclude: tuple[str, ...],
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Compare MODELs on a language: which of its words are tokens, how many pieces a word takes, how many are
    translated correctly.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.translations import show_languages
    from hyperpolyglot.study import plan_languages, run_joint

    spaces = open_spaces(models, opening, exclude=exclude)
    with progress_bar() as bar:
        plan = plan_languages(spaces, lexicon.words(), lexicon.asked(seed), language)
        found = run_joint(plan, store.open(), progress=bar)
    output.save(found.table, lambda: figures.draw_languages(found, [s.model for s in spaces]))
    if output.as_json:
        return emit("languages", found.to_json(), spaces)
    return show_languages(found)
