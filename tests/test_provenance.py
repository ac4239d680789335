"""Records say where they come from, in Python as in JSON."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest

import hyperpolyglot as hp
from hyperpolyglot.provenance import document
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import computed, neighbors_step, separability_step
from hyperpolyglot.study.catalogue import JOINT, SINGLE, plan_compare
from hyperpolyglot.study.run import run_joint


@pytest.fixture
def space(clustered):
    return hp.open_model(clustered, name="mine")


def test_the_record_of_every_measure_says_where_it_comes_from(translated, tmp_path):
    """Model, digest of the table, seed, protocol, version: when it is measured, and when it is found in the cache."""
    space = hp.open_model(translated, name="mine")
    lexicon = hp.packaged_lexicon().take(languages=["en", "ru"])
    options = hp.StudyOptions(
        k=15,
        seed=3,
        separability=hp.SeparabilityOptions(minimum=50, folds=3, seed=4),
        compare=hp.CompareOptions(k=5, permutations=0, maps=False, test_rows=100),
    )
    layouts = [space.vectors()[:, :2]] * 2
    seeds = {"separability": 4, "explain": 3, "map": 3, "silhouette": 0, "compare": 0}
    for _ in range(2):
        study = hp.run_study(
            [space, replace(space, model="other")], options, Store(tmp_path), lexicon=lexicon, layouts=layouts
        )
        found = {m.key: getattr(study.models[0], m.key) for m in SINGLE}
        found |= {m.key: getattr(study, m.key) for m in JOINT}
        for key, record in found.items():
            if not hasattr(record, "provenance"):
                # words of the lexicon that are no tokens here, labels that are no languages
                assert key in ("translate", "meanings", "relatedness"), record
                continue
            origin = record.provenance
            names = ["mine"] if key in {m.key for m in SINGLE} else ["mine", "other"]
            assert names == [model.model for model in origin.models], key
            assert {space.digest} == {model.digest for model in origin.models}
            assert (hp.__version__, "default") == (origin.version, origin.protocol)
            assert seeds.get(key, origin.seed) == origin.seed
        assert "other" == study.models[1].separability.provenance.models[0].model
        assert (3, "default") == (study.provenance.seed, study.provenance.protocol)


def test_functions_of_python_say_it_too(space):
    """Each public measure, with its own seed and protocol."""
    near = hp.neighbors(space, k=15)
    found = [
        (hp.census([space]), None, "default"),
        (hp.overlap([space, space], protocol="paper"), None, "paper"),
        (hp.inspect(space), None, "default"),
        (near, None, "default"),
        (near.first(3), None, "default"),
        (hp.neighborhoods(space, [0], k=3, include_self=True), None, "paper"),
        (hp.diversity(near, space.labels, protocol="paper"), None, "paper"),
        (hp.diversity(space, k=5), None, "default"),
        (hp.separability(space, minimum=50, folds=3, seed=5), 5, "default"),
        (hp.separability(space, minimum=50, folds=3, protocol="paper"), 0, "paper"),
        (hp.silhouette(space, permutations=2, seed=6), 6, "default"),
        (hp.project(space, near, method="pca", seed=7), 7, "default"),
        (hp.token_table(space, near), None, "default"),
        (hp.explain(space, near, seed=8), 8, "default"),
    ]
    for record, seed, protocol in found:
        origin = record.provenance
        name = type(record).__name__
        assert ("mine", space.digest) == (origin.models[0].model, origin.models[0].digest), name
        assert (seed, protocol, hp.__version__) == (origin.seed, origin.protocol, origin.version), name


def test_the_provenance_is_that_of_the_json(space):
    """Models, version and Unicode stand in both alike."""
    found = hp.separability(space, minimum=50, folds=3, seed=5)
    written = document("separability", found.to_json(), [space], {}, 5)["provenance"]
    said = found.provenance.to_json()
    assert written == {key: said[key] for key in written if key != "options"} | {"options": {}}
    assert "seed 5, default protocol, hyperpolyglot" in found._repr_html_()


def test_no_table_is_read_for_a_provenance(space, monkeypatch):
    """Digests are taken when they are asked for."""
    asked = []
    monkeypatch.setattr(type(space.table), "digest", lambda table: asked.append(table) or "sha256:0")
    found = hp.census([space])
    assert [] == asked
    assert "sha256:0" == found.provenance.models[0].digest


def test_it_goes_along_with_copies_but_not_with_other_numbers(space):
    """Pickles and copies keep it, with the digest; equality is of numbers; what is changed by hand is of no model."""
    found = hp.separability(space, minimum=50, folds=3)
    for again in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert found == again
        assert found.provenance == again.provenance
    near = pickle.loads(pickle.dumps(hp.neighbors(space, k=3)))
    assert space.digest == near.provenance.models[0].digest
    changed = replace(found, skipped=())
    assert changed.provenance is None


def test_one_kept_result_of_two_names_has_the_name_that_it_is_asked_by(space, tmp_path):
    """A table that has two names is measured once; each record says its own."""
    store, other = Store(tmp_path), replace(space, model="other")
    options = hp.SeparabilityOptions(minimum=50, folds=3)
    first, second = (computed(separability_step(one, options), store) for one in (space, other))
    assert first == second
    assert ["mine", "other"] == [record.provenance.models[0].model for record in (first, second)]
    assert "other" == computed(neighbors_step(other, 5), store).provenance.models[0].model


def test_a_joint_record_names_all_models(space):
    """A comparison that is planned says what one that is called does."""
    spaces = [space, replace(space, model="other")]
    options = hp.CompareOptions(k=5, permutations=0, maps=False, test_rows=100, seed=2)
    planned = run_joint(plan_compare(spaces, options), NoStore())
    assert hp.compare(spaces, options).provenance == planned.provenance
    assert (["mine", "other"], 2) == ([m.model for m in planned.provenance.models], planned.provenance.seed)


def test_spaces_and_neighbours_show_themselves(space):
    """A notebook shows labels with their counts, and the nearest of the first tokens, as text."""
    html = space._repr_html_()
    for said in (
        "mine",
        "240 tokens",
        "12 dimensions",
        "4 scripts",
        "<td style='text-align:right'>60</td>",
        "Cyrillic",
    ):
        assert said in html
    shown = hp.neighbors(space, k=3)._repr_html_()
    assert "240 tokens, the 3 nearest of each among 240" in shown
    assert 13 == shown.count("<tr>")
    assert "mine; default protocol" in shown
    strange = replace(space, model="<script>", remark="<b>")._repr_html_()
    assert "<script>" not in strange
    assert "<b>" not in strange


def test_a_vocabulary_alone_shows_itself(tmp_path):
    """It has no width, and no digest."""
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\nthe\ncat\n", "utf8")
    space = hp.open_model(path)
    assert "a vocabulary alone" in space._repr_html_()
    assert hp.census([space]).provenance.models[0].digest is None
