"""Objects that look like those of other libraries: the same spaces as from disk, and a sentence for anything else."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

import hyperpolyglot as hp
from hyperpolyglot.errors import HyperpolyglotError, UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.live import LiveTensor
from hyperpolyglot.loading import Opening
from tests.conftest import planted_pieces, unigram, write_model

PIECES = planted_pieces(30)
VECTORS = np.random.default_rng(3).standard_normal((len(PIECES) + 5, 16)).astype(np.float32)
NAME = "model.embed_tokens.weight"


class Tensor:
    """As torch's: no numbers without ``detach`` and ``cpu``, and no bfloat16 for numpy."""

    def __init__(self, numbers, ready=False):
        self.numbers, self.ready = numbers, ready
        self.shape = numbers.shape
        self.dtype = _Dtype(numbers.dtype)

    def detach(self):
        return self

    def cpu(self):
        return Tensor(self.numbers, ready=True)

    def float(self):
        return Tensor(self.numbers.astype(np.float32), ready=True)

    def __getitem__(self, index):
        return Tensor(self.numbers[index], ready=True)

    def __array__(self, dtype=None, copy=None):
        if not self.ready:
            raise RuntimeError("can't convert a tensor that requires grad")
        if self.numbers.dtype.name not in ("float32", "float64", "float16"):
            raise TypeError("Got unsupported ScalarType")
        return self.numbers


class _Dtype:
    def __init__(self, kind):
        self.kind = kind

    def __str__(self):
        return f"torch.{self.kind.name}"


class Module:
    """As a model of transformers."""

    def __init__(self, vectors, name=NAME):
        self.weight = Tensor(vectors)
        self.name = name
        self.config = SimpleNamespace(_name_or_path="acme/tiny", to_dict=lambda: {"vocab_size": len(vectors)})

    def state_dict(self, keep_vars=False):
        assert keep_vars
        return {"model.norm.weight": Tensor(np.ones(4, np.float32)), self.name: self.weight}

    def get_input_embeddings(self):
        return SimpleNamespace(weight=self.weight)

    def get_output_embeddings(self):
        return None


class Backend:
    def to_str(self):
        return unigram(PIECES)


def same(a, b):
    assert a.digest == b.digest
    assert a.token_digest == b.token_digest
    assert a.remark == b.remark
    assert a.table.name == b.table.name
    assert a.vocabulary.texts == b.vocabulary.texts
    assert a.vocabulary.scores.tobytes() == b.vocabulary.scores.tobytes()
    for x, y in ((hp.neighbors(a, 5), hp.neighbors(b, 5)),):
        assert x.rows.tobytes() == y.rows.tobytes()
        assert x.similarity.tobytes() == y.similarity.tobytes()


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.float64, ml_dtypes.bfloat16])
@pytest.mark.parametrize("tokenizer", [SimpleNamespace(backend_tokenizer=Backend()), Backend()])
def test_a_model_of_transformers_equals_its_folder(tmp_path, kind, tokenizer):
    """A live model gives the digests, the tokens and the neighbours of the same model on disk, in every type."""
    vectors = VECTORS.astype(kind)
    saved = write_model(tmp_path / "saved", vectors, PIECES)
    live = hp.open_model(Module(vectors), tokenizer=tokenizer)
    same(live, hp.open_model(saved))
    assert "acme/tiny" == live.model
    assert 5 == live.vocabulary.kind_counts()["padding"]


def test_bits_of_bfloat16_survive():
    """Every one of the 65,536 bfloat16 numbers is handed over bit by bit, NaNs too, where numpy cannot take them."""
    bits = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)
    held = LiveTensor(name="t", array=Tensor(bits.view(ml_dtypes.bfloat16)))
    assert "BF16" == held.dtype
    assert bits.tobytes() == held.table().stored.tobytes()


def test_training_on_does_not_change_a_space():
    """The numbers of a writable array are copied; a read-only one is used where it lies."""
    vectors = VECTORS.copy()
    space = hp.from_arrays(vectors, PIECES)
    vectors[:] = 0
    assert VECTORS.tobytes() == space.table.rows(slice(None)).tobytes()
    vectors.flags.writeable = False
    assert np.shares_memory(vectors, hp.from_arrays(vectors, PIECES).table.stored)


def test_arrays_equal_their_npz(tmp_path):
    """``from_arrays`` gives the space of an npz with the same arrays, whatever their order in memory and of bytes."""
    vectors = VECTORS[: len(PIECES)]
    np.savez(tmp_path / "m.npz", embeddings=vectors, tokens=np.array(PIECES))
    saved = hp.open_model(tmp_path / "m.npz")
    for given in (vectors, np.asfortranarray(vectors), vectors.astype(">f4"), vectors[::1]):
        same(hp.from_arrays(given, np.array(PIECES), name="m"), saved)


def test_rows_beyond_the_tokens_are_padding():
    """A table may have more rows than tokens; a token without a row is refused."""
    space = hp.from_arrays(VECTORS, PIECES, name="mine")
    assert 5 == space.vocabulary.kind_counts()["padding"]
    assert "mine" == space.model
    with pytest.raises(VocabularyNotFound, match="126 tokens for 125 rows"):
        hp.from_arrays(VECTORS, [*PIECES, *"abcdef"])


