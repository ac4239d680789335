"""Puts the numbers of ``docs/findings.json`` into the README and the findings: ``python tools/findings/write.py``.

A page marks a number by ``<!--=PATH FORM-->…<!--/-->``, where the path leads to it in the file (a number that has an
interval or a chance level is a mapping with ``value``), and a table by ``<!--=table NAME-->``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.fertility.fertility import MOST_UNKNOWN
from hyperpolyglot.percentages import percent
from hyperpolyglot.report.wording import probability
from hyperpolyglot.statistics import wilson
from hyperpolyglot.writing.scripts import script_name

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "findings.md", ROOT / "docs" / "index.md")
SHORT = {"e5": "multilingual-e5-small", "gemma": "gemma-3-270m", "whisper": "whisper-base"}
PAPER = (
    ("XLM-R-XL, published", "99.2 %", "1.6", "", "", ""),
    ("mT5-XL, published", "93.3 %", "7.6", "", "", ""),
)
_MARK = re.compile(r"<!--=(.*?)-->.*?<!--/-->", re.DOTALL)


def share(found: Mapping[str, Any]) -> str:
    """A share as a percentage with its interval, where it has one."""
    interval = found.get("interval") or (None if found.get("low") is None else (found["low"], found["high"]))
    low_high = "" if interval is None else f" [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"
    return percent(found["value"]) + low_high


def decimal(found: Mapping[str, Any], digits: int = 1) -> str:
    """A number with its interval, where it has one."""
    interval = found.get("interval") or (None if found.get("low") is None else (found["low"], found["high"]))
    low_high = "" if interval is None else " [{:.{d}f}, {:.{d}f}]".format(*interval, d=digits)
    return f"{found['value']:.{digits}f}{low_high}".replace("-", "−")


FORMS: dict[str, Callable[[Any], str]] = {
    "count": lambda found: f"{found:,}",
    "text": str,
    "percent": lambda found: percent(found["value"] if isinstance(found, Mapping) else found),
    "share": share,
    "decimal": decimal,
    "decimals": lambda found: decimal(found if isinstance(found, Mapping) else {"value": found}, 2),
    "chance": lambda found: percent(found["chance"]),
    "chances": lambda found: f"{found['chance']:.1f}",
    "p": probability,
    "thousandths": lambda found: decimal(found, 3),
    "language": language_name,
}


def table(name: str, numbers: Mapping[str, Any]) -> str:
    """One of the tables, by name."""
    return "\n\n" + _TABLES[name](numbers) + "\n\n"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _models(numbers: Mapping[str, Any]) -> str:
    head = (
        "",
        "linear separability",
        "scripts among 50 neighbours",
        "own-script share",
        "word translation (P@1)",
        "P@1 by question, before → after centring each script",
    )
    rows = []
    for name, model in numbers["models"].items():
        centred = model["removal"]["centring"]["translation"]["p1"]
        rows.append(
            (
                f"**{name}** {model['tokens']:,} × {model['dim']}",
                f"{percent(model['separability']['value'])} (chance 50 %)",
                f"{decimal(model['scripts_near'])} (chance {model['scripts_near']['chance']:.1f})",
                f"{share(model['own_share'])} (chance {percent(model['own_share']['chance'])})",
                f"{share(model['translation'])} (chance {percent(model['translation']['chance'])})",
                f"{percent(model['removal']['none']['translation']['p1']['value'])} → {share(centred)}",
            )
        )
    return _rows(head, [*rows, *PAPER])


def _removal(numbers: Mapping[str, Any]) -> str:
    head = ("", "probe before → after centring", "scripts among 50 neighbours", "own-script share", "P@1")
    rows = []
    for name, model in numbers["models"].items():
        before, after = model["removal"]["none"], model["removal"]["centring"]
        rows.append(
            (
                name,
                f"{percent(before['accuracy'])} → {percent(after['accuracy'])}",
                f"{before['diversity']:.1f} → {after['diversity']:.1f}",
                f"{percent(before['own_share'])} → {percent(after['own_share'])}",
                f"{share(before['translation']['p1'])} → {share(after['translation']['p1'])}",
            )
        )
    return _rows(head, rows)


def _water(numbers: Mapping[str, Any]) -> str:
    rows = [
        (f"`{n['token']}`", script_name(n["label"]) if n["label"] else "", f"{n['similarity']:.2f}")
        for n in numbers["water"]
    ]
    return _rows(("nearest to `▁water`", "script", "cosine"), rows)


def _pairs(numbers: Mapping[str, Any]) -> str:
    head = (
        "",
        "shared tokens",
        "neighbour overlap (of 100)",
        "CKA",
        "RSA",
        "Procrustes R²",
        "first canonical cosine",
    )
    names = ("neighbor_overlap", "cka", "rsa", "procrustes", "canonical_first")
    rows = []
    for pair in numbers.get("pairs", ()):
        cells = []
        for name in names:
            found = pair[name]
            scale = 100 if name == "neighbor_overlap" else 1
            digits = 1 if scale > 1 else 2
            cell = f"{scale * found['value']:.{digits}f} (chance {scale * (found['null'] or 0):.2f})"
            cells.append(cell.replace("-", "−"))
        rows.append((f"{pair['a']} – {pair['b']}", f"{pair['shared']:,}", *cells))
    return _rows(head, rows)


def _within(numbers: Mapping[str, Any]) -> str:
    head = ("", "script", "languages", "tokens of each", "accuracy of one probe for all", "chance")
    rows = [
        (
            model if first else "",
            script_name(row["script"]),
            f"{row['languages']}",
            f"{row['tokens']:,}",
            share(row),
            percent(row["chance"]),
        )
        for model, found in numbers["within"].items()
        for first, row in ((i == 0, row) for i, row in enumerate(found["scripts"]))
    ]
    return _rows(head, rows)


def _branches(numbers: Mapping[str, Any]) -> str:
    models = numbers["within"]
    trees = {model: found["relatedness"]["branches"] for model, found in models.items()}
    keys = list(dict.fromkeys(key for tree in trees.values() for key in tree))
    rows = []
    for key in keys:
        cells = [_lift(tree.get(key)) for tree in trees.values()]
        found = next(tree[key] for tree in trees.values() if key in tree)
        script = script_name(key.partition(":")[0])
        rows.append((f"{found['name']} ({script})", *cells))
    return _rows(("branch", *models), rows)


def _lift(found: Mapping[str, Any] | None) -> str:
    """A branch's lift with its languages; bold where it is above chance."""
    if found is None:
        return "–"
    said = decimal(found)
    return f"{f'**{said}**' if found['related'] else said} {' '.join(found['languages'])}"


