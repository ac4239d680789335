"""Figures as files and as parts of a page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperpolyglot.figures.fonts import use_fonts_that_have
from hyperpolyglot.figures.style import STYLE
from hyperpolyglot.store import written

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["IMAGE_SUFFIXES", "save", "svg"]

IMAGE_SUFFIXES = (".png", ".svg", ".pdf")
_DOTS_PER_INCH = 300
_ON_PAGE = 160


def _write(figure: Figure, target: Any, kind: str, dpi: int) -> None:
    import matplotlib as mpl

    metadata: Mapping[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # no font here has it: a box it is
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")  # Devanagari, before 3.11
        warnings.filterwarnings("ignore", "constrained_layout not applied")  # long names leave little room
        use_fonts_that_have(figure)
        figure.savefig(target, format=kind, dpi=dpi, metadata=metadata or None)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure whole or not at all; the kind is the extension (.png, .svg, .pdf).

    Its size is that of the figure in millimetres: PNG has 300 dots to the inch, PDF holds its fonts (TrueType), SVG
    keeps text as text, in fonts of the reader where DejaVu Sans is missing.
    """
    path = Path(path)
    with written(path) as temporary:
        _write(figure, temporary, path.suffix[1:].lower(), _DOTS_PER_INCH)


def svg(figure: Figure) -> str:
    """A figure as an ``<svg>`` element for an HTML page."""
    buffer = io.StringIO()
    figure.patch.set_facecolor("none")
    _write(figure, buffer, "svg", _ON_PAGE)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
