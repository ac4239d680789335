"""Whether related languages are neighbours: planted families are recovered, random tables show nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from scipy.stats import pearsonr

import hyperpolyglot as hp
from hyperpolyglot import figures
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.labels import Labels
from hyperpolyglot.lexicon.families import branch, group_name, groups_shared
from hyperpolyglot.measures.relatedness.composition import expected, spelled_alike
from hyperpolyglot.measures.relatedness.mantel import Block, agreement
from hyperpolyglot.report.numbers import results, tables
from hyperpolyglot.report.page import chapters
from hyperpolyglot.report.sections.relatedness import read_relatedness

GERMANIC = ("sv", "da", "nb", "is", "de", "nl", "en")
OTHERS = ("es", "it", "fr", "pt", "cs", "pl", "sk", "fi", "hu", "tr")
CYRILLIC = ("ru", "uk", "bg", "mk", "kk")
PER_LANGUAGE = 120


def words_of(tags, random, first="a", letters=24):
    """Distinct words of random letters, language after language."""
    found = set()
    while len(found) < len(tags) * PER_LANGUAGE:
        found.add("".join(chr(ord(first) + int(i)) for i in random.integers(0, letters, 7)))
    return ["▁" + word for word in random.permutation(sorted(found)).tolist()]


def planted(strength, tags=GERMANIC + OTHERS, seed=0, cyrillic=CYRILLIC):
    """A table where a token is the sum of its own noise and, ``strength`` each, of its language and its groups."""
    random = np.random.default_rng(seed)
    places = {}
    rows, labels = [], []
    for tag in tags + cyrillic:
        above = [
            strength * places.setdefault(group, random.standard_normal(48)) for group in branch(tag) or ()
        ]
        centre = sum(above) + strength * random.standard_normal(48)
        rows.append(centre + random.standard_normal((PER_LANGUAGE, 48)))
        labels += [tag] * PER_LANGUAGE
    tokens = words_of(tags, random) + words_of(cyrillic, random, "а", 30)
    space = hp.from_arrays(np.concatenate(rows).astype(np.float32), tokens, name="planted")
    return labelled(space, labels)


def labelled(space, labels):
    return replace(space, labels=Labels.from_strings(labels, labeller="language", unicode=""))


@pytest.fixture(scope="module")
def related():
    return hp.relatedness(planted(0.3), k=50, permutations=999)


def test_planted_families_are_recovered(related):
    """Where languages of a group share a direction, the correlation is clear, and the branches are neighbours."""
    assert "clear" == related.verdict
    assert 0.002 >= related.p
    assert 0.4 < related.value
    low, high = related.interval
    assert 0 < low < related.value < high
    latin = {row.group: row for row in related.branches if row.script == "Latn"}
    assert {"gmq", "gem", "roa", "zlw", "ine"} <= latin.keys()
    assert ("da", "is", "nb", "sv") == tuple(sorted(latin["gmq"].languages))
    assert all(latin[group].related for group in ("gmq", "gem", "roa", "zlw"))
    assert 2 < latin["gmq"].lift


def test_related_pairs_are_those_that_share_most_groups(related):
    """Danish is expected near Swedish as often as near Turkish, and is near it several times as often."""
    pairs = {(row.a, row.b): row for row in related.pairs} | {(row.b, row.a): row for row in related.pairs}
    near, far = pairs["da", "sv"], pairs["da", "tr"]
    assert (3, 0) == (near.shared, far.shared)
    assert near.lift > 2 > 1 > far.lift
    low, high = near.interval
    assert 1 < low < near.lift < high


@pytest.mark.parametrize("seed", range(4))
def test_random_tables_show_nothing(seed):
    """Random vectors have no verdict of relatedness, and no branch above chance."""
    found = hp.relatedness(planted(0.0, seed=seed), k=30, permutations=999)
    assert "none" == found.verdict
    assert not any(row.related for row in found.branches)
    assert 0.25 > abs(found.value)


def test_languages_alone_are_no_relatives():
    """Languages that keep apart without any order between them have no relatives either."""
    random = np.random.default_rng(5)
    tags = GERMANIC + OTHERS
    centres = np.repeat(2 * random.standard_normal((len(tags), 48)), PER_LANGUAGE, axis=0)
    rows = (centres + random.standard_normal(centres.shape)).astype(np.float32)
    space = hp.from_arrays(rows, words_of(tags, random), name="apart")
    found = hp.relatedness(labelled(space, np.repeat(tags, PER_LANGUAGE).tolist()), k=200, permutations=999)
    assert "none" == found.verdict


def test_a_hub_language_is_nobodys_relative():
    """A language that is everybody's neighbour is expected to be: its lifts are near one."""
    counts = np.full((5, 5), 10.0)
    counts[:, 0] = 200.0
    np.fill_diagonal(counts, 0.0)
    found = expected(counts)
    np.testing.assert_allclose(counts.sum(axis=0), found.sum(axis=0))
    np.testing.assert_allclose(counts.sum(axis=1), found.sum(axis=1))
    np.testing.assert_allclose(1.0, (counts / np.where(counts > 0, found, 1))[~np.eye(5, dtype=bool)])


