"""Builds the packaged lexicon from pinned Unicode CLDR packages: what languages call the same things.

python tools/lexicon/build.py [--out FILE] [--cache DIR]   write the file
python tools/lexicon/build.py --check [--cache DIR]        build it and compare, byte by byte
python tools/lexicon/build.py --table                      entries per language and script, and a sample, as Markdown
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import tarfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

from copies import ROOT, Dropped, by_language, copied, inherited
from locales import CAREFUL, INTERNATIONAL, UNSPACED, allowed_scripts, is_language, main_script, without_twins
from names import KINDS, names, single_word

from hyperpolyglot.writing.scripts import script_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "demo"))
from packages import PACKAGES, VERSION, Packages, fetch, parent_locales

SHIPPED = Path(__file__).resolve().parents[2] / "src" / "hyperpolyglot" / "lexicon" / "cldr.tsv.gz"
CACHE = Path.home() / ".cache" / "hyperpolyglot-demo"
HEADER = ("concept", "language", "script", "word", "kind")
SAMPLE = 100

Row = tuple[str, str, str, str, str]


def languages(cache: Path) -> list[str]:
    """Every locale of the packages that is a language."""
    found = set()
    for name in PACKAGES:
        with tarfile.open(cache / f"{name}-{VERSION}.tgz") as archive:
            parts = (Path(member.name).parts for member in archive)
            found.update(part[2] for part in parts if len(part) == 4)
    return sorted(filter(is_language, found))


class Built(NamedTuple):
    """The lexicon, sorted by concept, language and word, and the copies that are not in it."""

    rows: list[Row]
    dropped: list[Dropped]


def build(cache: Path) -> Built:
    """The lexicon."""
    fetch(cache)
    wanted = languages(cache)
    parents = parent_locales(cache)
    packages = Packages(cache, {ROOT, *wanted, *parents.values()})
    named = {locale: _words(packages, locale) for locale in {*wanted, *parents.values()}}
    untranslated = _english_fall_backs(named)
    for concept, name in names(packages, ROOT):
        untranslated[concept].add(name.casefold())
    own = {
        locale: [(c, w) for c, w in named[locale] if locale == "en" or w.casefold() not in untranslated[c]]
        for locale in wanted
    }
    one_word = {concept for concept, _ in named["en"]}
    scripts = {locale: main_script([w for _, w in found]) for locale, found in own.items() if found}
    found = []
    for locale in without_twins(scripts):
        allowed = allowed_scripts(locale, scripts[locale])
        found += [
            (c, locale, script_of(w), w, KINDS[c.partition(":")[0]])
            for c, w in own[locale]
            if script_of(w) in allowed and (c in one_word or not allowed & UNSPACED)
        ]
    said = by_language((locale, concept, word) for concept, locale, _, word, _ in found)
    everywhere = by_language((locale, c, w) for locale, listed in named.items() for c, w in listed)
    dropped = inherited(said, parents, everywhere) + copied(said)
    kept = {row for row in found if row[3].casefold() in said.get(row[1], {}).get(row[0], ())}
    return Built(sorted(kept), dropped)


def _words(packages: Packages, locale: str) -> list[tuple[str, str]]:
    found = ((concept, single_word(name)) for concept, name in names(packages, locale))
    return [(concept, word) for concept, word in found if word is not None]


def _english_fall_backs(named: dict[str, list[tuple[str, str]]]) -> dict[str, set[str]]:
    """For each concept, English words that other languages have because nobody translated them.

    An English word is international, and stays, where six carefully translated languages say the same.
    """
    users: dict[str, Counter[str]] = defaultdict(Counter)
    for locale in sorted(CAREFUL):
        for concept, word in set(named[locale]):
            users[concept][word.casefold()] += 1
    found: dict[str, set[str]] = defaultdict(set)
    for concept, word in named["en"]:
        if users[concept][word.casefold()] < INTERNATIONAL:
            found[concept].add(word.casefold())
    return found


def packed(lexicon: list[Row]) -> bytes:
    """The file: tab-separated with a header, gzip without a time."""
    text = "".join("\t".join(row) + "\n" for row in [HEADER, *lexicon])
    return gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)


def describe(built: Built, seed: int) -> str:
    """What is there and what was dropped as copied, and a seeded sample, as Markdown."""
    lexicon = built.rows
    by_script: dict[str, Counter[str]] = defaultdict(Counter)
    by_kind = Counter(row[4] for row in lexicon)
    for _, language, script, _, _ in lexicon:
        by_script[script][language] += 1
    lines = ["| kind | entries |", "|---|---|", *(f"| {k} | {n} |" for k, n in by_kind.most_common())]
    lines += ["", "| script | entries | languages: entries |", "|---|---|---|"]
    for script, counts in sorted(by_script.items(), key=lambda item: -item[1].total()):
        listed = ", ".join(f"{language} {n}" for language, n in sorted(counts.items()))
        lines.append(f"| {script} | {counts.total()} | {listed} |")
    lines += [
        "",
        "| language | says the same as | of concepts compared | entries dropped | left |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {d.language} | {d.source} | {100 * d.share:.0f} % of {d.concepts} | {d.entries} | {d.left or 'none'} |"
        for d in sorted(built.dropped)
    ]
    sample = sorted(random.Random(seed).sample(lexicon, SAMPLE), key=lambda row: (row[1], row[0]))
    english = {row[0]: row[3] for row in lexicon if row[1] == "en"}
    lines += ["", "| language | concept | English | word |", "|---|---|---|---|"]
    lines += [f"| {r[1]} | {r[0]} | {english.get(r[0], '–')} | {r[3]} |" for r in sample]
    return "\n".join(lines)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SHIPPED, help="the file to write")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the fetched packages lie")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the shipped file")
    parser.add_argument("--table", action="store_true", help="write nothing; print the tables of the README")
    parser.add_argument("--seed", type=int, default=0, help="of the sample that --table prints")
    arguments = parser.parse_args()
    built = build(arguments.cache)
    lexicon = built.rows
    if arguments.table:
        print(describe(built, arguments.seed))
    elif arguments.check:
        shipped = gzip.decompress(SHIPPED.read_bytes())
        same = shipped == gzip.decompress(packed(lexicon))
        print(f"the lexicon of {len(lexicon)} entries is {'the same' if same else 'DIFFERENT'}")
        return 0 if same else 1
    else:
        arguments.out.write_bytes(packed(lexicon))
    return 0


if __name__ == "__main__":
    sys.exit(main())
