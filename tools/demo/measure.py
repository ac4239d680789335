"""Measures the shipped demo models: the numbers and the neighbour lists in their README.

python tools/demo/measure.py [--demos DIR] [--cache DIR] [--methods]
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from build import CACHE, SHIPPED, TENSOR, prepare
from cldr import Entry, read_entries
from locales import SCRIPTS
from packages import Packages, fetch
from safetensors.numpy import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from tables import factor, factor_seen, language_counts, meaning_counts, ppmi, scaled
from tokenizers import Tokenizer
from vocabulary import TIMES_USED, piece
from words import main_script

NEAREST = 50
SMALLEST_SCRIPT = 500
SEED = 150
SAMPLE = 2000
_BIG = "en de fr es pt it nl pl tr sv id vi sw ru uk el ar fa he hi bn ta te th ko ja zh ka hy am"
LANGUAGES = _BIG.split()
_WORDS = (
    "cat dog sun water heart music Montag Haus Hund soleil chien gato agua pies maji kitap кошка "
    "солнце книга γάτα καρδιά قطة خورشید כלב बिल्ली पानी সূর্য பூனை సంగీతం 고양이 나무 ネコ 猫 水 日本 แมว "
    "ต้นไม้ კატა շուն ድመት 🐱 ❤"
)
EVERYDAY = _WORDS.split()


class Table:
    """A demo table with its tokens' scripts; rows of zeros are neither asked about nor answers."""

    def __init__(self, tokenizer: Tokenizer, rows: np.ndarray) -> None:
        """Label the tokens and scale the rows to unit length."""
        self.ids = tokenizer.get_vocab()
        self.pieces = sorted(self.ids, key=self.ids.__getitem__)
        self.scripts = np.array([main_script(text) for text in self.pieces])
        lengths = np.linalg.norm(rows.astype(np.float32), axis=1, keepdims=True)
        self.used = np.flatnonzero(lengths[:, 0] > 0)
        self.unit = rows.astype(np.float32) / np.where(lengths > 0, lengths, 1)

    def nearest(self, token: int, among: np.ndarray, number: int) -> list[int]:
        """The tokens of `among` nearest by cosine, without the token itself."""
        others = among[among != token]
        order = np.argsort(-(self.unit[others] @ self.unit[token]), kind="stable")
        return [int(other) for other in others[order[:number]]]


def diversity(table: Table) -> str:
    """Distinct scripts among the nearest 50, the share of the token's own script, and both by chance."""
    random = np.random.default_rng(SEED)
    sample = random.choice(table.used, SAMPLE, replace=False)
    found, chance = [], []
    for token in sample:
        near = table.scripts[table.nearest(token, table.used, NEAREST)]
        far = table.scripts[random.choice(table.used, NEAREST, replace=False)]
        own = table.scripts[token]
        found.append((len(set(near)), np.mean(near == own)))
        chance.append((len(set(far)), np.mean(far == own)))
    (scripts, own), spread = np.mean(found, axis=0), np.std([number for number, _ in found], ddof=1)
    by_chance = np.mean(chance, axis=0)
    return (
        f"scripts among {NEAREST}: {scripts:.2f} (s.d. {spread:.2f}), by chance {by_chance[0]:.2f}; "
        f"own script: {own:.3f}, by chance {by_chance[1]:.3f}"
    )


def separability(table: Table) -> str:
    """One script against an equally large sample of the rest: accuracy in 10 folds, mean over scripts."""
    random = np.random.default_rng(SEED)
    accuracies = {}
    for script, number in sorted(Counter(table.scripts[table.used]).items()):
        if number < SMALLEST_SCRIPT:
            continue
        inside = table.used[table.scripts[table.used] == script]
        outside = random.choice(np.setdiff1d(table.used, inside), len(inside), replace=False)
        labels = np.repeat([1, 0], len(inside))
        rows = table.unit[np.concatenate([inside, outside])]
        accuracies[script] = cross_val_score(LogisticRegression(), rows, labels, cv=10).mean()
    low, high = min(accuracies, key=accuracies.__getitem__), max(accuracies, key=accuracies.__getitem__)
    return (
        f"separability: {np.mean(list(accuracies.values())):.4f} over {len(accuracies)} scripts "
        f"({low} {accuracies[low]:.3f} to {high} {accuracies[high]:.3f}), by chance 0.5"
    )


