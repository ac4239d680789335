"""The libraries themselves, where they are installed: a live model equals the same model saved to disk."""

from __future__ import annotations

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.errors import TensorNotFound
from hyperpolyglot.loading import Opening

from .test_lookalikes import same

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

TEXT = ["hello world привет мир καλημέρα 日本語 water вода flowing waters"] * 3


def trained(model, **special):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    if model == "BPE":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<s>"], initial_alphabet=alphabet)
    elif model == "Unigram":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=60, special_tokens=["<s>", "<unk>"], unk_token="<unk>")
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=["[UNK]", "[PAD]"])
    tokenizer.train_from_iterator(TEXT, trainer)
    return tokenizer


def fast(model):
    transformers = pytest.importorskip("transformers")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=trained(model), pad_token="[PAD]", additional_special_tokens=["<2sw>"]
    )


@pytest.mark.parametrize("table", ["input", "output"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("model", ["BPE", "Unigram", "WordPiece"])
def test_transformers(tmp_path, kind, model, tied, table):
    """A decoder of transformers, in every type, with three kinds of tokenizer, tied or not, both of its tables."""
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    tokenizer = fast(model)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer) + 11,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        tie_word_embeddings=tied,
    )
    live = transformers.LlamaForCausalLM(config).to(getattr(torch, kind))
    live.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    opening = Opening(table=table)
    if tied and table == "output":
        for thing in (live, tmp_path):
            with pytest.raises(TensorNotFound, match="ties it to its input table"):
                hp.open_model(thing, opening, tokenizer=tokenizer)
        return
    same(hp.open_model(live, opening, tokenizer=tokenizer), hp.open_model(tmp_path, opening))
    alone = hp.open_model(live.get_input_embeddings(), tokenizer=tokenizer.backend_tokenizer)
    assert hp.open_model(tmp_path).digest == alone.digest


def test_tokenizers_without_a_fast_one(tmp_path):
    """SentencePiece by a processor, ByT5's rule and a vocabulary of ids give the tokens of the files they save."""
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    spm = pytest.importorskip("sentencepiece")
    (tmp_path / "text").write_text("\n".join(TEXT * 20), "utf8")
    spm.SentencePieceTrainer.train(
        input=str(tmp_path / "text"),
        model_prefix=str(tmp_path / "m"),
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    processor = spm.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    table = torch.randn(60, 8)
    by_file = hp.open_model(table, tokenizer=tmp_path / "m.model")
    assert by_file.token_digest == hp.open_model(table, tokenizer=processor).token_digest

    byt5 = transformers.ByT5Tokenizer()
    config = transformers.T5Config(vocab_size=384, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    live = transformers.T5ForConditionalGeneration(config)
    live.save_pretrained(tmp_path / "byt5")
    byt5.save_pretrained(tmp_path / "byt5")
    same(hp.open_model(live, tokenizer=byt5), hp.open_model(tmp_path / "byt5"))


def test_sentence_transformers(tmp_path):
    """A sentence-transformers model of BERT, and a static one, equal the folders that they save."""
    transformers = pytest.importorskip("transformers")
    sentences = pytest.importorskip("sentence_transformers")
    tokenizer = fast("WordPiece")
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    live = sentences.SentenceTransformer(str(tmp_path / "bert"), device="cpu")
    live.save(str(tmp_path / "saved"))
    same(hp.open_model(live), hp.open_model(tmp_path / "saved"))

    from sentence_transformers.models import StaticEmbedding

    static = StaticEmbedding(trained("Unigram"), embedding_dim=8)
    live = sentences.SentenceTransformer(modules=[static], device="cpu")
    live.save(str(tmp_path / "static"))
    saved = hp.open_model(tmp_path / "static")
    same(hp.open_model(live), saved)


def test_model2vec(tmp_path):
    """A static model equals the folder that it saves."""
    model2vec = pytest.importorskip("model2vec")
    tokenizer = trained("WordPiece")
    vectors = np.random.default_rng(0).standard_normal((tokenizer.get_vocab_size(), 8)).astype(np.float32)
    live = model2vec.StaticModel(vectors=vectors, tokenizer=tokenizer)
    live.save_pretrained(str(tmp_path))
    same(hp.open_model(live), hp.open_model(tmp_path))


def test_gensim(tmp_path):
    """Word vectors equal the word2vec file that they save."""
    gensim = pytest.importorskip("gensim")
    live = gensim.models.Word2Vec([line.split() for line in TEXT * 5], vector_size=16, min_count=1, workers=1)
    live.wv.save_word2vec_format(str(tmp_path / "m.bin"), binary=True)
    saved = hp.open_model(tmp_path / "m.bin")
    same(hp.open_model(live.wv, name="m.bin"), saved)
    same(hp.open_model(live), saved)


def test_spacy():
    """The vectors of a vocabulary have a row for each string that was given one."""
    spacy = pytest.importorskip("spacy")
    live = spacy.blank("xx")
    vectors = np.random.default_rng(0).standard_normal((3, 8)).astype(np.float32)
    for word, vector in zip(("water", "вода", "eau"), vectors, strict=True):
        live.vocab.set_vector(word, vector)
    for thing in (live, live.vocab, live.vocab.vectors):
        space = hp.open_model(thing)
        found = {text: space.vectors()[i].tobytes() for i, text in enumerate(space.vocabulary.texts)}
        assert {w: v.tobytes() for w, v in zip(("water", "вода", "eau"), vectors, strict=True)} == found
