"""What text costs, language by language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hyperpolyglot.figures.multiples import MANY
from hyperpolyglot.figures.panels import chance_legend, new_figure, of_caller, rows_high, styled
from hyperpolyglot.figures.style import WIDE, Dots, dot_rows, drawn, in_percent
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.fertility import Fertility, LanguageFertility
from hyperpolyglot.measures.fertility.fertility import ModelCosts, Value
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_fertility"]

_MOST = 60
_PANELS: dict[str, Callable[[LanguageFertility], Value]] = {
    "tokens for the same text,\nby those of {reference}": lambda row: row.premium,
    "tokens\nper word": lambda row: row.fertility,
    "words kept\nwhole": lambda row: row.whole_words,
}


def shown_languages(found: Fertility, most: int = _MOST) -> list[str]:
    """Languages by the premium of the first model; of more than fit, evenly spread from cheapest to dearest."""
    rows = sorted(found.models[0].languages, key=lambda row: (row.premium["value"] or 0.0, row.language))
    tags = [row.language for row in rows]
    if len(tags) <= most:
        return tags
    kept = {round(i * (len(tags) - 1) / (most - 1)) for i in range(most)}
    return [tag for i, tag in enumerate(tags) if i in kept]


@styled
def draw_fertility(found: Fertility, most: int = _MOST, *, ax: Axes | None = None) -> Figure:
    """Premium, fertility and words kept whole by language, models side by side; bars: what a byte-level model pays."""
    crowd = max(1.0, len(found.models) / (MANY - 1))
    tags = shown_languages(found, int(most / crowd))
    figure, axes = new_figure(
        WIDE, rows_high(1.3, len(tags), 0.15 * crowd), columns=len(_PANELS), sharey=True, ax=ax
    )
    titles = [drawn(language_name(tag)) for tag in tags]
    reference = drawn(language_name(found.options.reference))
    for panel, (title, read) in zip(axes, _PANELS.items(), strict=True):
        dot_rows(panel, tags, [_dots(model, read, panel is axes[0]) for model in found.models], titles)
        panel.set_title(title.format(reference=reference), fontsize=8)
        if not of_caller(figure, panel):
            panel.tick_params(labelsize=6.5)
        panel.tick_params(axis="y", length=0)
        panel.set_xlim(left=0)
    axes[0].axvline(1, linewidth=0.6, color="0.6")
    axes[-1].xaxis.set_major_formatter(in_percent)
    chance_legend(figure, axes[0], "UTF-8 bytes for the same text")
    return figure


def _dots(model: ModelCosts, read: Callable[[LanguageFertility], Value], byte: bool) -> Dots:
    rows = {row.language: read(row) for row in model.languages}
    known = {tag: value for tag, value in rows.items() if value["value"] is not None}
    return Dots(
        name=title_of(model.model) + ("" if model.exact else " (estimated)"),
        values={tag: value["value"] or 0.0 for tag, value in known.items()},
        intervals={
            tag: (value["low"], value["high"])
            for tag, value in known.items()
            if value["low"] is not None and value["high"] is not None
        },
        chance={row.language: row.byte_premium for row in model.languages} if byte else {},
    )
