"""Measures along the checkpoints of a model: small multiples with bands, and a ribbon for each script or language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.figures.panels import legend_below, new_figure, of_caller, rows_high, styled
from hyperpolyglot.figures.style import FAINT, INK, MODEL_COLOURS, WIDE, drawn, entry, in_percent, logarithmic
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.track import Track
from hyperpolyglot.measures.track.moved import HalfLife
from hyperpolyglot.measures.track.track import MEASURES
from hyperpolyglot.types import Float64
from hyperpolyglot.writing.colours import NO_COLOUR, colours_of
from hyperpolyglot.writing.scripts import script_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "MEASURES_SHOWN",
    "draw_track",
    "draw_track_by_label",
    "draw_track_maps",
    "label_called",
    "moved_labels",
]

_COLUMNS, _HIGH = 3, 1.6
_MOST = 60
_LEAST_SHARE = 0.02
"""Two points: the height of a panel of shares that do not change."""

_UNEVEN = 5
"""Where the last step is so many times the one in the middle, the axis is logarithmic: checkpoints are dense early."""

MEASURES_SHOWN = {
    "separability": "Linear separability",
    "diversity": "Labels among neighbours",
    "own_share": "Own-label share",
    "translation": "Translation, P@1",
    "same_spelling": "Near-identical spelling, P@1",
    "isotropy": "IsoScore",
    "norm": "Mean norm",
    "undertrained": "Under-trained share",
    "overlap_last": "Neighbours of the last step",
    "cka_last": "CKA with the last step",
    "rsa_last": "RSA with the last step",
    "rotation_last": "Procrustes cosine, last step",
    "overlap_previous": "Neighbours of the step before",
    "cka_previous": "CKA with the step before",
    "rsa_previous": "RSA with the step before",
    "rotation_previous": "Procrustes cosine, step before",
}
"""What readers know each measure of a step by."""

_OF_LANGUAGES = ("translation", "same_spelling")
_SHARES = {"separability", "own_share", "translation", "same_spelling", "undertrained"}


@styled
def draw_track(found: Track, measure: str | None = None, *, ax: Axes | None = None) -> Figure:
    """A panel for each measure of all tokens over the steps: intervals as a band, chance dotted, the half-life a line.

    ``measure``: that one alone, as on lent axes, where it is by default the first that is known.
    """
    known = [name for name in MEASURES if any(step.value(name) for step in found.steps)]
    if measure is not None and measure not in known:
        raise NotEnoughData(
            f"Track: there is no {measure} to draw; there is {', '.join(known) or 'nothing'}."
        )
    chosen = known if measure is None else [measure]
    if ax is not None:
        chosen = chosen[:1]
    if not chosen:
        raise NotEnoughData("Track: there is nothing to draw.")
    columns = min(_COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, axes = new_figure(WIDE, 0.5 + _HIGH * rows, rows, columns, ax=ax, sharex=True)
    for name, panel in zip(chosen, axes, strict=False):
        _panel(panel, found, name)
    for panel in axes[max(0, len(chosen) - columns) : len(chosen)]:
        panel.set_xlabel(found.options.axis)
        panel.tick_params(axis="x", labelbottom=True)
    for panel in axes[len(chosen) :]:
        panel.set_axis_off()
    return figure


def _panel(panel: Axes, found: Track, measure: str) -> None:
    steps = [(step.x, value) for step in found.steps if (value := step.value(measure)) is not None]
    x = [place for place, _ in steps]
    low, high = (
        np.array([v.value if getattr(v, end) is None else getattr(v, end) for _, v in steps])
        for end in ("low", "high")
    )
    panel.fill_between(x, low, high, color=MODEL_COLOURS[0], alpha=0.2, linewidth=0)
    panel.plot(x, [v.value for _, v in steps], color=MODEL_COLOURS[0], marker=".", markersize=3)
    by_chance = [(place, v.chance) for place, v in steps if v.chance is not None]
    if by_chance:
        panel.plot(*zip(*by_chance, strict=True), color=FAINT, linestyle=":")
    for row in found.half_lives:
        if row.measure == measure and row.label is None and row.x is not None:
            panel.axvline(row.x, color=INK, linewidth=0.8)
            if row.low is not None and row.high is not None:
                panel.axvspan(row.low, row.high, color=INK, alpha=0.1, linewidth=0)
    panel.set_title(MEASURES_SHOWN[measure])
    if measure in _SHARES or measure.startswith("overlap"):
        panel.yaxis.set_major_formatter(in_percent)
        bottom, top = panel.get_ylim()
        panel.set_ylim(bottom, max(top, bottom + _LEAST_SHARE))
    _scaled(panel, [step.x for step in found.steps])


def _scaled(panel: Axes, x: list[float]) -> None:
    """The axis of steps as a logarithm where these are dense at its start, with room for a step 0."""
    if not _dense_early(x):
        panel.xaxis.set_major_formatter(lambda value, _: _short(value))
        return
    above = [place for place in x if place > 0]
    if len(above) == len(x):
        panel.set_xscale("log")
        logarithmic(panel.xaxis, _short)
        return
    panel.set_xscale("symlog", linthresh=above[0], linscale=0.4)
    tens = 10.0 ** np.arange(np.ceil(np.log10(2 * above[0])), np.log10(x[-1]) + 1e-9)
    panel.set_xticks([0, *tens])
    panel.set_xticks([], minor=True)
    panel.xaxis.set_major_formatter(lambda value, _: _short(value))
    panel.set_xlim(0, x[-1])


def _dense_early(x: list[float]) -> bool:
    return x[0] >= 0 and len(x) > 3 and x[-1] > _UNEVEN * x[len(x) // 2]


def _short(value: float) -> str:
    """A place on the axis as a few characters: 12k, 1.5M.

    >>> _short(0), _short(150), _short(12_000), _short(1.5e6), _short(3e10)
    ('0', '150', '12k', '1.5M', '30B')
    """
    for unit, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def moved_labels(found: Track, measure: str | None = None) -> tuple[str | None, list[HalfLife]]:
    """The scripts or languages that have a half-life of ``measure``, earliest first, and the measure.

    By default it is translation, where languages have one, else the measure of which most labels do.
    """
    by_measure: dict[str, list[HalfLife]] = {}
    for row in found.half_lives:
        if row.label is not None and row.x is not None:
            by_measure.setdefault(row.measure, []).append(row)
    if measure is None:
        measure = max(
            by_measure, key=lambda name: (name == "translation", len(by_measure[name])), default=None
        )
    rows = by_measure.get(measure or "", [])
    return measure, sorted(rows, key=lambda row: (row.x or 0.0, row.label or ""))


def label_called(row: HalfLife) -> str:
    """The script or language of a half-life by its English name: translation is always of languages."""
    label = row.label or ""
    return language_name(label) if row.measure in _OF_LANGUAGES else script_name(label)


@styled
def draw_track_by_label(
    found: Track, measure: str | None = None, most: int = _MOST, *, ax: Axes | None = None
) -> Figure:
    """A ribbon for every script or language that moved, the earliest first: darker as more of its change is done.

    Dots are half-lives with their intervals. ``measure``: by default translation, where languages have a half-life.
    """
    measure, rows = moved_labels(found, measure)
    if measure is None or not rows:
        raise NotEnoughData("Track: no script and no language has a half-life to draw.")
    every = len(rows)
    if every > most:
        kept = {round(i * (every - 1) / max(1, most - 1)) for i in range(most)}
        rows = [row for i, row in enumerate(rows) if i in kept]
    figure, (panel,) = new_figure(WIDE, rows_high(0.9, len(rows), 0.15), ax=ax)
    x = np.array([step.x for step in found.steps])
    scaled = _dense_early(x.tolist())
    for i, row in enumerate(rows):
        _ribbon(panel, x, _done(found, row), i, scaled)
        if row.low is not None and row.high is not None:
            panel.plot([row.low, row.high], [i, i], color=INK, linewidth=1)
        panel.plot([row.x or 0.0], [i], color=INK, marker="o", markersize=3)
    panel.set_yticks(range(len(rows)), [drawn(label_called(row)) for row in rows])
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.tick_params(axis="y", length=0)
    if not of_caller(figure, panel):
        panel.tick_params(axis="y", labelsize=6.5)
    _scaled(panel, x.tolist())
    panel.set_xlim(x[0], x[-1])
    panel.set_xlabel(found.options.axis)
    of = f" ({len(rows)} of {every})" if len(rows) < every else ""
    panel.set_title(f"{MEASURES_SHOWN[measure]}: share of the change that is done{of}")
    return figure


def _done(found: Track, row: HalfLife) -> Float64:
    """How much of its change a label has done at each step, 0 to 1; NaN where it was not measured."""
    values = [step.value(row.measure, row.label) for step in found.steps]
    curve = np.array([np.nan if value is None else value.value for value in values])
    return np.clip((curve - row.start) / (row.final - row.start), 0, 1)


def _ribbon(panel: Axes, x: Float64, done: Float64, row: int, scaled: bool) -> None:
    """A strip of cells, each from half way to the step before to half way to the next."""
    places = np.where(x > 0, np.log(np.maximum(x, 1e-300)), np.nan) if scaled else x
    middle = (places[:-1] + places[1:]) / 2
    edges = np.concatenate([[x[0]], np.exp(middle) if scaled else middle, [x[-1]]])
    if scaled and np.isnan(edges).any():
        edges = np.where(np.isnan(edges), x[1] / 2, edges)
    panel.pcolormesh(
        edges,
        [row - 0.42, row + 0.42],
        done[None, :],
        cmap="Blues",
        vmin=-0.05,
        vmax=1.3,
        rasterized=False,
        linewidth=0,
    )


@styled
def draw_track_maps(found: Track, most: int = 12, *, ax: Axes | None = None) -> Figure:
    """The maps of the sampled tokens, step after step, coloured by label; each is turned to fit the one before.

    On lent axes the last map. ``most``: labels with a colour of their own.
    """
    if not found.maps:
        raise NotEnoughData("Track: there are no maps to draw; ask for some with --maps (maps=).")
    maps = found.maps if ax is None else found.maps[-1:]
    columns = min(_COLUMNS, len(maps))
    rows = -(-len(maps) // columns)
    figure, axes = new_figure(WIDE, rows * WIDE / columns + 0.5, rows, columns, ax=ax)
    named, codes = maps[-1].labels, maps[-1].codes
    counts = np.bincount(codes[codes >= 0], minlength=len(named))
    order = [named[code] for code in np.argsort(-counts, kind="stable").tolist() if counts[code]]
    scheme = colours_of(order)
    colours = {label: scheme[label].light for label in order[:most]}
    every = np.concatenate([step.points for step in maps])
    low, high = np.quantile(every, [0.005, 0.995], axis=0)
    middle, reach = (low + high) / 2, 0.53 * float((high - low).max())
    for panel, step in zip(axes, maps, strict=False):
        of_label = np.array([*(colours.get(name, NO_COLOUR) for name in step.labels), NO_COLOUR])
        shuffled = np.random.default_rng(0).permutation(len(step.codes))
        x, y = np.clip(step.points[shuffled], middle - reach, middle + reach).T
        panel.scatter(x, y, s=2, c=of_label[step.codes[shuffled]], linewidths=0, rasterized=True)
        panel.set_title(f"{found.options.axis} {_short(step.x)}")
        panel.set_xticks([])
        panel.set_yticks([])
        panel.spines[:].set_visible(False)
        panel.set_aspect("equal")
        panel.set_xlim(middle[0] - reach, middle[0] + reach)
        panel.set_ylim(middle[1] - reach, middle[1] + reach)
    for panel in axes[len(maps) :]:
        panel.set_axis_off()
    shown = [
        axes[0].scatter([], [], s=16, color=colour, label=entry(script_name(label)))
        for label, colour in colours.items()
    ]
    if len(order) > len(shown):
        shown.append(axes[0].scatter([], [], s=16, color=NO_COLOUR, label="others"))
    labels = [str(handle.get_label()) for handle in shown]
    legend_below(figure, axes[0], (shown, labels), columns=7, width=0.9, fontsize=6.5, handletextpad=0.1)
    return figure
