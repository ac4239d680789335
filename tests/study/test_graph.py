"""The graph of a study: what is one step, what has to be taken, what a change costs."""

from __future__ import annotations

import shutil
from dataclasses import replace

from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison import CompareOptions
from hyperpolyglot.sources import title_of
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import (
    MEASURES,
    Graph,
    PlannedStep,
    in_this_process,
    neighbors_step,
    plan_compare,
    plan_study,
)
from hyperpolyglot.study.catalogue import diversity_step, map_step
from tests.study.conftest import OPTIONS


def test_needs_come_first_and_once(spaces):
    """A step that two others need, planned twice, is one step before both."""
    near, again = (neighbors_step(spaces[0], 20) for _ in range(2))
    graph = Graph((diversity_step(spaces[0], near, 20, "default"), map_step(spaces[0], again)))
    assert ["neighbors", "diversity", "map"] == [step.name for step in graph]


def test_what_only_kept_steps_need_is_not_taken(spaces, tmp_path):
    """Where a record is in the store, the steps that it was made of need not be."""
    near = neighbors_step(spaces[0], 20)
    diversity = diversity_step(spaces[0], near, 20, "default")
    store = Store(tmp_path)
    first = in_this_process(Graph((diversity,)), store)(diversity)
    (kept,) = [entry for entry in store.entries() if entry.step == "neighbors"]
    shutil.rmtree(tmp_path / kept.step / kept.key)
    assert [] == list(Graph((diversity,)).pending(Graph((diversity,)).found(store)))
    assert first.mean == in_this_process(Graph((diversity,)), store)(diversity).mean


def test_the_key_is_of_the_content(spaces, words):
    """The same numbers under another name have the same neighbours; records with names in them are others."""
    renamed = replace(spaces[0], model="another name")
    plans = [plan_study([space], OPTIONS, words).models[0] for space in (spaces[0], renamed)]
    pairs = zip(
        *([s for s in plan.steps.values() if isinstance(s, PlannedStep)] for plan in plans), strict=True
    )
    same = [a.name for a, b in pairs if a.key == b.key]
    assert ["neighbors", "separability", "silhouette", "diversity"] == same


def test_a_kept_step_says_of_which_models_it_is(spaces, tmp_path):
    """The titles of its models lie beside a record, those of both beside a comparison of two."""
    options = CompareOptions(k=5, permutations=3, test_rows=100)
    store, first = Store(tmp_path), neighbors_step(spaces[0], 20)
    in_this_process(Graph((first, *plan_compare(spaces[:2], options).steps)), store)
    found = {(entry.step, store.models_of(entry)) for entry in store.entries()}
    names = tuple(title_of(space.model) for space in spaces[:2])
    assert {("neighbors", names[:1]), ("neighbors", names[1:]), ("compare", names)} == found


def test_only_what_is_wanted_is_planned(spaces, words):
    """One measure alone plans no other, but those it needs."""
    for wanted, expected in (("separability", ["separability"]), ("map", ["neighbors", "map"])):
        options = replace(OPTIONS, skip=tuple(s for s in MEASURES if s != wanted))
        assert expected == [step.name for step in plan_study(spaces[:1], options, words).graph]


def test_one_more_model_costs_its_pairs(spaces, clustered, tmp_path):
    """With tokens shared by pairs, a third model takes two comparisons; the first pair is kept."""
    options = CompareOptions(k=5, permutations=3, test_rows=100, common="pair")
    third = replace(open_model(clustered), model="third")
    before, after = plan_compare(spaces, options), plan_compare([*spaces, third], options)
    known = {step.key for step in before.steps}
    assert (1, 3) == (len(before.steps), len(after.steps))
    assert 2 == sum(step.name == "compare" for step in Graph(after.steps).pending(known))
    assert NoStore().find("compare", {}) is None