def test_dlpack_alone_is_enough():
    """An array that speaks DLPack and nothing else is read."""

    class Capsule:
        shape, dtype = VECTORS.shape, VECTORS.dtype

        def __dlpack__(self, **how):
            return VECTORS.__dlpack__(**how)

        def __dlpack_device__(self):
            return VECTORS.__dlpack_device__()

    assert hp.from_arrays(VECTORS, PIECES).digest == hp.from_arrays(Capsule(), PIECES).digest


def test_word_vectors_of_gensim_equal_their_file(tmp_path):
    """KeyedVectors, and a model that holds some as ``wv``, equal their word2vec text."""
    words = [piece[1:] for piece in PIECES]
    keyed = SimpleNamespace(index_to_key=words, vectors=VECTORS[: len(words)], key_to_index={})
    rows = (
        f"{word} {' '.join(map(repr, row.tolist()))}\n" for word, row in zip(words, VECTORS, strict=False)
    )
    (tmp_path / "m.vec").write_text(f"{len(words)} 16\n" + "".join(rows), "utf8")
    saved = hp.open_model(tmp_path / "m.vec")
    same(hp.open_model(keyed, name="m.vec"), saved)
    same(hp.open_model(SimpleNamespace(wv=keyed)), saved)


def test_a_static_model_equals_its_folder(tmp_path):
    """Rows that tokens of model2vec share, and the weights of tokens, are applied as those of the file."""
    mapping = np.arange(len(PIECES))[::-1] // 2
    weights = np.linspace(0.5, 2, len(PIECES))
    table = VECTORS[: len(PIECES) // 2 + 1]
    save_file({"embeddings": table, "weights": weights, "mapping": mapping}, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    static = SimpleNamespace(
        embedding=table,
        weights=weights,
        token_mapping=mapping,
        tokenizer=Backend(),
        base_model_name="acme/base",
    )
    live = hp.open_model(static)
    same(live, hp.open_model(tmp_path))
    assert "acme/base" == live.model


def test_sentence_transformers_are_the_transformer_in_their_first_module(tmp_path):
    """The table and the tokenizer of the first module; of a static one, its only matrix."""
    saved = hp.open_model(write_model(tmp_path / "saved", VECTORS, PIECES))
    first = SimpleNamespace(auto_model=Module(VECTORS), tokenizer=Backend())
    same(hp.open_model(SimpleNamespace(_first_module=lambda: first)), saved)
    static = SimpleNamespace(
        state_dict=lambda keep_vars: {"embedding.weight": Tensor(VECTORS)}, tokenizer=Backend()
    )
    assert saved.digest == hp.open_model(SimpleNamespace(_first_module=lambda: static)).digest


@pytest.mark.parametrize("whole", [True, False])
def test_vectors_of_spacy_have_a_row_for_each_key(whole):
    """Keys that share a row each get it, in the order of rows; strings come from the store."""
    strings = {11: "water", 12: "eau", 13: "вода"}
    vectors = SimpleNamespace(data=VECTORS[:2], key2row={13: 1, 12: 0, 11: 0})
    vocab = SimpleNamespace(strings=strings, vectors=vectors)
    space = hp.open_model(SimpleNamespace(vocab=vocab) if whole else vocab)
    assert ("water", "eau", "вода") == space.vocabulary.texts
    assert VECTORS[[0, 0, 1]].tobytes() == space.vectors().tobytes()


def test_a_layer_a_pipeline_and_a_bare_matrix_take_a_tokenizer(tmp_path):
    """Tokens come as a list, a dictionary of ids, a path, or a vocabulary."""
    saved = write_model(tmp_path / "saved", VECTORS, PIECES)
    expected = hp.open_model(saved)
    layer = SimpleNamespace(weight=Tensor(VECTORS))
    ids = {piece: i for i, piece in enumerate(PIECES)}
    for tokenizer in (Path(saved), saved, Backend(), expected.vocabulary, PIECES, tuple(PIECES), ids):
        for thing in (layer, VECTORS, Tensor(VECTORS)):
            found = hp.open_model(thing, tokenizer=tokenizer)
            assert expected.digest == found.digest
            assert expected.vocabulary.texts == found.vocabulary.texts
    pipeline = SimpleNamespace(model=Module(VECTORS), tokenizer=Backend())
    same(hp.open_model(pipeline), expected)
    assert "told by their marks" in hp.open_model(VECTORS, tokenizer=ids).remark


def test_a_live_tokenizer_may_name_the_rows_of_a_file(tmp_path):
    """``tokenizer=`` also stands beside a checkpoint on disk, whose table can still be opened by another process."""
    save_file({NAME: VECTORS}, tmp_path / "model.safetensors")
    space = hp.open_model(tmp_path, tokenizer=Backend())
    assert PIECES == list(space.vocabulary.pieces[: len(PIECES)])
    assert space.table.again().digest() == space.digest


def test_names_of_tensors_tell_where_the_library_does_not(tmp_path):
    """A model whose input layer is no table, and ``tensor=``, are found by names as on disk."""
    model = Module(VECTORS)
    model.get_input_embeddings = lambda: SimpleNamespace(weight=Tensor(np.ones((3, 3, 2, 2), np.float32)))
    saved = hp.open_model(write_model(tmp_path / "saved", VECTORS, PIECES))
    same(hp.open_model(model, tokenizer=Backend()), saved)
    same(hp.open_model(Module(VECTORS), Opening(tensor=NAME), tokenizer=Backend()), saved)
    assert 1 == hp.open_model(Module(VECTORS), tokenizer=Backend()).table.name.count(NAME)


def test_a_tokenizer_that_saves_itself_is_read_from_what_it_saves(tmp_path):
    """``save_pretrained`` is taken first; one that fails is asked for what it holds."""

    class Slow:
        backend_tokenizer = Backend()
        fails = False

        def save_pretrained(self, folder):
            if self.fails:
                raise NotImplementedError
            pieces = {piece: i for i, piece in enumerate(PIECES)}
            Path(folder, "vocab.json").write_text(json.dumps(pieces), "utf8")
            Path(folder, "added_tokens.json").write_text(json.dumps({"<2sw>": len(PIECES)}), "utf8")

    slow = Slow()
    assert "<2sw>" in hp.open_model(VECTORS, tokenizer=slow).vocabulary.texts
    slow.fails = True
    assert "<2sw>" not in hp.open_model(VECTORS, tokenizer=slow).vocabulary.texts


WRONG = {
    "a number": lambda: hp.open_model(3),
    "nothing": lambda: hp.open_model(None),
    "a class": lambda: hp.open_model(Module),
    "a list of numbers": lambda: hp.from_arrays([[1.0, 2.0]], ["a"]),
    "no tokens": lambda: hp.from_arrays(VECTORS),
    "tokens twice": lambda: hp.from_arrays(VECTORS, PIECES, tokenizer=PIECES),
    "ids for tokens": lambda: hp.from_arrays(VECTORS, [1, 2]),
    "no tokenizer": lambda: hp.open_model(Module(VECTORS)),
    "a number for a tokenizer": lambda: hp.open_model(Module(VECTORS), tokenizer=3),
    "names for ids": lambda: hp.open_model(VECTORS, tokenizer={"a": "b"}),
    "a vector": lambda: hp.from_arrays(VECTORS[0], PIECES),
    "whole numbers": lambda: hp.from_arrays(VECTORS.astype(np.int64), PIECES),
    "strings": lambda: hp.from_arrays(np.array([["a", "b"]]), ["a"]),
    "no rows": lambda: hp.from_arrays(VECTORS[:0], []),
    "a tensor without numbers": lambda: hp.open_model(
        SimpleNamespace(weight=SimpleNamespace(shape=(2, 2), dtype="float32", __dlpack__=None)),
        tokenizer=["a"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_anything_else_is_told_in_a_sentence(case):
    """What is no model, table or tokenizer raises one sentence that says what is accepted."""
    with pytest.raises(HyperpolyglotError) as caught:
        WRONG[case]()
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert any(word in message for word in ("pass", "are strings", "whole numbers", "convert"))


def test_what_is_accepted_is_listed():
    """The sentence for an object of no known kind names the kinds that are known."""
    with pytest.raises(UnsupportedFormat, match=r"transformers model with tokenizer=.*gensim KeyedVectors"):
        hp.open_model(object())


def test_the_page_on_models_in_memory_runs():
    """Its block of Python opens what looks like the objects that its comments name."""
    page = Path(__file__).parents[2] / "docs" / "howto" / "notebooks.md"
    (block,) = [
        part.split("```")[0] for part in page.read_text("utf8").split("```python\n") if "word2vec" in part
    ]
    words = SimpleNamespace(index_to_key=["a", "b"], vectors=VECTORS[:2], key_to_index={})
    first = SimpleNamespace(auto_model=Module(VECTORS), tokenizer=Backend())
    vectors = SimpleNamespace(data=VECTORS[:2], key2row={1: 0, 2: 1})
    names = {
        "model": Module(VECTORS),
        "tokenizer": Backend(),
        "encoder": SimpleNamespace(_first_module=lambda: first),
        "static": SimpleNamespace(
            embedding=VECTORS[: len(PIECES)], weights=None, token_mapping=None, tokenizer=Backend()
        ),
        "word2vec": SimpleNamespace(wv=words),
        "nlp": SimpleNamespace(vocab=SimpleNamespace(strings={1: "a", 2: "b"}, vectors=vectors)),
        "layer": SimpleNamespace(weight=Tensor(VECTORS[:2])),
    }
    opened = []
    for line in block.splitlines():
        exec(line, names)
        opened += [len(names["space"])] if "open_model" in line else []
    assert [len(VECTORS), len(VECTORS), len(PIECES), 2, 2, 2] == opened
