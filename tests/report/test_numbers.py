"""No number of the demos changes unseen: their JSON is held by digests, measure by measure.

Where a number is meant to change, the changelog says so under **Numbers change**, ``NUMBERS`` in ``study/keeping.py``
is raised, and ``PIN_NUMBERS=1 python -m pytest tests/report/test_numbers.py`` writes the digests anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import open_model, shipped_layout
from hyperpolyglot.report.numbers import results
from hyperpolyglot.store import Store
from hyperpolyglot.study import Study, StudyOptions, run_study

PINNED = Path(__file__).with_name("pinned-numbers.json")


def rounded(value: Any) -> Any:
    """Six significant digits: solvers agree to 1e-6 between machines, everything else to the last bit."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list | tuple) else value


def parts(study: Study) -> Iterator[tuple[str, Any]]:
    """Every measure of every model, and those that take several, with its JSON."""
    found = json.loads(json.dumps(results(study)))
    for model in found.pop("models"):
        name = model.pop("model")
        model["inspect"].pop("vocabulary_file")  # a path of this machine
        yield from ((f"{name}: {key}", part) for key, part in model.items())
    yield from found.items()


def digests(study: Study) -> dict[str, str]:
    return {
        name: hashlib.sha256(json.dumps(rounded(part), sort_keys=True).encode()).hexdigest()[:16]
        for name, part in parts(study)
    }


def assert_pinned(study: Study, which: str) -> None:
    pinned = json.loads(PINNED.read_text("utf8")) if PINNED.exists() else {}
    if os.environ.get("PIN_NUMBERS"):
        pinned[which] = digests(study)
        PINNED.write_text(json.dumps(pinned, indent=1, ensure_ascii=False) + "\n", "utf8")
    assert pinned[which] == digests(study)


def test_no_number_changes_on_a_third_of_the_demos(demo_study):
    """Every measure of both demos, on every third token, is what it was."""
    assert_pinned(demo_study, "thirds")


@pytest.mark.long
@pytest.mark.parametrize(("which", "names"), [("whole", ("language", "meaning")), ("e5", ("e5",))])
def test_no_number_of_the_demos_changes(which, names, tmp_path):
    """The report of the counted demos, and that of the real one, with its defaults has the numbers that it had."""
    spaces = [open_model(f"demo:{name}") for name in names]
    layouts = [shipped_layout(space.model) for space in spaces]
    lexicon = packaged_lexicon()
    study = run_study(spaces, StudyOptions(), Store(tmp_path), lexicon=lexicon, layouts=layouts)
    assert_pinned(study, which)


def test_a_changed_number_is_seen(demo_study):
    """The digests are not blind: a number that differs in its sixth digit changes one of them."""
    (name, part), *_ = ((n, p) for n, p in parts(demo_study) if n.endswith(": separability"))
    moved = part | {"mean_accuracy": part["mean_accuracy"] * (1 + 2e-5)}
    assert rounded(part) != rounded(moved), name