def _costs(numbers: Mapping[str, Any]) -> str:
    models = numbers["costs"]["models"]
    first = next(iter(models.values()))["rows"]
    titles = [f"{name}{'' if model['exact'] else ' (estimated)'}" for name, model in models.items()]
    rows = [
        (
            language_name(tag),
            *(_premium(model["rows"][tag]) for model in models.values()),
            f"{row['byte_premium']:.2f}",
        )
        for tag, row in sorted(first.items(), key=lambda item: item[1]["premium"]["value"])
    ]
    return _rows(("premium over English", *titles, "bytes"), rows)


def _premium(row: Mapping[str, Any]) -> str:
    """A premium with the words that are kept whole; † where more than a tenth of the tokens are unknown."""
    mark = "†" if (row["unknown"] or 0) > MOST_UNKNOWN else ""
    return f"{decimal(row['premium'], 2)}{mark} · {percent(row['whole_words']['value'])}"


def _dictionaries(numbers: Mapping[str, Any]) -> str:
    found = numbers["uses"]["dictionaries"]
    first = next(iter(found.values()))
    rows = [
        (
            f"{language_name(row['from'])} → {language_name(row['to'])}",
            *(_dictionary(model[i]) for model in found.values()),
        )
        for i, row in enumerate(first)
    ]
    return _rows(("right of known pairs · kept of all at 80 %", *found), rows)


def _dictionary(row: Mapping[str, Any]) -> str:
    """The share of known pairs that is right, and how many pairs a cut at the precision keeps."""
    low, high = wilson(round(row["right"] * row["known"]), row["known"])
    right = share({"value": row["right"], "interval": (low, high)})
    return f"{right} · {row['kept']:,} of {row['pairs']:,}"


def _prunings(numbers: Mapping[str, Any]) -> str:
    head = (
        "",
        "languages",
        "tokens recommended",
        "rows saved",
        "tokens, by those of the whole vocabulary, in the dearest",
        "neighbours lost",
        "translations lost",
    )
    rows = [
        (
            f"{model}{'' if row['exact'] else ' (estimated)'}" if first else "",
            ", ".join(map(language_name, row["languages"])),
            f"{row['tokens']:,} of {row['of']:,}",
            percent(row["saved"]),
            f"{decimal(row['dearest'], 3)} ({language_name(row['dearest']['language'])})",
            _lost(row["neighbors"]),
            _lost(row["translation"]),
        )
        for model, found in numbers["uses"]["prunings"].items()
        for first, row in ((i == 0, row) for i, row in enumerate(found))
    ]
    return _rows(head, rows)


def _lost(found: Mapping[str, Any]) -> str:
    return "–" if found["value"] is None else f"{percent(found['value'])} (chance {percent(found['chance'])})"


def _transplants(numbers: Mapping[str, Any]) -> str:
    head = (
        "embeddings of",
        "for the vocabulary of",
        "shared",
        "built",
        "method",
        "P@1",
        "overlap of 10 neighbours",
    )
    rows = []
    for row in numbers["uses"]["transplants"]:
        trial = row["methods"]["auto"]
        rows.append(
            (
                row["source"],
                row["target"],
                f"{row['copied']:,}",
                f"{row['built']:,}",
                f"`{row['chosen']}`",
                share(trial["p1"]),
                share(trial["overlap10"]),
            )
        )
    return _rows(head, rows)


_TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "models": _models,
    "removal": _removal,
    "water": _water,
    "pairs": _pairs,
    "within": _within,
    "branches": _branches,
    "costs": _costs,
    "dictionaries": _dictionaries,
    "prunings": _prunings,
    "transplants": _transplants,
}


def filled(page: str, numbers: Mapping[str, Any]) -> str:
    """A page with all its marked numbers and tables written anew. Raises ``KeyError`` for a path that leads nowhere."""

    def number(mark: re.Match[str]) -> str:
        path, form = mark[1].rsplit(" ", 1)
        if path == "table":
            return f"<!--={mark[1]}-->{table(form, numbers)}<!--/-->"
        first, *rest = path.split(".")
        found = numbers["models"][SHORT[first]] if first in SHORT else numbers[first]
        for key in rest:
            found = found[key]
        return f"<!--={mark[1]}-->{FORMS[form](found)}<!--/-->"

    return _MARK.sub(number, page)


def main() -> None:
    """Write every page anew."""
    numbers = json.loads((ROOT / "docs" / "findings.json").read_text("utf8"))
    for page in PAGES:
        text = page.read_text("utf8")
        page.write_text(filled(text, numbers), "utf8")
        print(f"{page.relative_to(ROOT)}: {len(_MARK.findall(text))} numbers and tables", file=sys.stderr)


if __name__ == "__main__":
    main()
