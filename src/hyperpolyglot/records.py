"""Results as tables: in a notebook, and as pandas, polars or Arrow ones.

Every record of a measure is a :class:`Record`. Figures are drawn by a layer above, which says so by
:func:`draw_by`: a record itself knows of no plots.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import fields
from functools import cache
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from hyperpolyglot.errors import MissingExtra
from hyperpolyglot.origins import Provenance, Traced
from hyperpolyglot.shown import shown

__all__ = [
    "SHOWN",
    "Drawer",
    "Record",
    "Rows",
    "arrow_table",
    "brief",
    "displayed",
    "draw_by",
    "imported",
    "tidied",
    "with_interval",
    "with_model",
]

Rows = Sequence[Mapping[str, Any]]
SHOWN = 12


class Drawer(Protocol):
    """What draws records, from a layer above."""

    def svg(self, record: Record) -> str | None:
        """The figure that is displayed beside the table, ``None`` where there is none."""

    def plot(self, record: Record, ax: Any, **style: Any) -> Any:
        """The main figure on axes of matplotlib, which are returned."""


_drawer: list[Drawer] = []


def draw_by(drawer: Drawer) -> None:
    """Let ``drawer`` draw all records."""
    _drawer[:] = [drawer]


class Record(Traced):
    """A result with a table. ``of`` is what its ``table`` takes: nothing, but for a map, which takes its space."""

    __slots__ = ()

    if TYPE_CHECKING:
        table: Callable[..., Rows]

    def __repr__(self) -> str:
        says = self.summary()
        return f"{type(self).__name__}: {says}" if says else brief(self)

    def summary(self) -> str:
        """The main number with its interval, chance level and seed, where the record has them; else empty."""
        return ""

    def tidied(self, rows: Rows) -> list[dict[str, Any]]:
        """Rows with one value in each cell (:func:`tidied`), the model first where there is one."""
        origin = self.provenance
        return tidied(rows, origin.models[0].model if origin and len(origin.models) == 1 else None)

    def tables_by_name(self) -> Mapping[str, Rows]:
        """Every table of the record by name; ``""`` is the main one."""
        return {"": self.table()}

    def to_pandas(self, *of: Any) -> Any:
        """The table as a ``pandas.DataFrame``. Raises ``MissingExtra`` where pandas is not installed."""
        return imported("pandas").DataFrame(list(self.table(*of)))

    def to_polars(self, *of: Any) -> Any:
        """The table as a ``polars.DataFrame``. Raises ``MissingExtra`` where polars is not installed."""
        return imported("polars").DataFrame(self.to_arrow(*of))

    def to_arrow(self, *of: Any) -> Any:
        """The table as an ``arro3.core.Table``; whatever reads Arrow takes it, as ``pyarrow.table(…)`` does."""
        return arrow_table(self.table(*of))

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw the main figure on ``ax``, axes of matplotlib, or as a figure of its own; returns the axes.

        Lent axes keep their look, and show the main panel where the figure has several. ``style``: keywords of the
        function of :mod:`hyperpolyglot.figures` that draws it (``most=12``), and settings of matplotlib by their name
        (``**{"font.size": 6}``). Raises ``TypeError`` where a record has no figure, ``NotEnoughData`` where this one
        holds nothing to draw.

        >>> import hyperpolyglot as hp
        >>> from matplotlib.figure import Figure
        >>> axes = Figure(figsize=(3, 2)).subplots()
        >>> hp.census([hp.open_model("demo:meaning")]).plot(ax=axes) is axes
        True
        """
        return _drawer[0].plot(self, ax, **style)

    def _repr_html_(self) -> str:
        """What a notebook shows: the headline, the first rows of the table, the figure, and where it comes from."""
        return displayed(
            type(self).__name__,
            self.summary(),
            self._shown(),
            origin=self.provenance,
            after=self._figure_html(),
        )

    def _shown(self) -> Rows:
        return self.table()

    def _figure_html(self) -> str:
        image = _drawer[0].svg(self) if _drawer else None
        if image is None:
            return ""
        data = base64.b64encode(image.encode()).decode()
        style = "max-width:100%;background:#fff;padding:.5em"
        return f"<img style='{style}' alt='{type(self).__name__}' src='data:image/svg+xml;base64,{data}'>"


