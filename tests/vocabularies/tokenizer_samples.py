"""Tiny tokenizers of every kind, trained in the process, and the real vocabularies where they are at hand."""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json
from hyperpolyglot.vocabulary import Vocabulary

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "vocab"

SENTENCES = [
    "the king and the queen are walking in the old kingdom of the north",
    "der König und die Königin gehen größer und schöner durch das Königreich",
    "le roi et la reine étaient déjà à côté de l'été",
    "король и королева идут по старому королевству на севере",
    "ο βασιλιάς και η βασίλισσα περπατούν στο παλιό βασίλειο",
    "राजा और रानी पुराने राज्य में चल रहे हैं",
    "国王和王后在北方的古老王国里行走",
    "王様と女王様は北の古い王国を歩いている",
    "الملك والملكة يمشيان في المملكة القديمة",
    "왕과 왕비가 북쪽의 옛 왕국을 걷고 있다",
]
CORPUS = SENTENCES * 20
ALPHABET = "".join(sorted(set("".join(SENTENCES))))


def vocabulary_of(tokenizer: Tokenizer) -> Vocabulary:
    return read_tokenizer_json(tokenizer.to_str().encode(), "tokenizer.json").vocabulary("tokenizer.json")


@pytest.fixture(scope="session")
def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_tokens(["größe", "    ", AddedToken("<|im_start|>", special=True)])
    return tokenizer


@pytest.fixture(scope="session")
def unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=500,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(["<mask>", "deu_Latn"])
    return tokenizer


@pytest.fixture(scope="session")
def fallback() -> Tokenizer:
    """As Llama has it: bytes after the special tokens, then pieces learnt over spaces written as ``▁``."""
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.Metaspace()
    learnt.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=600, show_progress=False))
    model = json.loads(learnt.to_str())["model"]
    first = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    vocab = {piece: id_ for id_, piece in enumerate([*first, *model["vocab"]])}
    merges = [tuple(merge) for merge in model["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab, merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


@pytest.fixture(scope="session")
def wordpiece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=["[PAD]", "[unused1]", "[UNK]", "[CLS]"], show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


@pytest.fixture(scope="session")
def clip() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    split = pre_tokenizers.Split(Regex(r"\S+"), behavior="removed", invert=True)
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        end_of_word_suffix="</w>",
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


@pytest.fixture(scope="session")
def sentencepiece_model() -> Callable[..., bytes]:
    made: dict[tuple[str, bool], bytes] = {}

    def model(model_type: str, byte_fallback: bool = False) -> bytes:
        key = (model_type, byte_fallback)
        if key not in made:
            written = io.BytesIO()
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(CORPUS),
                model_writer=written,
                model_type=model_type,
                vocab_size=650 if byte_fallback else 400,
                hard_vocab_limit=False,
                byte_fallback=byte_fallback,
                character_coverage=1.0,
                user_defined_symbols=["▁▁", "[USER]", "<unused0>"],
                control_symbols=["<ctrl>"],
                minloglevel=2,
            )
            made[key] = written.getvalue()
        return made[key]

    return model


def real_vocabulary(name: str) -> Path:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"the real vocabulary {name} is not beside this checkout")
    return path


def mistral_data() -> Path:
    spec = importlib.util.find_spec("mistral_common")
    if spec is None or spec.origin is None:
        pytest.skip(
            "mistral-common, which ships real Tekken and SentencePiece vocabularies, is not installed"
        )
    return Path(spec.origin).parent / "data"