class Translation:
    """Questions on the held-out concepts: the name in one language, asked for in another.

    Both names are single tokens that the language's training entries use at least twice; identical tokens
    are no question. "Weak" candidates are the tokens of the target language: those counted in its
    training entries, in its scripts; "strong" candidates are all tokens.
    """

    def __init__(self, entries: list[Entry], held_out: set[str], table: Table) -> None:
        """Collect names and candidates from the entries."""
        used: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in entries:
            if entry.concept not in held_out:
                words = {piece(word) for phrase in entry.phrases for word in phrase}
                used[entry.locale].update(words & table.ids.keys())
        names: dict[str, dict[str, int]] = defaultdict(dict)
        for entry in entries:
            if entry.locale in LANGUAGES and entry.concept in held_out and entry.name:
                token = piece(entry.name)
                if used[entry.locale][token] >= TIMES_USED:
                    names[entry.concept][entry.locale] = table.ids[token]
        self.names = names
        self.candidates = {
            locale: np.array(sorted(table.ids[token] for token in used[locale])) for locale in LANGUAGES
        }

    def score(self, table: Table, kind: str) -> str:
        """P@1 and P@10 for one kind of concept, among the target language's tokens and among all."""
        hits = np.zeros(4)
        chance = 0.0
        questions = 0
        for concept, names in sorted(self.names.items()):
            if not concept.startswith(f"{kind}:"):
                continue
            for source in names.values():
                everything = table.nearest(source, table.used, 10)
                for target, answer in names.items():
                    if answer == source:
                        continue
                    candidates = self.candidates[target]
                    near = table.nearest(source, candidates, 10)
                    hits += [near[0] == answer, answer in near, everything[0] == answer, answer in everything]
                    chance += 1 / len(candidates)
                    questions += 1
        weak1, weak10, strong1, strong10 = hits / max(questions, 1)
        return (
            f"{kind}: {questions} questions; "
            f"among the target language's words P@1 {weak1:.3f} P@10 {weak10:.3f} "
            f"(P@1 by chance {chance / max(questions, 1):.4f}); "
            f"among all tokens P@1 {strong1:.3f} P@10 {strong10:.3f}"
        )


def main() -> None:
    """Print everything for both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--demos", type=Path, default=SHIPPED, help="where the files to measure lie")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the fetched packages lie")
    parser.add_argument(
        "--methods", action="store_true", help="cross the two countings with the two factorisations"
    )
    arguments = parser.parse_args()
    if arguments.methods:
        cross_methods(arguments.cache)
    else:
        measure(arguments.demos, arguments.cache)


def measure(folder: Path, cache: Path) -> None:
    """The shipped tables, on the entries they were not counted on."""
    fetch(cache)
    entries = read_entries(Packages(cache, set(SCRIPTS)))
    held_out = set(json.loads((folder / "held_out.json").read_text(encoding="utf-8"))["concepts"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tables = {
        name: Table(tokenizer, load_file(folder / f"{name}.safetensors")[TENSOR])
        for name in ("language", "meaning")
    }
    translation = Translation(entries, held_out, tables["meaning"])
    scripts = Counter(tables["meaning"].scripts)
    print(
        f"{len(tables['meaning'].pieces)} tokens;",
        " ".join(f"{name} {n}" for name, n in scripts.most_common()),
    )
    for name, table in tables.items():
        empty = sorted(set(table.pieces) - {table.pieces[token] for token in table.used})
        print(f"\n{name}: {len(empty)} rows of zeros ({' '.join(empty)})")
        print(diversity(table))
        print(separability(table))
        for kind in ("emoji", "territory", "weekday"):
            print(translation.score(table, kind))
        for word in EVERYDAY:
            token = table.ids.get(piece(word), table.ids.get(word))
            near = table.nearest(token, table.used, 20) if token is not None else []
            print(
                f"  {word}:",
                " ".join(table.pieces[other].removeprefix("▁") for other in near) or "not a token",
            )


def cross_methods(cache: Path) -> None:
    """Show that the contrast comes from what is counted, not from how the counts are factored."""
    prepared = prepare(cache)
    for name, counts in (
        ("language", language_counts(prepared.counts)),
        ("meaning", meaning_counts(prepared.counts)),
    ):
        for method in (factor, factor_seen):
            table = Table(prepared.tokenizer, scaled(method(ppmi(counts))[0]))
            print(f"\n{name} by {method.__name__}\n{diversity(table)}\n{separability(table)}")


if __name__ == "__main__":
    main()
