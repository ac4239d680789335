"""Which row is which token: files whose ids are not the numbers of their lines, or that lack tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from hyperpolyglot import open_model
from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, UnsupportedFormat
from hyperpolyglot.loading import Opening
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.tokenization.segmentation import unreachable
from hyperpolyglot.vocabularies import is_vocabulary_file
from hyperpolyglot.vocabularies.language_codes import M2M100, MBART, MBART50, NLLB, WHISPER
from tests.cases.files import (
    CONTROL,
    FIRST,
    MEANINGS,
    UNKNOWN,
    WORDS,
    misplaced,
    rows_of,
    save,
    sentencepiece,
    tokenizer_json,
    write_json,
)

PIECES = [f"▁{word}" for word in WORDS]
FOUR = ["<s>", "<pad>", "</s>", "<unk>"]
MODEL = sentencepiece([*FIRST, *PIECES])
TYPICAL = "model.embed_tokens.weight"


def opened(folder: Path, **opening: object) -> TokenSpace:
    return open_model(str(folder), Opening(**opening))  # type: ignore[arg-type]


def aligned(folder: Path, tokens: Sequence[str], **opening: object) -> TokenSpace:
    """The folder, whose rows must be called ``tokens`` (``""``: padding), and whose words have the right neighbours."""
    space = opened(folder, **opening)
    assert list(tokens) == list(space.vocabulary.texts)
    assert [] == misplaced(space)
    return space


@pytest.mark.parametrize("config", [None, {"model_type": "xlm-roberta"}, {"model_type": "bert"}])
def test_fairseq_numbers_pieces_one_later(tmp_path: Path, config: dict[str, str] | None) -> None:
    """fairseq's own dictionary, the model type, or the rows alone say it."""
    rows = [*FOUR, *PIECES, "<mask>"]
    save(tmp_path, rows, "decoder.sentence_encoder.embed_tokens.weight")
    (tmp_path / "sentencepiece.bpe.model").write_bytes(MODEL)
    if config is None:
        (tmp_path / "dict.txt").write_text("".join(f"{piece} 1\n" for piece in PIECES), "utf-8")
    else:
        write_json(tmp_path, config=config)
    space = aligned(tmp_path, rows)
    assert ("numbered as fairseq does" in space.remark) is (config == {"model_type": "bert"})


def test_a_dictionary_in_another_order_decides(tmp_path: Path) -> None:
    """The ids are those of dict.txt, not the positions in the model beside it; a piece that it lacks has no row."""
    listed = [*reversed(PIECES[1:]), "madeupword0000"]
    rows = [*FOUR, *listed]
    save(tmp_path, rows)
    (tmp_path / "spm.model").write_bytes(MODEL)
    (tmp_path / "dict.txt").write_text("".join(f"{piece} 9\n" for piece in listed), "utf-8")
    space = opened(tmp_path)
    assert rows == list(space.vocabulary.texts)
    assert ["water"] == misplaced(space)


def test_another_list_of_that_name_is_no_dictionary(tmp_path: Path) -> None:
    """A dict.txt that does not list the pieces of the model says nothing of its ids."""
    rows = ["<unk>", "<s>", "</s>", *PIECES]
    save(tmp_path, rows)
    (tmp_path / "tokenizer.model").write_bytes(MODEL)
    (tmp_path / "dict.txt").write_text("".join(f"word{i} 3\n" for i in range(50)), "utf-8")
    aligned(tmp_path, rows)


def test_bartpho_is_numbered_by_its_dictionary(tmp_path: Path) -> None:
    rows = [*FOUR, *reversed(PIECES), "<mask>"]
    save(tmp_path, rows, "shared.weight")
    (tmp_path / "sentencepiece.bpe.model").write_bytes(MODEL)
    (tmp_path / "dict.txt").write_text("".join(f"{piece} 1\n" for piece in reversed(PIECES)), "utf-8")
    write_json(tmp_path, tokenizer_config={"tokenizer_class": "BartphoTokenizer", "mask_token": "<mask>"})
    aligned(tmp_path, rows)


