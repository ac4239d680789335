"""Commands that ask for translations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.groups import (
    OpeningOptions,
    StoreOptions,
    group,
    opening_group,
    store_group,
)
from hyperpolyglot.cli.opened import open_spaces
from hyperpolyglot.cli.options import (
    figure_option,
    k_option,
    lexicon_option,
    models_argument,
    questions_option,
    reference_option,
    seed_option,
    text_option,
    undertrained_option,
    word_lists_option,
)
from hyperpolyglot.cli.output import TABLE, TABLE_OR_FIGURE, OutputOptions, emit, output_group
from hyperpolyglot.cli.several import Measurement, give

if TYPE_CHECKING:
    from hyperpolyglot.lexicon import Lexicon
    from hyperpolyglot.measures.languages import LanguageSources
    from hyperpolyglot.measures.translation import TranslateOptions

__all__ = ["induce", "languages", "translate"]

_OF_SEVERAL = ("scores", "hubs")
"""The figures of translations that show several models."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What languages are measured on besides the lexicon."""

    text: Path | None
    reference: str
    word_lists: Path | None
    separation: bool

    def sources(self) -> LanguageSources:
        """The same for the measure; by default what is installed."""
        from hyperpolyglot.measures.languages.beside import installed_sources
        from hyperpolyglot.parallel_text import read_text_folder
        from hyperpolyglot.word_lists import read_word_lists

        found = installed_sources()
        lists = found.word_lists if self.word_lists is None else read_word_lists(self.word_lists)
        return replace(
            found,
            text=found.text if self.text is None else read_text_folder(self.text),
            reference=self.reference,
            word_lists=lists,
            separation=self.separation and lists is not None,
        )


sources_group = group(
    SourceOptions,
    "known",
    text_option,
    reference_option,
    word_lists_option,
    click.option(
        "--separation/--no-separation",
        default=True,
        help="Probe each language against the others of its script, where there are word lists.  [default: probe]",
    ),
)