def displayed(title: str, says: str, rows: Rows, *, origin: Provenance | None = None, after: str = "") -> str:
    """HTML of a result in a notebook: what it is, the first rows of a table, HTML that comes ``after``, its origin."""
    columns = list(dict.fromkeys(name for row in rows[:SHOWN] for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(_cell(row.get(name)) for name in columns)}</tr>" for row in rows[:SHOWN])
    more = f"<p>{SHOWN} of {len(rows):,} rows: all of them by table().</p>" if len(rows) > SHOWN else ""
    said = f": <bdi>{escape(shown(says))}</bdi>" if says else ""
    by = "" if origin is None else f"<p><small>{escape(shown(_origin(origin)))}</small></p>"
    table = f"<table class='dataframe'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div><p><strong>{escape(title)}</strong>{said}</p>{table}{more}{after}{by}</div>"


def _origin(origin: Provenance) -> str:
    names = ", ".join(model.model for model in origin.models)
    return f"{names}; {origin.settings()}" if names else origin.settings()


def tidied(rows: Rows, model: str | None = None) -> list[dict[str, Any]]:
    """Rows with one value in each cell, and ``model`` first, where it is given and rows have none.

    ``{"p1": {"value": …}}`` is ``p1``, other parts ``p1_…``; an interval becomes ``low`` and ``high``; what chance
    gives is ``chance``, whether it is that of a null model or an expectation. Raises ``TypeError`` for a list.

    >>> tidied([{"p1": {"value": 0.5, "null": 0.1}, "own_interval": [0, 1]}], "m")
    [{'model': 'm', 'p1': 0.5, 'p1_chance': 0.1, 'own_low': 0, 'own_high': 1}]
    """
    first = {} if model is None else {"model": model}
    return [first | _tidied(row) for row in rows]


def _tidied(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            parts = _tidied(value)
            found |= {name if inner == "value" else f"{name}_{inner}": part for inner, part in parts.items()}
        elif name == "interval" or name.endswith("_interval"):
            before = name.removesuffix("interval")
            found[f"{before}low"], found[f"{before}high"] = value or (None, None)
        elif isinstance(value, list | tuple | set):
            raise TypeError(f"a cell of a table holds one value; {name!r} has {len(value)}")
        else:
            found[_by_chance(name)] = value
    return found


_CHANCE = {"null": "chance", "expected": "chance"}


@cache
def _by_chance(name: str) -> str:
    by_chance = (f"{name.removesuffix(end)}_chance" for end in ("_null", "_expected") if name.endswith(end))
    return _CHANCE.get(name) or next(by_chance, name)


def with_interval(value: str, interval: tuple[float, float] | None, scale: float = 1, digits: int = 1) -> str:
    """A value with its interval behind it, as ``97.9 % [97.6, 98.2]``.

    >>> with_interval("97.9 %", (0.976, 0.982), 100), with_interval("3.1", None)
    ('97.9 % [97.6, 98.2]', '3.1')
    """
    if interval is None:
        return value
    low, high = (f"{scale * end:.{digits}f}".replace("-", "−") for end in interval)
    return f"{value} [{low}, {high}]"


def with_model(frame: Any, model: str | None) -> Any:
    """A data frame with a last column that says of which model it is, as a category; as it is, where none is known."""
    if model is None:
        return frame
    values = imported("pandas").Categorical.from_codes([0] * len(frame), [model])
    return frame.assign(model=values)


def arrow_table(rows: Rows) -> Any:
    """Rows that share their columns as an ``arro3.core.Table``; ``None`` is a null.

    A column is of booleans, int64 or float64 where all its values are, and else of text.

    >>> arrow_table([{"k": 1, "mean": 2}, {"k": 2, "mean": 2.5}])["mean"].to_pylist()
    [2.0, 2.5]
    """
    from arro3.core import Table

    columns = list(dict.fromkeys(name for row in rows for name in row))
    return Table({name: _arrow_column([row.get(name) for row in rows]) for name in columns})


def _arrow_column(values: list[Any]) -> Any:
    from arro3.core import Array, DataType

    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return Array(values, DataType.bool())
    if known and all(isinstance(value, int) for value in known):
        return Array(values, DataType.int64())
    if known and all(isinstance(value, int | float) for value in known):
        return Array([None if v is None else float(v) for v in values], DataType.float64())
    texts = [None if v is None else str(v).encode("utf-8", "backslashreplace").decode() for v in values]
    return Array(texts, DataType.string())


def brief(record: Any) -> str:
    """A dataclass in a line: arrays by type and shape, whatever else holds many things by its size.

    >>> from dataclasses import dataclass
    >>> @dataclass(repr=False)
    ... class Found:
    ...     mean: float
    ...     scripts: list[str]
    >>> brief(Found(1 / 3, ["Latn", "Cyrl"]))
    'Found(mean=0.3333, scripts=<list of 2>)'
    """
    parts = (f"{field.name}={_part(getattr(record, field.name))}" for field in fields(record))
    return f"{type(record).__name__}({', '.join(parts)})"


def _part(value: Any) -> str:
    if value is None or isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:59]}…")
    if hasattr(value, "dtype"):
        return f"{value.dtype}{list(value.shape)}"
    return f"<{type(value).__name__}{f' of {len(value):,}' if isinstance(value, Sized) else ''}>"


def imported(library: str) -> Any:
    """The optional library of that name. Raises ``MissingExtra`` where it is not installed."""
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        raise MissingExtra(f"to_{library}()", library) from error


def _cell(value: Any) -> str:
    if isinstance(value, bool | None):
        return f"<td>{'–' if value is None else 'yes' if value else 'no'}</td>"
    if isinstance(value, int | float):
        text = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        return f"<td style='text-align:right'>{text.replace('-', '−')}</td>"
    if isinstance(value, list | tuple):
        value = ", ".join(f"{part:.4g}" if isinstance(part, float) else str(part) for part in value)
    return f"<td style='text-align:left'><bdi>{escape(shown(str(value)))}</bdi></td>"