@pytest.mark.parametrize(
    "config",
    [
        {"tokenizer_class": ["XLMRobertaTokenizer"], "auto_map": 3, "extra_ids": "a"},
        {"additional_special_tokens": [[1], {"content": 2}, 3], "bos_token": {"x": 1}},
        {"tokenizer_class": "T5Tokenizer", "extra_ids": 1 << 40},
    ],
)
def test_configurations_that_say_nothing(tmp_path: Path, config: dict[str, object]) -> None:
    """Huge numbers and wrong types cost no memory and change no row."""
    save(tmp_path, ["<unk>", "<s>", "</s>", *PIECES])
    (tmp_path / "tokenizer.model").write_bytes(MODEL)
    write_json(tmp_path, tokenizer_config=config)
    assert [] == misplaced(opened(tmp_path))


@pytest.mark.parametrize(
    "config",
    [
        {"tokenizer_class": "ChatGLMTokenizer", "num_image_tokens": 1 << 30},
        {"tokenizer_class": "PegasusTokenizer", "offset": 1 << 30},
    ],
)
def test_an_absurd_offset_is_refused(tmp_path: Path, config: dict[str, object]) -> None:
    save(tmp_path, ["<unk>", "<s>", "</s>", *PIECES])
    (tmp_path / "tokenizer.model").write_bytes(MODEL)
    write_json(tmp_path, tokenizer_config=config)
    with pytest.raises(DamagedFile, match="more than any tokenizer has"):
        opened(tmp_path)


def test_a_dictionary_called_vocab_txt(tmp_path: Path) -> None:
    """PhoBERT and BERTweet ship fairseq's dictionary under that name; the row after it is the mask."""
    (tmp_path / "vocab.txt").write_text("".join(f"{word}@@ 5\n" for word in WORDS), "utf-8")
    aligned(save(tmp_path, [*FOUR, *WORDS, "<mask>"]), [*FOUR, *WORDS, "<mask>"])


def test_a_dictionary_of_numbers_is_refused(tmp_path: Path) -> None:
    save(tmp_path, [*FOUR, *PIECES])
    (tmp_path / "dict.txt").write_text("".join(f"{i} 9\n" for i in range(len(PIECES))), "utf-8")
    with pytest.raises(UnsupportedFormat, match=r"numbers of the tokens of another file"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("MBartTokenizer", FOUR, [*MBART, "<mask>"]),
        ("MBart50Tokenizer", FOUR, [*MBART50, "<mask>"]),
        ("NllbTokenizer", FOUR, [*NLLB, "<mask>", "", ""]),
        ("XGLMTokenizer", FOUR, [f"<madeupword{i}>" for i in range(7)]),
        (
            "CamembertTokenizer",
            ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>", "<s>", "</s>"],
            ["<mask>"],
        ),
        ("SeamlessM4TTokenizer", ["<pad>", "<unk>", "<s>", "</s>"], []),
        ("XLMProphetNetTokenizer", ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"], []),
    ],
)
def test_layouts_of_published_tokenizers(
    tmp_path: Path, kind: str, first: list[str], last: list[str]
) -> None:
    """The tokens that their code puts first and last are named, and the pieces stand between them."""
    if kind == "XLMProphetNetTokenizer":
        first = [*first, *(f"[unused{i}]" for i in range(10))]
    rows = [*first, *PIECES, *last]
    save(tmp_path, rows)
    write_json(tmp_path, tokenizer_config={"tokenizer_class": kind})
    (tmp_path / "sentencepiece.bpe.model").write_bytes(MODEL)
    aligned(tmp_path, rows)


def test_a_layout_that_does_not_fit_the_table_is_refused(tmp_path: Path) -> None:
    save(tmp_path, [*FOUR, *PIECES, "<mask>"])
    write_json(tmp_path, config={"model_type": "mbart"})
    (tmp_path / "sentencepiece.bpe.model").write_bytes(MODEL)
    with pytest.raises(UnsupportedFormat, match=r"the ids of mbart take 78 rows .* the table has 53"):
        opened(tmp_path)


def test_two_added_tokens_are_no_layout(tmp_path: Path) -> None:
    """A model with two tokens more than pieces has them at the end, where a file says so."""
    rows = ["<unk>", "<s>", "</s>", *PIECES, "<|im_start|>", "<|im_end|>"]
    save(tmp_path, rows)
    write_json(tmp_path, added_tokens={"<|im_start|>": len(rows) - 2, "<|im_end|>": len(rows) - 1})
    (tmp_path / "tokenizer.model").write_bytes(MODEL)
    aligned(tmp_path, rows)


