"""How the tokens fill the embedding space."""

from __future__ import annotations

from collections.abc import Callable

from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.report.content import Grid, Section
from hyperpolyglot.report.many import FEW
from hyperpolyglot.report.wording import number, percent
from hyperpolyglot.sources import title_of

__all__ = ["geometry_section"]

Read = Callable[[Explanation], tuple[float | None, float | None]]

_ROWS: tuple[tuple[str, Read], ...] = (
    (
        "dimensions used evenly (IsoScore, 0 to 1)",
        lambda e: (e.isotropy.iso_score, e.isotropy.iso_score_expected),
    ),
    (
        "effective dimensionality (participation ratio)",
        lambda e: (e.isotropy.participation, e.isotropy.participation_expected),
    ),
    ("mean cosine of two tokens", lambda e: (e.isotropy.mean_cosine, 0.0)),
    ("the same, after centring", lambda e: (e.isotropy.centred_mean_cosine, 0.0)),
    ("local intrinsic dimension (TwoNN)", lambda e: (e.dimension.two_nn, e.dimension.two_nn_baseline)),
    (
        "local intrinsic dimension (local PCA)",
        lambda e: (e.dimension.local_pca, e.dimension.local_pca_baseline),
    ),
    (
        "variance between the labels’ means",
        lambda e: (e.subspaces.offsets.share, e.subspaces.offsets.expected),
    ),
)


def geometry_section(results: list[Explanation]) -> Section:
    """Isotropy, local dimension, offsets, each beside what chance gives."""
    return Section(
        key="geometry",
        title="Geometry of the embedding space",
        question="Isotropy, effective and local dimensionality, and the offsets between the means of labels.",
        reading=tuple(_read(found) for found in results) if len(results) <= FEW else (),
        grids=(_grid(results),),
        note="Chance: as many Gaussian vectors of equal spread in all directions; for the local intrinsic dimension, "
        "Gaussian vectors with the model’s own mean and covariance; for the means, labels permuted at random. Local "
        "dimensions are estimated too low where there are many: compare with chance only. A mean cosine far above 0 "
        "says that all tokens point one way.",
    )


def _grid(results: list[Explanation]) -> Grid:
    """A column for each model, of many a row, since many columns do not fit a page."""
    title = "Value; below: chance"
    if len(results) > FEW:
        rows = tuple(
            (title_of(found.model), *(_cell(*read(found)) for _, read in _ROWS)) for found in results
        )
        return Grid(title=title, columns=("model", *(name for name, _ in _ROWS)), rows=rows)
    return Grid(
        title=title,
        columns=("", *(title_of(found.model) for found in results)),
        rows=tuple((name, *(_cell(*read(found)) for found in results)) for name, read in _ROWS),
    )


def _cell(value: float | None, chance: float | None) -> str:
    shown = [number(x, 3 if abs(x or 0) < 1 else 1) for x in (value, chance)]
    return f"{shown[0]}\n{shown[1]}"


def _read(found: Explanation) -> str:
    name, iso, local = title_of(found.model), found.isotropy, found.dimension
    text = (
        f"{name} has an effective dimensionality of {number(iso.participation, 1)} of {iso.dim} (chance "
        f"{number(iso.participation_expected, 1)}); two tokens have a cosine of {number(iso.mean_cosine, 3)} on "
        "average (chance 0)"
    )
    if local.two_nn is not None and local.two_nn_baseline is not None:
        text += (
            f"; the local intrinsic dimension is about {number(local.two_nn, 1)} (chance "
            f"{number(local.two_nn_baseline, 1)})"
        )
    offsets = found.subspaces.offsets
    return (
        f"{text}. The means of the {offsets.labels} labels hold {percent(offsets.share)} of the variance (chance "
        f"{percent(offsets.expected)})."
    )