@click.command(
    cls=Described,
    purpose="Measure a model",
    short_help="Whether neighbours are translations.",
    examples=(
        "hyperpolyglot translate demo:e5",
        "hyperpolyglot translate demo:e5 --language en --language sw",
        "hyperpolyglot translate demo:e5 demo:meaning --figure scores -o scores.svg",
    ),
)
@models_argument
@lexicon_group
@click.option(
    "--language",
    "only",
    multiple=True,
    metavar="TAG",
    help="Only these languages; can be repeated.  [default: all]",
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
    models: tuple[str, ...],
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
    """Ask for the translations of a lexicon's words among the tokens of each MODEL.

    Candidates are the target language's words (weak), all tokens of its
    script (script) or all tokens (strong), by cosine and by CSLS. The table
    of -o has a row for every pair of languages.
    """
    if len(models) > 1 and output.draws and figure not in _OF_SEVERAL:
        raise click.UsageError(
            f"--figure {figure} draws one model; {' and '.join(_OF_SEVERAL)} draw several."
        )
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.translations import TRANSLATE
    from hyperpolyglot.figures.translation_cells import FEWEST_QUESTIONS
    from hyperpolyglot.study import computed, translate_step

    spaces, kept, words = open_spaces(models, opening, exclude=exclude), store.open(), lexicon.words()
    options = replace(
        lexicon.asked(seed), languages=only or None, multi_piece=multi_piece, questions=questions
    )
    with progress_bar() as bar:
        results = [
            Measurement(space, computed(translate_step(space, words, options), kept, bar)) for space in spaces
        ]
    titled = [(each.title, each.record) for each in results]
    title, found = titled[0]
    drawn = {
        "scripts": lambda: figures.draw_translation(
            *found.matrix("script", FEWEST_QUESTIONS), chance=found.matched_chance, title=title
        ),
        "languages": lambda: figures.draw_translation_by_language(found),
        "scores": lambda: figures.draw_translation_scores(titled),
        "hubs": lambda: figures.draw_hub_languages(titled),
    }
    give(TRANSLATE, results, output, figure=drawn[figure])


@click.command(
    cls=Described,
    purpose="Compare models",
    short_help="Which model for which language.",
    examples=(
        "hyperpolyglot languages demo:e5 demo:meaning --language sw",
        "hyperpolyglot languages demo:e5 -o languages.csv",
        "hyperpolyglot languages demo:e5 --language fr --reference es",
    ),
)
@models_argument
@lexicon_group
@click.option("--language", metavar="TAG", help="The language asked about, such as sw.  [default: all]")
@sources_group
@click.option(
    "--full", is_flag=True, help="Show every measure of every language with its interval, not a row for each."
)
@opening_group
@undertrained_option
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def languages(
    models: tuple[str, ...],
    lexicon: LexiconOptions,
    language: str | None,
    known: SourceOptions,
    full: bool,
    opening: OpeningOptions,
    exclude: tuple[str, ...],
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Compare MODELs on a language: what its text costs, which of its words are
    tokens, which of these are under-trained, whether it is separable from others
    of its script, and how many words are translated correctly.

    Frequent words and the separation from other languages need word lists: a
    folder of yours, or pip install 'hyperpolyglot[languages]'.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.languages import show_languages
    from hyperpolyglot.study import plan_languages, run_joint

    spaces = open_spaces(models, opening, exclude=exclude)
    with progress_bar() as bar:
        plan = plan_languages(spaces, lexicon.words(), lexicon.asked(seed), language, known.sources())
        found = run_joint(plan, store.open(), progress=bar)
    output.save(found.table, lambda: figures.draw_languages(found, [s.model for s in spaces]))
    if output.as_json:
        return emit("languages", found.to_json(), spaces)
    return show_languages(found, full=full)


@click.command(
    cls=Described,
    purpose="Use a model",
    short_help="A dictionary of two languages, with probabilities.",
    examples=(
        "hyperpolyglot induce demo:e5 --from en --to sw -o en-sw.tsv",
        "hyperpolyglot induce demo:e5 --from de --to ru --precision 0.9 -o de-ru.tsv",
        "hyperpolyglot induce demo:e5 demo:meaning --from en --to fr",
    ),
)
@models_argument
@click.option(
    "--from", "source", required=True, metavar="TAG", help="The language of the words to translate."
)
@click.option("--to", "target", required=True, metavar="TAG", help="The language to translate them into.")
@click.option(
    "--words",
    metavar="FOLDER",
    help="More words than the lexicon's: a folder with <tag>.tsv for each language, a word a line, with or without a "
    "count; or wordfreq, for those of that package.  [default: the words of the lexicon]",
)
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Keep pairs so that this share of them is right, in expectation.  [default: keep all]",
)
@k_option(10, says="Neighbours in CSLS.")
@click.option(
    "--multi-piece", is_flag=True, help="Take words of several pieces too, as the mean of their pieces."
)
@lexicon_group
@opening_group
@undertrained_option
@seed_option
@output_group(TABLE)
def induce(
    models: tuple[str, ...],
    source: str,
    target: str,
    words: str | None,
    precision: float | None,
    k: int,
    multi_piece: bool,
    lexicon: LexiconOptions,
    opening: OpeningOptions,
    exclude: tuple[str, ...],
    seed: int,
    output: OutputOptions,
) -> None:
    """Induce a dictionary: for every word of one language its nearest word of
    another, by CSLS, with the probability that it is a translation.

    Probabilities are calibrated on the pairs that the lexicon knows, held out
    by concept. Several MODELs vote: their candidates are joined by word.
    What is near in a table need not be how the model translates.
    """
    from hyperpolyglot.applications.induction import induce as induced
    from hyperpolyglot.applications.induction import read_words
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.translations import show_induction

    spaces = open_spaces(models, opening, exclude=exclude)
    lists = None if words is None else read_words(words, (source, target))
    known = lexicon.words().take(kinds=lexicon.kinds or None)
    with progress_bar() as bar:
        found = induced(
            spaces,
            source,
            target,
            known,
            words=lists,
            progress=bar,
            precision=precision,
            k=k,
            multi_piece=multi_piece,
            held_out=False if lexicon.all_concepts else None,
            seed=seed,
        )
    output.save(found.table)
    if output.as_json:
        return emit("induce", found.to_json(), spaces)
    return show_induction([space.model for space in spaces], found)