def test_two_named_tokens_are_no_layout(tmp_path: Path) -> None:
    """Special tokens that are named without an id follow the last one, as transformers adds them."""
    rows = ["<unk>", "<s>", "</s>", *PIECES, "<pad>", "<mine>"]
    save(tmp_path, rows)
    named = {"pad_token": {"content": "<pad>"}, "additional_special_tokens": ["<mine>"], "eos_token": "</s>"}
    write_json(tmp_path, special_tokens_map=named)
    (tmp_path / "tokenizer.model").write_bytes(MODEL)
    aligned(tmp_path, rows)


@pytest.mark.parametrize("offset", [103, 8])
def test_pegasus_counts_from_an_offset(tmp_path: Path, offset: int) -> None:
    fill = [f"<unk_{i}>" for i in range(2, offset)]
    rows = ["<pad>", "</s>", "<mask_1>", "<mask_2>", *fill, "<unk>", *PIECES]
    save(tmp_path, rows)
    config = {"tokenizer_class": "PegasusTokenizer"} | ({} if offset == 103 else {"offset": offset})
    write_json(tmp_path, tokenizer_config=config)
    pieces = sentencepiece([("<pad>", CONTROL), ("</s>", CONTROL), ("<unk>", UNKNOWN), *PIECES])
    (tmp_path / "spiece.model").write_bytes(pieces)
    aligned(tmp_path, rows)


def test_chatglm_counts_from_its_image_tokens(tmp_path: Path) -> None:
    """The rows that its code names are said to be unknown; without the number of images nothing is opened."""
    rows = [*(f"<image_{i}>" for i in range(40)), "<unk>", "<s>", "</s>", *PIECES]
    save(tmp_path, [*rows, "a", "b"])
    (tmp_path / "ice_text.model").write_bytes(MODEL)
    config = {"tokenizer_class": "ChatGLMTokenizer", "auto_map": {"AutoTokenizer": ["x.Y", None]}}
    write_json(tmp_path, tokenizer_config=config | {"num_image_tokens": 40})
    space = aligned(tmp_path, [*rows, "", ""])
    assert "the code of ChatGLMTokenizer may append are not known" in space.remark
    write_json(tmp_path, tokenizer_config=config)
    with pytest.raises(UnsupportedFormat, match="num_image_tokens"):
        opened(tmp_path)


@pytest.mark.parametrize(
    "config", [{"tokenizer_class": "T5Tokenizer", "extra_ids": 100}, {"model_type": "t5"}]
)
def test_the_first_sentinel_of_t5_is_the_last_token(tmp_path: Path, config: dict[str, object]) -> None:
    first = [("<pad>", CONTROL), ("</s>", CONTROL), ("<unk>", UNKNOWN)]
    names = [name for name, _ in first]
    sentinels = [f"<extra_id_{i}>" for i in reversed(range(100))]
    save(tmp_path, [*names, *PIECES, *sentinels, *"ABCD"], "shared.weight")
    write_json(tmp_path, config=config)
    (tmp_path / "spiece.model").write_bytes(sentencepiece([*first, *PIECES]))
    space = aligned(tmp_path, [*names, *PIECES, *sentinels, *[""] * 4])
    assert {"text": len(WORDS), "special": 103, "padding": 4} == space.vocabulary.kind_counts()


def tiktoken_lines(tokens: Sequence[bytes]) -> str:
    return "".join(f"{base64.b64encode(token).decode()} {i}\n" for i, token in enumerate(tokens))


RANKED = [bytes([byte]) for byte in range(256)]
RANKED += [word.encode() for word in WORDS if len(word.encode()) > 1]
NAMES = [f"byte {i}" if i < 256 else token.decode() for i, token in enumerate(RANKED)]
LLAMA_3 = ["<|begin_of_text|>", "<|end_of_text|>", *(f"<|reserved_special_token_{i}|>" for i in range(4))]
LLAMA_3 += ["<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]
LLAMA_3 += [f"<|reserved_special_token_{i}|>" for i in range(5, 251)]


@pytest.mark.parametrize(
    ("file", "config", "names"),
    [
        (
            "qwen.tiktoken",
            {"tokenizer_class": "QWenTokenizer"},
            ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"<|extra_{i}|>" for i in range(205))],
        ),
        ("tokenizer.model", {"model_type": "llama"}, LLAMA_3),
        (
            "multilingual.tiktoken",
            {"model_type": "whisper"},
            ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in WHISPER), "<|translate|>"],
        ),
    ],
)
def test_special_tokens_that_only_code_lists(
    tmp_path: Path, file: str, config: dict[str, str], names: list[str]
) -> None:
    """A tiktoken file lists no special tokens: those of a known family are named."""
    save(tmp_path, [*NAMES, *names, *(f"x{i}" for i in range(1600))])
    (tmp_path / file).write_text(tiktoken_lines(RANKED))
    write_json(tmp_path, tokenizer_config=config)
    space = opened(tmp_path)
    assert names == list(space.vocabulary.texts[len(RANKED) : len(RANKED) + len(names)])
    assert [] == misplaced(space)
    assert "" == space.remark


