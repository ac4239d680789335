"""Commands that ask for translations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperpolyglot.cli.options import (
    figure_option,
    model_argument,
    models_argument,
    open_spaces,
    opening_options,
    output_options,
    seed_option,
    store_option,
    the_store,
    undertrained_option,
)
from hyperpolyglot.cli.output import TABLE_OR_FIGURE, check_outputs, emit, save_outputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperpolyglot.lexicon import Lexicon
    from hyperpolyglot.measures.translation import TranslateOptions, Translation

__all__ = ["languages", "translate"]


def _lexicon_options(function: Callable[..., Any]) -> Callable[..., Any]:
    decorators = (
        click.option(
            "--lexicon",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="Words of your own.  [default: the Unicode CLDR lexicon of the package]",
        ),
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
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def _lexicon(values: dict[str, Any]) -> Lexicon:
    from hyperpolyglot.lexicon import packaged_lexicon, read_lexicon

    if values["lexicon"] is None:
        return packaged_lexicon()
    return read_lexicon(values["lexicon"], values["form"], values["pair"] or None)


def _options(values: dict[str, Any], **more: Any) -> TranslateOptions:
    from hyperpolyglot.measures.translation import TranslateOptions

    return TranslateOptions(
        kinds=values["kinds"] or None,
        held_out=False if values["all_concepts"] else None,
        seed=values["seed"],
        **more,
    )


@click.command(short_help="Whether neighbours are translations.")
@model_argument
@_lexicon_options
@click.option(
    "--language", "only", multiple=True, metavar="TAG", help="Only these languages; can be repeated."
)
@click.option(
    "--multi-piece", is_flag=True, help="Take words of several pieces too, as the mean of their pieces."
)
@click.option(
    "--questions",
    type=click.IntRange(0),
    default=2000,
    show_default=True,
    help="Questions asked among all tokens; 0 asks none.",
)
@figure_option("languages", "scripts", "scores", "hubs")
@opening_options
@undertrained_option
@seed_option
@store_option
@output_options(TABLE_OR_FIGURE)
def translate(**values: Any) -> None:
    """Ask for the translations of a lexicon's words among the tokens of MODEL.

    Candidates are the target language's words (weak), all tokens of its
    script (script) or all tokens (strong), by cosine and by CSLS. The table
    of -o has a row for every pair of languages.
    """
    check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.findings import show_translation
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.figures.translations import FEWEST_QUESTIONS
    from hyperpolyglot.sources import title_of
    from hyperpolyglot.study import computed, translate_step

    (space,) = spaces = open_spaces((values["model"],), values)
    more = {"languages": values["only"] or None, "multi_piece": values["multi_piece"]}
    options = _options(values, questions=values["questions"], **more)
    with progress_bar() as bar:
        found = computed(translate_step(space, _lexicon(values), options), the_store(values), bar)
    title = title_of(space.model)
    drawn = {
        "scripts": lambda: figures.draw_translation(
            *found.matrix("script", FEWEST_QUESTIONS), chance=_matched_chance(found), title=title
        ),
        "languages": lambda: figures.draw_translation_by_language(found),
        "scores": lambda: figures.draw_translation_scores([(title, found)]),
        "hubs": lambda: figures.draw_hub_languages([(title, found)]),
    }
    save_outputs(values["outputs"], found.table, drawn[values["figure"]])
    if values["as_json"]:
        return emit("translate", found.to_json(), spaces, values)
    return show_translation(space.model, found)


def _matched_chance(found: Translation) -> float | None:
    return found.scripts[0]["matched"]["chance"] if found.scripts else None


@click.command(short_help="Which model for which language.")
@models_argument
@_lexicon_options
@click.option("--language", metavar="TAG", help="The language asked about, such as sw.  [default: all]")
@opening_options
@undertrained_option
@seed_option
@store_option
@output_options(TABLE_OR_FIGURE)
def languages(**values: Any) -> None:
    """Compare MODELs on a language: which of its words are tokens, how many pieces a word takes, how many are
    translated correctly.
    """
    check_outputs(values["outputs"], figures=True)
    from hyperpolyglot import figures
    from hyperpolyglot.cli.findings import show_languages
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.study import plan_languages, run_joint

    spaces = open_spaces(values["models"], values)
    with progress_bar() as bar:
        plan = plan_languages(spaces, _lexicon(values), _options(values), values["language"])
        found = run_joint(plan, the_store(values), progress=bar)
    save_outputs(
        values["outputs"], found.table, lambda: figures.draw_languages(found, [s.model for s in spaces])
    )
    if values["as_json"]:
        return emit("languages", found.to_json(), spaces, values)
    return show_languages(found)
