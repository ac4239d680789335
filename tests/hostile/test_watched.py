"""Hostile files, each in a process of its own: one right result or one sentence, in bounded memory and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.watch import Result, watched

TABLES = [
    "tests.hostile.cases:CASES",
    "tests.hostile.tokenizer_cases:CASES",
    "tests.hostile.command_cases:CASES",
    pytest.param("tests.hostile.cases:LARGE", marks=pytest.mark.long),
    pytest.param("tests.hostile.tokenizer_cases:LARGE", marks=pytest.mark.long),
]
SPARE = 200 << 20
MOST_SECONDS = 10
OPENED = {
    *(
        "header: tensors that fit",
        "pickle: keys of one hash",
        "gguf: tokens that fit",
        "npz: tokens that fit",
    ),
    *("word2vec: rows that fit", "word2vec: a megabyte of token", "tokenizer: tokens that fit"),
    *("tokenizer: pairs that fit", "tokenizer: merges that fit", "tokenizer: ids with holes"),
    *("tokenizer: strange pieces", "tokenizer: a few wide megabytes", "tekken: tokens that fit"),
    *("vocab.txt: lines that fit", "vocab.json: tokens that fit", "jsonl: lines that fit"),
    *("tiktoken: lines that fit", "sentencepiece: pieces that fit", "folder: strange pieces"),
}
"""Cases that are large or strange and yet well-formed: refusing them would be wrong."""


def faults(result: Result) -> list[str]:
    """What is wrong with what became of a case."""
    most = 2 * result.size + SPARE
    sentence = result.message
    checks = {
        f"it {result.outcome}: {sentence}": result.outcome not in ("opened", "refused"),
        f"it took {result.seconds:.1f} s": result.seconds > MOST_SECONDS,
        f"it took {result.peak >> 20} MiB, more than {most >> 20}": result.peak > most,
        f"it was refused: {sentence}": result.outcome == "refused" and result.name in OPENED,
        f"it said {sentence[:200]!r}": result.outcome == "refused"
        and not (sentence.endswith(".") and sentence.isprintable() and len(sentence) < 1000),
        f"it printed {result.output[:200]!r}": not result.output.replace("\n", "").isprintable(),
    }
    return [fault for fault, wrong in checks.items() if wrong]


@pytest.mark.parametrize("table", TABLES)
def test_hostile_files_do_no_harm(table: str, tmp_path: Path) -> None:
    results = watched(table, tmp_path)
    assert len(results) >= 5
    found = {name: wrong for name, result in results.items() if (wrong := faults(result))}
    assert not found


def test_the_watch_sees_harm(tmp_path: Path) -> None:
    """A case that takes memory, crashes or hangs is told from one that does not."""
    results = watched("tests.hostile.harmful_cases:CASES", tmp_path, seconds=1)
    wrong = {name: " ".join(faults(result)) for name, result in results.items()}
    assert wrong.pop("harmless") == ""
    assert "MiB" in wrong["greedy"]
    assert "crashed" in wrong["crash"]
    assert "hung" in wrong["hang"]
    assert "ValueError" in wrong["foreign error"]
    assert "printed" in wrong["escape"]
    assert "said" in wrong["no sentence"]