def test_special_tokens_that_nothing_lists_are_said_to_be_unknown(tmp_path: Path) -> None:
    save(tmp_path, [*NAMES, *(f"x{i}" for i in range(12))])
    (tmp_path / "own.tiktoken").write_text(tiktoken_lines(RANKED))
    space = opened(tmp_path)
    assert space.remark.startswith("the 12 rows after the last token of own.tiktoken are called padding")
    assert [] == misplaced(space)


def test_tokens_that_only_a_configuration_lists(tmp_path: Path) -> None:
    """Ids that tokenizer.json lacks are named by added_tokens_decoder; an id that it has keeps its token."""
    vocab = {piece: i for i, piece in enumerate(["<unk>", "<s>", "</s>", *PIECES])}
    more = ["<|im_start|>", "<|im_end|>"]
    declared = {str(len(vocab) + i): {"content": name, "special": True} for i, name in enumerate(more)}
    declared["5"] = {"content": "<wrong>", "special": True}
    save(tmp_path, [*vocab, *more, "<last>"])
    write_json(
        tmp_path,
        tokenizer=tokenizer_json(vocab, [(0, "<unk>", True)]),
        tokenizer_config={"added_tokens_decoder": declared},
        added_tokens={"<last>": len(vocab) + 2, "</s>": 900},
    )
    space = aligned(tmp_path, [*vocab, *more, "<last>"])
    assert 0 == space.vocabulary.missing


def test_times_follow_the_last_token_of_whisper(tmp_path: Path) -> None:
    """A tokenizer.json that ends with <|notimestamps|> leaves out 1,501 times, which code appends."""
    pieces = ["<unk>", *PIECES, "<|notimestamps|>"]
    tokens = [*pieces, *(f"<|{i / 50:.2f}|>" for i in range(1501))]
    vocab = {piece: i for i, piece in enumerate(pieces[:-1])}
    save(tmp_path, tokens, "model.decoder.embed_tokens.weight")
    write_json(tmp_path, tokenizer=tokenizer_json(vocab, [(len(vocab), "<|notimestamps|>", True)]))
    space = aligned(tmp_path, tokens)
    assert ("<|0.00|>", "<|30.00|>") == (space.vocabulary.texts[-1501], space.vocabulary.texts[-1])
    assert 1503 == space.vocabulary.kind_counts()["special"]


def test_m2m_100_appends_its_languages(tmp_path: Path) -> None:
    rows = [*FOUR, *PIECES, *(f"__{code}__" for code in M2M100), *(f"madeupword{i}" for i in range(8))]
    save(tmp_path, rows)
    write_json(
        tmp_path,
        vocab={piece: i for i, piece in enumerate([*FOUR, *PIECES])},
        config={"model_type": "m2m_100"},
    )
    (tmp_path / "sentencepiece.bpe.model").write_bytes(MODEL)
    space = aligned(tmp_path, rows)
    assert 100 == space.vocabulary.kind_counts()["language"]
    assert 8 == space.vocabulary.kind_counts()["unused"]


@pytest.mark.parametrize("form", ["numbered", "alone"])
def test_the_vocabulary_of_rwkv(tmp_path: Path, form: str) -> None:
    """With its ids, 0 is no token; alone, a line is an id and the first is <s>."""
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [word.encode() for word in WORDS if len(word.encode()) > 1] + [b" water\n'\"\\"]
    if form == "numbered":
        lines = []
        for id_, token in enumerate(tokens, start=1):
            try:
                shown = repr(token.decode())
            except UnicodeDecodeError:
                shown = repr(token)
            lines.append(f"{id_} {shown} {len(token)}\n")
        (tmp_path / "rwkv_vocab_v20230424.txt").write_text("".join(lines), "utf-8")
    else:
        text = "".join(f"{token!r}\n" for token in [b"<s>", *tokens])
        (tmp_path / "vocab.txt").write_text(text, "utf-8")
    names = ["<s>", *(f"byte {i}" for i in range(256)), *(token.decode() for token in tokens[256:])]
    save(tmp_path, names, "rwkv.embeddings.weight")
    space = opened(tmp_path)
    assert tokens == list(space.vocabulary.utf8[1:])
    assert ("" if form == "numbered" else "<s>") == space.vocabulary.texts[0]
    assert "byte-level trie" == space.vocabulary.scheme
    assert [] == misplaced(space)
    assert not unreachable(space.vocabulary).any()


