"""The small training run: what it learns from parallel text, its checkpoints, and the text it is made from."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import hyperpolyglot as hp

ROOT = Path(__file__).parents[1]
WORDS = 12


def run(*arguments: object) -> str:
    """What a tool prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tools", *map(str, arguments)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on sentences of three words of one theme, the same in two languages; themes have six words each."""
    folder = tmp_path_factory.mktemp("training")
    random = np.random.default_rng(0)
    sentences = [(6 * random.integers(2) + random.choice(6, 3, replace=False)).tolist() for _ in range(400)]
    (folder / "text").mkdir()
    for tag, stem in (("en", "word"), ("ru", "слово")):
        names = [f"{stem}{chr(97 + i) if tag == 'en' else chr(1072 + i)}" for i in range(WORDS)]
        lines = "".join(" ".join(names[i] for i in sentence) + "\n" for sentence in sentences)
        (folder / "text" / f"{tag}.txt").write_text(lines, "utf-8")
    for name in ("run", "again"):
        run(
            *("training/train", folder / name, "--text", folder / "text", "--updates", 150_000),
            *("--checkpoints", 4, "--first", 1000, "--dim", 16, "--across", 0.5),
        )
    return folder


def test_checkpoints_are_at_equal_ratios_and_the_same_again(trained: Path) -> None:
    """Step 0, the first and the last; the same seed gives the same bytes; shares add up."""
    files = sorted((trained / "run").glob("step-*.npz"), key=lambda path: int(path.stem[5:]))
    assert [0, 1000, 12_247, 150_000] == [int(path.stem[5:]) for path in files]
    for path in files:
        one, other = (np.load(trained / name / path.name)["embeddings"] for name in ("run", "again"))
        assert one.tobytes() == other.tobytes()
    shares = dict(
        line.split("\t") for line in (trained / "run" / "shares.tsv").read_text("utf8").splitlines()
    )
    assert {"en": 0.5, "ru": 0.5} == {tag: float(share) for tag, share in shares.items()}


def test_words_of_a_theme_come_together_across_languages(trained: Path) -> None:
    """At the last checkpoint the nearest word of the other language is of the same theme, at the first by chance."""
    near = {}
    for step in (0, 150_000):
        space = hp.open_model(str(trained / "run" / f"step-{step}.npz"))
        texts = [*space.vocabulary.texts]
        sides = [sorted(text for text in texts if text.startswith(stem)) for stem in ("▁word", "▁слово")]
        at = [[texts.index(text) for text in side] for side in sides]
        unit = space.vectors() / np.linalg.norm(space.vectors(), axis=1, keepdims=True)
        found = (unit[at[0]] @ unit[at[1]].T).argmax(axis=1)
        near[step] = np.mean(found // 6 == np.arange(WORDS) // 6)
    assert near[0] <= 0.8
    assert 1 == near[150_000]


def test_catalogues_become_lines_that_mean_the_same(tmp_path: Path) -> None:
    """Messages of a wheel, without what is filled in; of plurals the first; variants of a language are left out."""
    german = (
        'msgid ""\nmsgstr "Language: de\\n"\n\n#, python-format\nmsgid "Delete %(name)s?"\n'
        'msgstr "%(name)s "\n"löschen?"\n\nmsgid "%d day"\nmsgid_plural "%d days"\n'
        'msgstr[0] "%d Tag"\nmsgstr[1] "%d Tage"\n'
    )
    english = 'msgid "Delete %(name)s?"\nmsgstr ""\n\nmsgid "%d day"\nmsgid_plural "%d days"\nmsgstr[0] ""\n'
    with zipfile.ZipFile(tmp_path / "django.whl", "w") as wheel:
        for tag, text in (("de", german), ("en", english), ("de_AT", german)):
            wheel.writestr(f"django/conf/locale/{tag}/LC_MESSAGES/django.po", text)
    run("training/catalogs", tmp_path / "django.whl", tmp_path / "text")
    found = {path.name: path.read_text("utf8") for path in (tmp_path / "text").iterdir()}
    assert {"de.txt": "löschen?\nTag\n", "en.txt": "Delete ?\nday\n"} == found
