"""Which tokenizer file of a folder is read, and by which reader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.vocabularies import find_among, find_in_folder, open_vocabulary_file
from hyperpolyglot.vocabulary import TokenKind
from tests.vocabularies.tokenizer_samples import SENTENCES

ORDER = [
    "tokenizer.json",
    "tekken.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "vocab.txt",
    "vocab.json",
    "qwen.tiktoken",
    "table.jsonl",
    "table.jsonl.gz",
]


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_the_order_in_which_a_folder_is_searched(tmp_path: Path) -> None:
    assert find_in_folder(tmp_path) is None
    assert find_in_folder(tmp_path / "missing") is None
    write(tmp_path, "model.safetensors", b"")
    for name in reversed(ORDER):
        if name.endswith(".model"):
            (tmp_path / "vocab.json").unlink(missing_ok=True)
        path = write(tmp_path, name, b"")
        assert find_in_folder(tmp_path) == path


def test_vocab_json_beside_a_sentencepiece_model_holds_the_ids() -> None:
    assert find_among(["sentencepiece.bpe.model", "vocab.json"]) == "vocab.json"
    assert find_among(["sentencepiece.bpe.model", "vocab.txt"]) == "sentencepiece.bpe.model"


def test_a_folder_is_opened(tmp_path: Path, byte_level: Tokenizer) -> None:
    write(tmp_path, "tokenizer.json", byte_level.to_str().encode())
    write(tmp_path, "vocab.txt", b"not this")
    assert open_vocabulary_file(tmp_path).scheme == "byte-level BPE"
    assert open_vocabulary_file(tmp_path).source == "tokenizer.json"


def test_gpt2_files_agree_with_its_tokenizer_json(tmp_path: Path, byte_level: Tokenizer) -> None:
    byte_level.model.save(str(tmp_path))
    write(tmp_path, "added_tokens.json", {"größe": byte_level.token_to_id("größe")})
    split = open_vocabulary_file(tmp_path / "vocab.json")
    whole = open_vocabulary_file(write(tmp_path, "tokenizer.json", byte_level.to_str().encode()))
    assert split.texts[:-2] == whole.texts[: len(split) - 2]
    assert split.texts[byte_level.token_to_id("größe")] == "größe"
    assert split.kinds[byte_level.token_to_id("größe")] == TokenKind.ADDED
    merged = [i for i, score in enumerate(whole.scores[: len(split)]) if score == score]
    assert split.scores[merged].tolist() == whole.scores[merged].tolist()


def test_sentencepiece_of_xlm_r(tmp_path: Path, sentencepiece_model: Callable[..., bytes]) -> None:
    path = write(tmp_path, "sentencepiece.bpe.model", sentencepiece_model("unigram"))
    plain = open_vocabulary_file(path)
    assert plain.pieces[:3] == ("<unk>", "<s>", "</s>")
    write(tmp_path, "config.json", {"model_type": "xlm-roberta"})
    shifted = open_vocabulary_file(path)
    assert shifted.pieces[:4] == ("<s>", "<pad>", "</s>", "<unk>")
    assert shifted.pieces[4:-1] == plain.pieces[3:]
    assert shifted.pieces[-1] == "<mask>"
    write(tmp_path, "tokenizer_config.json", {"tokenizer_class": "M2M100Tokenizer"})
    with pytest.raises(UnsupportedFormat, match="M2M100Tokenizer"):
        open_vocabulary_file(path)


def test_a_model_file_in_tiktoken_format(tmp_path: Path) -> None:
    assert open_vocabulary_file(write(tmp_path, "tokenizer.model", b"IQ== 0\nIHRoZQ== 1\n")).texts == (
        "!",
        "▁the",
    )


def test_tokens_that_were_added_beside_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "vocab.txt", b"[PAD]\nking\n##dom\n<de>\n")
    write(tmp_path, "added_tokens.json", {"▁x": 5, "[NEW]": 4})
    declared = {"3": {"content": "<de>", "special": True}, "4": {"content": "[NEW]", "special": True}}
    write(tmp_path, "tokenizer_config.json", {"added_tokens_decoder": declared})
    vocabulary = open_vocabulary_file(path)
    assert vocabulary.pieces == ("[PAD]", "king", "##dom", "<de>", "[NEW]", "▁x")
    labels = [TokenKind(kind).label for kind in vocabulary.kinds]
    assert labels == ["special", "text", "text", "special", "special", "added"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("added_tokens.json", []),
        ("added_tokens.json", {"a": "b"}),
        ("added_tokens.json", {"a": -1}),
        ("tokenizer_config.json", []),
        ("tokenizer_config.json", {"added_tokens_decoder": [1]}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"x": {"content": "a"}}}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"²": {"content": "a"}}}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"9" * 5000: {"content": "a"}}}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"7": {}}}),
        ("config.json", 3),
    ],
)
def test_malformed_companions(tmp_path: Path, name: str, content: object) -> None:
    path = write(tmp_path, "vocab.txt", b"king\n")
    write(tmp_path, name, content)
    with pytest.raises(DamagedFile):
        open_vocabulary_file(path)


def test_compressed_jsonl(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps([i, "▁" + word]) for i, word in enumerate(SENTENCES[0].split()[:3]))
    assert open_vocabulary_file(write(tmp_path, "v.jsonl", lines.encode())).texts == ("▁the", "▁king", "▁and")
    packed = write(tmp_path, "v.jsonl.gz", gzip.compress(lines.encode()))
    assert open_vocabulary_file(packed).texts == ("▁the", "▁king", "▁and")


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(VocabularyNotFound, match="no such file"):
        open_vocabulary_file(tmp_path / "tokenizer.json")
    with pytest.raises(
        VocabularyNotFound, match=r"looked for tokenizer\.json, tekken\.json, tokenizer\.model"
    ):
        open_vocabulary_file(tmp_path)
    with pytest.raises(UnsupportedFormat, match=r"these are: tokenizer\.json"):
        open_vocabulary_file(write(tmp_path, "vocab.csv", b"a"))
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    with pytest.raises(DamagedFile, match="Git LFS pointer"):
        open_vocabulary_file(write(tmp_path, "tokenizer.model", pointer))
    with pytest.raises(HyperpolyglotError):
        open_vocabulary_file(tmp_path / "nul\0name" / "tokenizer.json")
