"""What opened before opens as it did: rows and tokens of every kind of file that the tests write, by digest.

``unchanged.json`` was made before formats were added, by ``python -m tests.cases.test_unchanged``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hyperpolyglot.formats import open_checkpoint, open_folder
from hyperpolyglot.loading import open_model
from hyperpolyglot.sources import DEMOS
from hyperpolyglot.table import Table
from hyperpolyglot.vocabularies import open_vocabulary_file
from tests.conftest import unigram
from tests.formats.test_broken_files import FILES, TABLE_OF
from tests.formats.test_equal_rows import FORMS, NAME, TOKENS, matrix, opened
from tests.formats.test_torch_files import DATA
from tests.vocabularies.test_damaged_vocabularies import DOCUMENTS, LINES, SENTENCEPIECE, TIKTOKEN, VOCAB
from tests.vocabularies.vocabulary_mutations import as_json

KEPT = Path(__file__).with_name("unchanged.json")
_SHOWN = 4
Seen = dict[str, object]


def seen(table: Table, tokens: tuple[str, ...] | None = None) -> Seen:
    """What is compared of a table: its digest, that of its rows as float32, and its first tokens."""
    rows = hashlib.sha256(table.rows(slice(None)).tobytes()).hexdigest()
    return {
        "name": table.name,
        "digest": table.digest(),
        "rows": rows,
        "first": list(tokens[:_SHOWN]) if tokens else None,
    }


def of_file(name: str, folder: Path) -> Seen:
    """A file as the tests of damaged files write it."""
    (folder / name).write_bytes(FILES[name](folder))
    checkpoint = open_checkpoint(folder / name)
    return seen(checkpoint.table(TABLE_OF.get(name.rpartition(".")[2], "e")), checkpoint.tokens)


def of_folder(form: str, folder: Path) -> Seen:
    """A folder with one table in one of the formats, and a tokenizer."""
    (folder / "tokenizer.json").write_text(unigram(TOKENS), "utf8")
    table = opened(form, folder, matrix())
    if form == "sharded":
        assert NAME in open_folder(folder).tensors
        space = open_model(str(folder))
    else:
        space = open_model(str(folder / ("table.vec" if form.startswith("word2vec") else "table")))
    assert space.matrix.digest() == table.digest()
    return seen(table, space.vocabulary.pieces)


def of_torch(name: str, folder: Path) -> Seen:
    """A file that the real PyTorch wrote."""
    checkpoint = open_checkpoint(DATA / f"{name}.bin")
    first = next(key for key, tensor in checkpoint.tensors.items() if tensor.shape == (12, 4))
    return seen(checkpoint.table(first)) | {"tensors": sorted(checkpoint.tensors)}


def of_demo(name: str, folder: Path) -> Seen:
    """A demo model."""
    space = open_model(f"demo:{name}")
    return seen(space.matrix, space.vocabulary.pieces)


def of_vocabulary(name: str, folder: Path) -> Seen:
    """A tokenizer file."""
    contents, called = VOCABULARIES[name]
    (folder / called).write_bytes(contents)
    pieces = open_vocabulary_file(folder / called).pieces
    digest = hashlib.sha256("\n".join(map(repr, pieces)).encode()).hexdigest()
    return {"digest": digest, "first": list(pieces[:_SHOWN])}


VOCABULARIES: dict[str, tuple[bytes, str]] = {
    **{
        name: (as_json(document), called if called.endswith(".json") else "tokenizer.json")
        for name, (called, document) in (
            (
                name,
                ({"tekken": "tekken.json", "vocab.json": "vocab.json"}.get(name, "tokenizer.json"), row[1]),
            )
            for name, row in DOCUMENTS.items()
        )
    },
    "sentencepiece": (SENTENCEPIECE, "tokenizer.model"),
    "tiktoken": (TIKTOKEN, "x.tiktoken"),
    "vocab.txt": ("\n".join(VOCAB).encode(), "vocab.txt"),
    "jsonl": (LINES, "x.jsonl"),
}
KINDS: dict[str, tuple[Callable[[str, Path], Seen], tuple[str, ...]]] = {
    "file": (of_file, tuple(FILES)),
    "folder": (of_folder, FORMS),
    "torch": (of_torch, ("legacy", "module", "zip")),
    "demo": (of_demo, DEMOS),
    "vocabulary": (of_vocabulary, tuple(VOCABULARIES)),
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, row in KINDS.items() for name in row[1]])
def test_what_opened_before_opens_as_it_did(kind: str, name: str, tmp_path: Path) -> None:
    """Digest, rows and first tokens are those of the version before other formats were added."""
    assert json.loads(KEPT.read_text("utf8"))[f"{kind} {name}"] == KINDS[kind][0](name, tmp_path)


if __name__ == "__main__":
    found: dict[str, Seen] = {}
    for group, (read, names) in KINDS.items():
        for one in names:
            with tempfile.TemporaryDirectory() as place:
                found[f"{group} {one}"] = read(one, Path(place))
    KEPT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf8")