def test_what_spelling_explains_is_said_apart():
    """Where neighbours follow the spelling alone, nothing is left beyond it."""
    random = np.random.default_rng(1)
    n = 14
    spelling = random.standard_normal((n, n))
    spelling += spelling.T
    tree = spelling + 0.3 * random.standard_normal((n, n))
    tree = (tree + tree.T) / 2
    noise = 0.3 * random.standard_normal((n, n))
    near = spelling + noise + noise.T
    alone = agreement([Block(near, tree)], 499, np.random.default_rng(0))
    beyond = agreement([Block(near, tree, spelling)], 499, np.random.default_rng(0))
    assert 0.002 >= alone.p
    assert 0.05 < beyond.p
    assert abs(beyond.value) < 0.3 < alone.value


def test_the_correlation_is_that_of_pairs():
    """In one block the value is Pearson's correlation of the pairs, and p counts the orders of the objects."""
    random = np.random.default_rng(3)
    first, second = (table + table.T for table in random.standard_normal((2, 6, 6)))
    pairs = list(combinations(range(6), 2))
    plain = pearsonr([first[i, j] for i, j in pairs], [second[i, j] for i, j in pairs]).statistic
    found = agreement([Block(first, second)], 2000, np.random.default_rng(0))
    assert found.value == pytest.approx(plain)
    null = [
        pearsonr([first[o[i], o[j]] for i, j in pairs], [second[i, j] for i, j in pairs]).statistic
        for o in permutations(range(6))
    ]
    assert np.mean(np.array(null) >= plain - 1e-12) == pytest.approx(found.p, abs=0.04)


def test_permuted_languages_are_related_as_often_as_stated():
    """Of tables without any relation, about one in twenty has a p of at most 0.05, whatever the sizes of its blocks."""
    random = np.random.default_rng(8)
    found = []
    for _ in range(200):
        blocks = []
        for n in (9, 4):
            near, tree = random.standard_normal((n, n)), random.integers(0, 3, (n, n)).astype(float)
            blocks.append(Block(near + near.T, np.maximum(tree, tree.T)))
        found.append(agreement(blocks, 199, random).p)
    assert 0.01 <= np.mean(np.array(found) <= 0.05) <= 0.1


def test_the_letter_pairs_of_alike_languages_are_alike():
    """The cosine of letter pairs is one for the same words, whatever their case, and zero for other letters."""
    texts = ["▁haus", "▁Haus", "▁xyzw", "nichts"]
    found = spelled_alike(texts, np.array([0, 1, 2, -1]))
    np.testing.assert_allclose([1, 1, 0], [found[0, 0], found[0, 1], found[1, 2] - found[1, 2]], atol=1e-12)
    assert 0.0 == pytest.approx(found[0, 2])


def test_languages_of_other_scripts_do_not_count(related):
    """Pairs are of one script, and small languages and those without a place in the tree are named."""
    assert {"Latn", "Cyrl"} == {row.script for row in related.scripts}
    cyrillic = set(CYRILLIC)
    assert all((row.a in cyrillic) == (row.b in cyrillic) for row in related.pairs)
    space = planted(0.5, ("sv", "da", "nb", "is", "de", "eo"), cyrillic=())
    found = hp.relatedness(space.take(np.arange(len(space) - 60)), k=20, permutations=99, minimum=50)
    assert ("eo",) == found.unplaced
    assert "unknown" == found.verdict
    small = hp.relatedness(space.take(np.arange(len(space) - 200)), k=20, permutations=99)
    assert {"de": 40} == dict(small.skipped)


def test_what_cannot_be_measured_is_said():
    """Scripts with too few languages and labels that are no languages give a sentence."""
    with pytest.raises(NotEnoughData, match="no script has 4 languages"):
        hp.relatedness(planted(0.5, ("sv", "da"), cyrillic=()), k=5)
    with pytest.raises(TypeError, match="labels are languages"):
        hp.relatedness(hp.open_model("demo:meaning"))


