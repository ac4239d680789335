"""Commands that follow a model along its training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    search_group,
    store_group,
)
from hyperpolyglot.cli.opened import open_spaces
from hyperpolyglot.cli.options import (
    Amount,
    figure_option,
    k_option,
    lexicon_option,
    minimum_option,
    models_argument,
    seed_option,
)
from hyperpolyglot.cli.output import TABLE_FIGURE_OR_PAGE, OutputOptions, emit, output_group

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hyperpolyglot.measures.track import Track, TrackOptions

__all__ = ["track"]

AXES = ("training", "size", "name")
_MAPS = 6
"""Of a page whose tokens move, where no number is given."""

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOptions:
    """Which checkpoints there are, where they lie on the axis, and which of their tokens are followed."""

    revisions: str | None
    every: int
    by: str
    x: Path | None
    tokens_per_step: float | None
    shares: Path | None
    shared: bool
    exact: bool
    words: tuple[str, ...]
    maps: int

    def steps(self, models: Sequence[str]) -> list[str]:
        """The models to open, in natural order: every so many, and always the last."""
        from hyperpolyglot.sources import naturally, revisions_of, thinned

        named = list(models)
        if self.revisions is not None:
            named = [step for model in models for step in revisions_of(model, self.revisions)]
        named = sorted(named, key=naturally) if self.revisions is not None or self.every > 1 else named
        return thinned(named, self.every)

    def places(self, models: Sequence[str]) -> list[float] | None:
        """The numbers of ``--x``; ``None`` where the names say them."""
        from hyperpolyglot.measures.track.axis import read_numbers
        from hyperpolyglot.sources import named

        if self.x is None:
            return None
        known = read_numbers(self.x)
        names = [name or model for name, model in map(named, models)]
        lost = next((name for name in names if name not in known), None)
        if lost is not None:
            raise click.UsageError(f"{self.x}: there is no line for {lost}.")
        return [known[name] for name in names]

    def known_shares(self) -> dict[str, float] | None:
        """The numbers of ``--shares``."""
        from hyperpolyglot.measures.track.axis import read_numbers

        return None if self.shares is None else read_numbers(self.shares)

    def options(self, k: int, minimum: int, seed: int, *, moving: bool) -> TrackOptions:
        """The same for the measure; ``moving``: maps are needed."""
        from hyperpolyglot.measures.track import TrackOptions

        try:
            return TrackOptions(
                k=k,
                minimum=minimum,
                seed=seed,
                exact=self.exact,
                shared=self.shared,
                words=self.words,
                maps=_MAPS if moving and not self.maps else self.maps,
                by=self.by,
                tokens_per_step=self.tokens_per_step,
            )
        except ValueError as error:
            raise click.UsageError(f"{error}.") from error


steps_group = group(
    StepOptions,
    "stepping",
    click.option(
        "--revisions",
        metavar="GLOB",
        help="The branches and tags of each MODEL on the Hub that match, such as 'step*'.  [default: MODEL alone]",
    ),
    click.option(
        "--every",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Take every so many checkpoints, and the last.",
    ),
    click.option(
        "--by",
        type=click.Choice(AXES),
        default=AXES[0],
        show_default=True,
        help="training: checkpoints of one model. size, name: models of one family or several, by rows × dimensions or "
        "by what their names say, as 70m and 1.4b; how measures go with size is told in place of half-lives.",
    ),
    click.option(
        "--x",
        type=_FILE,
        help="Where checkpoints lie on the axis: name, tab, number.  [default: the numbers in their names]",
    ),
    click.option(
        "--tokens-per-step",
        type=Amount(0, min_open=True),
        help="Make the axis tokens: so many for each step in the names.  [default: steps]",
    ),
    click.option(
        "--shares",
        type=_FILE,
        help="Shares of scripts or languages in the data: label, tab, number.  [default: those of scripts in the "
        "vocabulary]",
    ),
    click.option(
        "--shared",
        is_flag=True,
        help="Where vocabularies differ, follow the tokens that all have, by text.  [default: fail]",
    ),
    click.option(
        "--exact",
        is_flag=True,
        help="Measure all tokens.  [default: neighbours of 4,000 seeded ones among all, probes of at most 1,000 of a "
        "label]",
    ),
    click.option(
        "--words",
        metavar="WORD,...",
        multiple=True,
        callback=lambda _context, _option, value: tuple(
            word.strip() for each in value for word in each.split(",") if word.strip()
        ),
        help="Show the nearest tokens of these words at each step; can be repeated.  [default: none]",
    ),
    click.option(
        "--maps",
        type=click.IntRange(0),
        default=0,
        help="Lay the sampled tokens out at so many steps, for --figure maps and for -o with .html.  "
        f"[default: 0; with .html {_MAPS}]",
    ),
)


@click.command(
    cls=Described,
    purpose="Compare models",
    short_help="Measures along the checkpoints of a model.",
    examples=(
        "hyperpolyglot track demo:language demo:meaning --shared",
        "hyperpolyglot track demo:language demo:meaning --words water,fire -o steps.csv",
        "hyperpolyglot track demo:language demo:meaning --shared -o moving.html",
    ),
)
@models_argument
@steps_group
@k_option(50)
@minimum_option
@lexicon_option()
@opening_group
@labels_group
@search_group
@seed_option
@cluster_group
@store_group
@figure_option("measures", "labels", "maps")
@output_group(TABLE_FIGURE_OR_PAGE)
def track(
    models: tuple[str, ...],
    stepping: StepOptions,
    k: int,
    minimum: int,
    lexicon: tuple[Path, ...],
    opening: OpeningOptions,
    labelling: LabelOptions,
    searching: SearchOptions,
    seed: int,
    cluster: ClusterOptions,
    store: StoreOptions,
    figure: str,
    output: OutputOptions,
) -> None:
    """Measure the checkpoints MODEL... of one model: what changes first, for which script and language.

    With --by, MODELs of different sizes: how measures go with size.
    """
    from hyperpolyglot import figures
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.cli.terminal_tables.checkpoints import show_track
    from hyperpolyglot.lexicon import packaged_lexicon, read_lexicons
    from hyperpolyglot.study import plan_track, run_joint

    named = stepping.steps(models)
    if len(named) < 2:
        raise click.UsageError("track needs at least two checkpoints.")
    x, shares = stepping.places(named), stepping.known_shares()
    pages, output = output.split(".html")
    options = stepping.options(k, minimum, seed, moving=bool(pages))
    spaces = open_spaces(named, opening, labelling)
    words = read_lexicons(lexicon) or packaged_lexicon()
    with progress_bar() as bar:
        try:
            plan = plan_track(spaces, x, options, words, shares=shares, search=searching.search())
        except ValueError as error:
            raise click.UsageError(f"{str(error).rstrip('.')}.") from error
        with cluster.executor() as execute:
            found = run_joint(plan, store.open(), executor=execute, progress=bar)
    draw: dict[str, Callable[[Track], Figure]] = {
        "measures": figures.draw_track,
        "labels": figures.draw_track_by_label,
        "maps": figures.draw_track_maps,
    }
    for path in pages:
        _write_page(found, path)
    output.save(found.table, lambda: draw[figure](found))
    if output.as_json:
        return emit("track", found.to_json(), spaces)
    return show_track(found)


def _write_page(found: Track, path: Path) -> None:
    """The maps of a run as a page."""
    from hyperpolyglot.cli.terminal import note
    from hyperpolyglot.explorer import moving_page
    from hyperpolyglot.store import written

    page = moving_page(found).encode()
    with written(path) as temporary:
        temporary.write_bytes(page)
    note(f"wrote {path}")
