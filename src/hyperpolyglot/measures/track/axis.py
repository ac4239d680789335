"""Where steps lie on the axis: the numbers in their names, or numbers that are given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.regular import read_text
from hyperpolyglot.sources import naturally

__all__ = ["by_size", "number_in", "ordered", "read_numbers"]

_LARGEST = 1 << 24


def ordered(names: Sequence[str], x: Sequence[float] | None = None) -> tuple[list[int], tuple[float, ...]]:
    """The steps in ascending order of ``x``, by their place in ``names``, and their ``x`` in that order.

    By default the first number in the names by which all differ, else 0, 1, 2 … in the natural order of the names.
    Raises ``ValueError`` where there are not as many ``x`` as names, or they are not finite and different.

    >>> ordered(["run/step-100", "run/step-50"]), ordered(["a", "b"])
    (([1, 0], (50.0, 100.0)), ([0, 1], (0.0, 1.0)))
    """
    if x is None:
        found = number_in(names)
        if found is None:
            order = sorted(range(len(names)), key=lambda i: naturally(names[i]))
            return order, tuple(float(place) for place in range(len(names)))
        x = found
    places = np.asarray(x, np.float64)
    if places.shape != (len(names),):
        raise ValueError(f"x has {places.size} numbers for {len(names)} steps.")
    if not np.isfinite(places).all() or len(np.unique(places)) < len(places):
        raise ValueError("x tells steps apart by finite numbers, each once.")
    order = np.argsort(places).tolist()
    return order, tuple(places[order].tolist())


def by_size(names: Sequence[str], sizes: Sequence[float]) -> tuple[list[int], tuple[float, ...]]:
    """The models in ascending order of ``sizes``, by their place in ``names``, and the sizes in that order.

    Models of one size are in the natural order of their names. Raises ``ValueError`` where there are not as many sizes
    as names, or they are not finite and above zero, or all the same.

    >>> by_size(["b", "a", "c"], [100, 100, 10])
    ([2, 1, 0], (10.0, 100.0, 100.0))
    """
    places = np.asarray(sizes, np.float64)
    if places.shape != (len(names),):
        raise ValueError(f"x has {places.size} sizes for {len(names)} models.")
    if not (np.isfinite(places).all() and (places > 0).all()):
        raise ValueError("sizes of models are finite and above zero.")
    if len(np.unique(places)) < 2:
        raise ValueError("all models have the same size, so that nothing can go with it.")
    order = sorted(range(len(names)), key=lambda i: (float(places[i]), naturally(names[i])))
    return order, tuple(places[order].tolist())


def number_in(names: Sequence[str]) -> list[float] | None:
    """The first number in names of one pattern by which all differ; ``None`` where there is none.

    >>> number_in(["stage1-step150-tokens1B", "stage1-step900-tokens4B"])
    [150.0, 900.0]
    """
    parts = [re.split(r"([0-9]{1,18})", name) for name in names]
    if len({tuple(part[::2]) for part in parts}) > 1:
        return None
    for column in zip(*(part[1::2] for part in parts), strict=True):
        numbers = [float(number) for number in column]
        if len(set(numbers)) == len(numbers):
            return numbers
    return None


def read_numbers(path: Path) -> dict[str, float]:
    """A table of names and finite numbers: name, tab, number on each line. Raises ``DamagedFile``."""
    found: dict[str, float] = {}
    for number, line in enumerate(read_text(path, _LARGEST).splitlines(), start=1):
        if not line.strip():
            continue
        name, tab, value = line.rstrip("\r\n").rpartition("\t")
        try:
            told = float(value)
        except ValueError:
            told = float("nan")
        if not (tab and name and np.isfinite(told)):
            raise DamagedFile(path, f"line {number} is not a name, a tab and a number")
        if name in found:
            raise DamagedFile(path, f"line {number} names {name} again")
        found[name] = told
    return found