@pytest.mark.parametrize("form", ["{word}\t{id}", "{word} {id}", "{id}\t{word}"])
def test_ids_that_the_lines_of_a_vocabulary_write(tmp_path: Path, form: str) -> None:
    """ERNIE writes the id after the token; the order of the lines says nothing."""
    words = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    lines = [form.format(word=word, id=i) for i, word in enumerate(words)]
    (tmp_path / "vocab.txt").write_text("\n".join(reversed(lines)), "utf-8")
    space = opened(save(tmp_path, words, "ernie.embeddings.word_embeddings.weight"))
    assert [*words[:4], *(f"▁{word}" for word in WORDS)] == list(space.vocabulary.texts)
    assert [] == misplaced(space)


def test_source_and_target_have_a_vocabulary_each(tmp_path: Path) -> None:
    """FSMT: the encoder's table is named by the source's, the decoder's and the output by the target's."""
    source = [*FOUR, *(f"{word}</w>" for words in MEANINGS for word in words[:3])]
    target = [*FOUR, *(f"{word}</w>" for words in reversed(MEANINGS) for word in words[3:])]
    two_vocabularies(tmp_path, source, target, "vocab-src", "vocab-tgt")
    (tmp_path / "merges.txt").write_text("#version: 0.2\nw a\nwa t\n")
    check_sides(tmp_path, source, target, "</w>")


def test_marian_with_separate_vocabularies(tmp_path: Path) -> None:
    source = [*FOUR, *(f"▁{word}" for words in MEANINGS for word in words[:3])]
    target = [*FOUR, *(f"▁{word}" for words in reversed(MEANINGS) for word in words[3:])]
    two_vocabularies(tmp_path, source, target, "vocab", "target_vocab")
    check_sides(tmp_path, source, target, "")


def two_vocabularies(
    folder: Path, source: list[str], target: list[str], source_name: str, target_name: str
) -> None:
    from safetensors.numpy import save_file

    files = {source_name: source, target_name: target}
    write_json(folder, **{name: {p: i for i, p in enumerate(pieces)} for name, pieces in files.items()})
    decoder = rows_of(target)
    tensors = {
        "model.encoder.embed_tokens.weight": rows_of(source),
        "model.decoder.embed_tokens.weight": decoder,
        "lm_head.weight": decoder,
    }
    save_file(tensors, folder / "model.safetensors")


def check_sides(folder: Path, source: list[str], target: list[str], end: str) -> None:
    openings: list[tuple[list[str], dict[str, object]]] = [
        (source, {}),
        (target, {"tensor": "model.decoder.embed_tokens.weight"}),
        (target, {"table": "output"}),
    ]
    for pieces, opening in openings:
        space = opened(folder, **opening)
        assert pieces == list(space.vocabulary.pieces)
        side = 0 if pieces is source else 3
        asked = {word for words in MEANINGS for word in words[side : side + 3]}
        assert not asked & set(misplaced(space))


def test_byt5_has_a_token_for_each_byte(tmp_path: Path) -> None:
    """No file lists them: three special tokens, 256 bytes, 125 sentinels."""
    save(tmp_path, np.random.default_rng(0).standard_normal((384, 8)).astype(np.float32), "shared.weight")
    write_json(tmp_path, config={"model_type": "t5", "tokenizer_class": "ByT5Tokenizer"})
    vocabulary = opened(tmp_path).vocabulary
    assert [bytes([byte]) for byte in range(256)] == list(vocabulary.utf8[3:259])
    assert ("<pad>", "</s>", "<unk>") == vocabulary.texts[:3]
    assert "<extra_id_0>" == vocabulary.texts[259]
    assert "<extra_id_124>" == vocabulary.texts[383]
    assert {"text": 118, "whitespace": 10, "byte": 128, "special": 128} == vocabulary.kind_counts()


