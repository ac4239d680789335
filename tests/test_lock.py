"""What `make` installs is what was tested: every requirement has one locked release."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
INSTALLED_BY_MAKE = ("dev", "docs", "map", "cluster", "pandas", "polars")


def wanted():
    listed = list(PROJECT["dependencies"])
    for extra in INSTALLED_BY_MAKE:
        listed += PROJECT["optional-dependencies"][extra]
    return [r for r in map(Requirement, listed) if r.name != PROJECT["name"]]


def locked():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirement", wanted(), ids=lambda requirement: requirement.name)
def test_every_requirement_is_locked_within_its_bounds(requirement):
    """`make lock` was run after the requirements last changed."""
    pins = [pin for pin in locked() if normal(pin.name) == normal(requirement.name)]
    assert 1 == len(pins)
    ((operator, version),) = [(s.operator, s.version) for s in pins[0].specifier]
    assert "==" == operator
    assert version in requirement.specifier


def test_what_builds_the_package_is_locked_too():
    """A new release of the builder breaks no installation."""
    assert {"pip", "hatchling", "editables"} <= {normal(pin.name) for pin in locked()}