def test_the_tree_knows_branches_and_who_has_none():
    """Branches are those of ISO 639-5; regions, disputed families and mixed languages are none."""
    assert ("ine", "gem", "gmq") == branch("nb") == branch("no")
    assert ("ine", "sla", "zlw") == branch("pl")
    assert ("trk",) == branch("tr") == branch("az-Cyrl")
    assert () == branch("ko")
    assert [None, None, None, None] == [branch(tag) for tag in ("eo", "tpi", "mul", "no such")]
    assert (3, 2, 1, 0) == tuple(groups_shared(branch("da"), branch(tag)) for tag in ("is", "de", "fr", "tr"))
    assert "West Slavic" == group_name("zlw")


def test_the_packaged_tree_places_the_lexicons_languages():
    """All languages of the lexicon have a place but the mixed and constructed ones, and two of disputed families."""
    known = sorted({tag for tag in hp.packaged_lexicon().languages if branch(tag) is None})
    assert ["ce", "eo", "ia", "ie", "kea", "mfe", "naq", "pcm", "tpi"] == known


def test_results_are_those_of_the_seed(related):
    """The same space gives the same record, in JSON with value, ends and chance of each number."""
    again = hp.relatedness(planted(0.3), k=50, permutations=999)
    assert again == related
    found = related.to_json()
    assert (
        {"value", "low", "high", "chance", "p"}
        == found["correlation"].keys()
        == found["beyond_spelling"].keys()
    )
    assert all(
        {"value", "low", "high", "chance"} == row["lift"].keys() for row in found["branches"] + found["pairs"]
    )
    assert {"", "pairs", "scripts"} == related.tables_by_name().keys()
    assert related.summary().startswith("correlation 0.")


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A study of the planted table, and of the same with scripts for labels."""
    space = planted(0.3)
    skip = tuple(set(hp.MEASURES) - {"diversity", "relatedness"})
    options = hp.StudyOptions(k=50, skip=skip)
    store = hp.Store(tmp_path_factory.mktemp("studied"))
    return [hp.run_study([each], options, store) for each in (space, space.relabel("script"))]


def test_a_study_of_languages_has_it_and_one_of_scripts_has_not(studied):
    """JSON, tables and the report have the measure where labels are languages, and nothing of it elsewhere."""
    by_language, by_script = studied
    model = results(by_language)["models"][0]
    assert "clear" == model["relatedness"]["verdict"]
    assert {"relatedness", "relatedness_pairs", "relatedness_scripts"} <= tables(by_language).keys()
    assert not {name for name in tables(by_script) if name.startswith("relatedness")}
    other = results(by_script)["models"][0]
    assert "relatedness" not in other
    assert "relatedness" not in other["absent"]
    sections = [{s.key: s for c in chapters(study) for s in c.sections} for study in studied]
    assert "relatedness" not in sections[1]
    assert "against the others of its script" in sections[0]["separability"].question
    assert "against the rest" in sections[1]["separability"].question
    section = sections[0]["relatedness"]
    assert "In planted, related languages are neighbours: correlation of neighbours" in section.reading[0]
    assert "North Germanic (" in section.reading[0]
    assert 1 == len(section.pictures)
    assert ["Branches", "Pairs of languages"] == [
        grid.title.split(";")[0].split(",")[0] for grid in section.grids
    ]


def test_what_is_random_is_read_as_such():
    """A random table is called no more related than others, without naming any branch."""
    found = hp.relatedness(planted(0.0), k=30, permutations=99)
    said = read_relatedness("m", found)
    assert "no more often than others" in said
    assert "Germanic" not in said
    few = hp.relatedness(planted(0.0, ("sv", "da", "nb", "de"), cyrillic=()), k=30, permutations=99)
    assert "too few" in read_relatedness("m", few)


def test_the_figure_shows_every_branch_and_all_pairs(related):
    """A row for each branch of a script with its interval, and a point for every pair of languages."""
    figure = figures.draw_relatedness([("a", related), ("b", related)])
    left, right = figure.axes
    titles = [text.get_text() for text in left.get_yticklabels()]
    assert len(related.branches) == len(titles)
    assert "North Germanic (Latin)" in titles
    points = [each for each in right.collections if isinstance(each, PathCollection)]
    assert 2 * len(related.pairs) == sum(len(each.get_offsets()) for each in points)
    axes = Figure().subplots()
    assert related.plot(ax=axes) is axes