def test_perceiver_and_canine_by_rule(tmp_path: Path) -> None:
    """Bytes after six special tokens; code points; and hashed code points are refused."""
    perceiver = save(tmp_path / "p", rows_of(str(i) for i in range(262)), "embeddings.weight")
    write_json(perceiver, config={"model_type": "perceiver"})
    assert "[SEP]" == opened(perceiver).vocabulary.texts[5]
    assert b"\xff" == opened(perceiver).vocabulary.utf8[261]
    canine = save(tmp_path / "c", rows_of(str(i) for i in range(1200)), "char_embeddings.weight")
    write_json(canine, config={"model_type": "canine"})
    assert ("a", "я") == (opened(canine).vocabulary.texts[97], opened(canine).vocabulary.texts[ord("я")])
    name = "char_embeddings.HashBucketCodepointEmbedder_0.weight"
    save(canine, rows_of(str(i) for i in range(64)), name)
    with pytest.raises(UnsupportedFormat, match="share the rows of several tables by a hash"):
        opened(canine, tensor=name)


CHAT = ["<|end|>", "<|raw|>", "<|tag|>", "<|eos|>", "<|pad|>", "<|sep|>", "<|eot|>", "<|bos|>"]


def test_chat_tokens_are_no_languages(tmp_path: Path) -> None:
    """Of tokens that are spelled alike, only known codes in company are languages."""
    vocab = {piece: i for i, piece in enumerate(["<unk>", *PIECES])}
    tags = [*CHAT, "<|en|>", "<|yue|>"]
    save(tmp_path, [*vocab, *tags])
    added = [(len(vocab) + i, tag, True) for i, tag in enumerate(tags)]
    write_json(tmp_path, tokenizer=tokenizer_json(vocab, added))
    counts = aligned(tmp_path, [*vocab, *tags]).vocabulary.kind_counts()
    assert (2, 9) == (counts["language"], counts["special"])


@pytest.mark.parametrize(
    ("tags", "languages"),
    [
        (["<|en|>", "<|end|>"], 0),
        (["__ne__", "__lt__", "__eq__", "__gt__", "__init__", "__add__"], 0),
        (["eng_Latn", "deu_Latn", "abc_Defg"], 2),
        (["<2en>", "<2zh_Hant>", "<2qq>"], 2),
        (["__en__", "__de__"], 2),
        (["en_XX", "de_DE", "ab_CD"], 2),
    ],
)
def test_languages_are_known_codes_in_company(tmp_path: Path, tags: list[str], languages: int) -> None:
    vocab = {piece: i for i, piece in enumerate(["<unk>", *PIECES])}
    added = [(len(vocab) + i, tag, True) for i, tag in enumerate(tags)]
    write_json(tmp_path, tokenizer=tokenizer_json(vocab, added))
    counts = opened(tmp_path).vocabulary.kind_counts()
    assert languages == counts.get("language", 0)


@pytest.mark.parametrize(
    ("tags", "unused"),
    [
        (["[UNUSED_TOKEN_12]", "[UNUSED_TOKEN_13]"], 2),
        (["[PAD7]", "[PAD8]", "[PAD12]"], 2),
        (["[PAD7]"], 0),
        (["<|reserved_token_5|>", "<|reserved_token_6|>"], 2),
        ([f"<｜place▁holder▁no▁{i}｜>" for i in range(30)], 30),
        (["<|placeholder1|>", "<|placeholder2|>"], 0),
    ],
)
def test_reserved_names_count_by_their_run_of_numbers(tmp_path: Path, tags: list[str], unused: int) -> None:
    vocab = {piece: i for i, piece in enumerate(["<unk>", *PIECES])}
    added = [(len(vocab) + i, tag, True) for i, tag in enumerate(tags)]
    write_json(tmp_path, tokenizer=tokenizer_json(vocab, added))
    assert unused == opened(tmp_path).vocabulary.kind_counts().get("unused", 0)


