"""Commands that compare models and look for reasons."""

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
    labels_group,
    opening_group,
    protocol_group,
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import excluded_kinds, open_spaces, output_space
from hyperpolyglot.cli.options import (
    exclude_option,
    figure_option,
    k_option,
    models_argument,
    permutations_option,
    seed_option,
    two_models_argument,
    with_output_option,
)
from hyperpolyglot.cli.output import TABLE_OR_FIGURE, OutputOptions, certificate, emit, output_group
from hyperpolyglot.cli.several import Measurement, give

if TYPE_CHECKING:
    from hyperpolyglot.measures.explanation.frequency import Counts
    from hyperpolyglot.types import Progress
    from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["compare", "explain"]


@click.command(
    cls=Described,
    purpose="Compare models",
    short_help="How alike the spaces of models are.",
    examples=(
        "hyperpolyglot compare demo:language demo:meaning",
        "hyperpolyglot compare demo:e5 demo:meaning --figure curves -o curves.svg",
    ),
)
@two_models_argument
@k_option(100, least=2)
@permutations_option("Permutations of rows behind each p-value.")
@figure_option("agreement", "curves", "labels")
@opening_group
@protocol_group
@exclude_option
@search_group
@seed_option
@cluster_group
@store_group
@output_group(TABLE_OR_FIGURE)
def compare(
    models: tuple[str, ...],
    k: int,
    permutations: int,
    figure: str,
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    seed: int,
    cluster: ClusterOptions,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Compare two or more MODELs on the tokens they share: neighbours, canonical angles, CKA, RSA, Procrustes, each
    against its null.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.comparisons import show_comparison
    from hyperpolyglot.measures.comparison.records import CompareOptions
    from hyperpolyglot.study import plan_compare, run_joint

    spaces = open_spaces(models, opening, labelling, exclude)
    options = CompareOptions(k=k, protocol=labelling.protocol, seed=seed, permutations=permutations)
    with progress_bar() as bar:
        kinds, search = excluded_kinds(exclude), searching.search()
        plan = plan_compare(spaces, options, exclude=kinds, search=search)
        with cluster.executor() as execute:
            found = run_joint(plan, store.open(), executor=execute, progress=bar)
    drawn = {
        "agreement": lambda: figures.draw_agreements(found),
        "curves": lambda: figures.draw_curves(found),
        "labels": lambda: figures.draw_agreement_by_label(found),
    }
    output.save(found.table, drawn[figure])
    if output.as_json:
        return emit("compare", found.to_json(), spaces)
    return show_comparison(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOptions:
    """How often tokens occur, by a table or by texts."""

    counts: Path | None
    corpus: tuple[Path, ...]

    def counted(self, vocabulary: Vocabulary, progress: Progress) -> Counts | None:
        """The counts; ``None`` where neither is given."""
        from hyperpolyglot.measures.explanation.corpus import count_corpus, read_counts

        if self.corpus:
            return count_corpus(self.corpus, vocabulary, progress)
        return None if self.counts is None else read_counts(self.counts)


counts_group = group(
    CountOptions,
    "occurrences",
    click.option(
        "--counts",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="How often tokens occur: token, tab, number.  [default: the tokenizer's own scores or merge ranks]",
    ),
    click.option(
        "--corpus",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        multiple=True,
        help="Count tokens in this text instead, plain or .gz, by the model's pieces; can be repeated.  "
        "[default: none]",
    ),
)


@click.command(
    cls=Described,
    purpose="Measure a model",
    short_help="Why neighbourhoods are as they are.",
    examples=(
        "hyperpolyglot explain demo:e5",
        "hyperpolyglot explain demo:language demo:meaning -o removal.svg",
    ),
)
@models_argument
@k_option(50, least=10)
@counts_group
@figure_option("removal", "deciles", "undertrained", "hubness")
@with_output_option
@opening_group
@labels_group
@exclude_option
@search_group
@seed_option
@store_group
@output_group(TABLE_OR_FIGURE)
def explain(
    models: tuple[str, ...],
    k: int,
    occurrences: CountOptions,
    figure: str,
    with_output: bool,
    opening: OpeningOptions,
    labelling: LabelOptions,
    exclude: tuple[str, ...],
    searching: SearchOptions,
    seed: int,
    store: StoreOptions,
    output: OutputOptions,
) -> None:
    """Look for reasons in each MODEL: frequency, under-trained tokens, hubs, isotropy, dimension, and what is left of
    separability and diversity after removing script components.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.explanations import EXPLAIN
    from hyperpolyglot.lexicon import packaged_lexicon
    from hyperpolyglot.measures.translation import TranslateOptions
    from hyperpolyglot.study import Given, computed, explain_step, neighbors_step

    if occurrences.counts and occurrences.corpus:
        raise click.UsageError("--counts and --corpus say the same: give one of them.")
    if occurrences.corpus and (labelling.only_labels or labelling.top):
        raise click.UsageError(
            "--corpus cuts text by all tokens: leave --only-labels and --top out, or use --counts."
        )
    spaces = open_spaces(models, opening, labelling, exclude)
    kinds, kept, search = excluded_kinds(exclude), store.open(), searching.search()
    words, results = packaged_lexicon(), []
    with progress_bar() as bar:
        for space in spaces:
            counts = occurrences.counted(space.vocabulary, bar)
            given = Given(counts=counts, lexicon=words, translate=TranslateOptions(seed=seed))
            near = neighbors_step(space, k, exclude=kinds, search=search)
            other = output_space(space.origin, opening.opening(), labelling.labeller(), fetch=with_output)
            other = other and labelling.narrowed(other)
            found = computed(explain_step(space, near, given, other, seed=seed, search=search), kept, bar)
            made = {"certificate": certificate(computed(near, kept))} if output.as_json else {}
            results.append(Measurement(space, found, made))
    records, noun = [each.record for each in results], spaces[0].labels.labelling.many
    drawn = {
        "removal": lambda: figures.draw_removal(records, noun),
        "deciles": lambda: figures.draw_deciles(records, noun),
        "undertrained": lambda: figures.draw_undertrained(records),
        "hubness": lambda: figures.draw_hubness(records),
    }
    give(EXPLAIN, results, output, figure=drawn[figure])