def gguf_file(path: Path, model: str, tokens: Sequence[bytes], types: Sequence[int]) -> Path:
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_tokenizer_model(model)
    writer.add_token_list(list(tokens))
    writer.add_token_types(list(types))
    writer.add_tensor("token_embd.weight", rows_of(token.decode("utf-8", "replace") for token in tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_gguf_of_raw_bytes(tmp_path: Path) -> None:
    """Files of 2023 write the bytes of tokens, not their stand-ins, some of which are no UTF-8."""
    tokens = [word.encode() for word in WORDS] + [f" {word}".encode() for word in WORDS]
    tokens += ["café".encode(), b"\xe3\x81", b"\x80", b"<|endoftext|>"]
    space = opened(gguf_file(tmp_path / "old.gguf", "gpt2", tokens, [1] * (len(tokens) - 1) + [3]))
    assert tokens == list(space.vocabulary.utf8)
    assert ("café", "<0xE3><0x81>", "<0x80>", "<|endoftext|>") == space.vocabulary.texts[-4:]
    assert space.vocabulary.byte_level
    assert [] == misplaced(space)


def test_gguf_of_pieces_with_bytes_that_are_no_text(tmp_path: Path) -> None:
    tokens = [piece.encode() for piece in PIECES] + [b"\xe3\x81"]
    space = opened(gguf_file(tmp_path / "x.gguf", "llama", tokens, [1] * len(tokens)))
    assert ("<0xE3><0x81>", b"\xe3\x81") == (space.vocabulary.pieces[-1], space.vocabulary.utf8[-1])
    assert 1 == space.vocabulary.kind_counts()["fragment"]
    assert [] == misplaced(space)


def test_a_tokenizer_by_any_name(tmp_path: Path) -> None:
    """It is recognised by what it begins with, named or found; its configuration is not taken for it."""
    vocab = {piece: i for i, piece in enumerate(["<unk>", *PIECES])}
    save(tmp_path, list(vocab))
    write_json(tmp_path, **{"mine-v2": tokenizer_json(vocab), "tokenizer_config": {"added_tokens": []}})
    aligned(tmp_path, list(vocab))
    aligned(tmp_path, list(vocab), tokenizer=str(tmp_path / "mine-v2.json"))
    assert len(vocab) == len(open_model(str(tmp_path / "mine-v2.json")).vocabulary)
    assert not is_vocabulary_file(tmp_path / "tokenizer_config.json")


def test_words_that_the_tokenizer_takes_whole_are_reachable(tmp_path: Path) -> None:
    """With ignore_merges a token that is a word of its own is returned, though no merge makes it."""
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    vocab = {character: i for i, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    for word in WORDS:
        for text in (word, f" {word}"):
            vocab.setdefault(level.pre_tokenize_str(text)[0][0], len(vocab))
    oracle = Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))
    oracle.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    oracle.decoder = decoders.ByteLevel()
    oracle.save(str(tmp_path / "tokenizer.json"))
    vocabulary = opened(tmp_path).vocabulary
    found = unreachable(vocabulary)
    for row, utf8 in enumerate(vocabulary.utf8):
        if len(utf8) > 1:
            assert (oracle.encode(utf8.decode()).ids != [row]) == found[row], utf8.decode()
    assert 0 < found.sum() < 20


def test_without_ignore_merges_they_are_not(tmp_path: Path) -> None:
    """The same tokens without it are cut, and what was kept of the one is not taken for the other."""
    digests = set()
    document = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ba": 2, "ab": 3}, "merges": ["a b"]}
    level = {"type": "ByteLevel", "add_prefix_space": False}
    for ignores, expected in ((False, True), (True, False)):
        whole = {"model": document | {"ignore_merges": ignores}, "pre_tokenizer": level, "added_tokens": []}
        (tmp_path / "tokenizer.json").write_text(json.dumps(whole))
        space = opened(tmp_path)
        assert expected is bool(unreachable(space.vocabulary)[2])
        digests.add(space.token_digest)
    assert 2 == len(digests)


@pytest.mark.parametrize(
    "content",
    [
        "1 'a' 2\n",
        "1 '\\N{DASH}' 1\n",
        "99999999 'a' 1\n",
        "1 b'\\u0041' 1\n",
        "1 '\\UFFFFFFFF' 1\n",
        "1 'a' 1\n1 'b' 1\n",
    ],
)
def test_malformed_rwkv(tmp_path: Path, content: str) -> None:
    """One sentence, and nothing of the file is evaluated."""
    (tmp_path / "rwkv_vocab.txt").write_text(content)
    with pytest.raises(HyperpolyglotError):
        open_model(str(tmp_path / "rwkv_vocab.txt"))
