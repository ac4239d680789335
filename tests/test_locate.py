"""The embedding tables of every family, among the tensors that lie beside them."""

from __future__ import annotations

import time
from typing import NamedTuple

import pytest

from hyperpolyglot.errors import DamagedFile, TensorNotFound, UnsupportedFormat
from hyperpolyglot.locate import locate


class Shape(NamedTuple):
    shape: tuple[int, ...]
    dtype: str = "BF16"


D = 64
V = 1000


def tensors(*names: str, rows: int = V, **others: Shape) -> dict[str, Shape]:
    return {name: Shape((rows, D)) for name in names} | others


BERT_BESIDE = {
    "embeddings.position_embeddings.weight": Shape((512, D)),
    "embeddings.token_type_embeddings.weight": Shape((2, D)),
    "embeddings.LayerNorm.weight": Shape((D,)),
    "encoder.layer.0.attention.self.query.weight": Shape((D, D)),
    "encoder.layer.0.attention.output.dense.weight": Shape((D, D)),
    "pooler.dense.weight": Shape((D, D)),
}
DECODER_BESIDE = {
    "model.layers.0.self_attn.q_proj.weight": Shape((D, D)),
    "model.layers.0.mlp.down_proj.weight": Shape((D, 4 * D)),
    "model.layers.0.input_layernorm.weight": Shape((D,)),
    "model.norm.weight": Shape((D,)),
}


def bert(prefix: str, *heads: str) -> dict[str, Shape]:
    beside = {f"{prefix}{name}": held for name, held in BERT_BESIDE.items()}
    return beside | tensors(f"{prefix}embeddings.word_embeddings.weight", *heads)


def decoder(embedding: str, *heads: str, **others: Shape) -> dict[str, Shape]:
    return DECODER_BESIDE | tensors(embedding, *heads) | others


def encoder_decoder(prefix: str, *heads: str, shared: bool = True) -> dict[str, Shape]:
    names = [f"{prefix}encoder.embed_tokens.weight", f"{prefix}decoder.embed_tokens.weight", *heads]
    names += [f"{prefix}shared.weight"] * shared
    return tensors(*names) | {
        "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": Shape((32, 8)),
        f"{prefix}encoder.embed_positions.weight": Shape((1026, D)),
        f"{prefix}decoder.embed_positions.weight": Shape((1026, D)),
    }


VISION = {
    "visual.patch_embed.proj.weight": Shape((D, 3, 2, 14, 14)),
    "visual.pos_embed.weight": Shape((2304, D)),
    "visual.merger.mlp.0.weight": Shape((D, D)),
    "vision_tower.vision_model.embeddings.position_embedding.weight": Shape((4096, D)),
    "vision_tower.vision_model.embeddings.patch_embedding.weight": Shape((D, 3, 14, 14)),
    "vision_model.gated_positional_embedding.embedding": Shape((1601, D)),
    "audio_tower.embed_positions.weight": Shape((1500, D)),
    "multi_modal_projector.linear_1.weight": Shape((D, D)),
}

# family: tensors, input table, output table (None: tied or none)
FAMILIES: dict[str, tuple[dict[str, Shape], str, str | None]] = {
    "XLM-R": (
        bert("roberta.", "lm_head.decoder.weight") | {"lm_head.dense.weight": Shape((D, D))},
        "roberta.embeddings.word_embeddings.weight",
        "lm_head.decoder.weight",
    ),
    "XLM-R tied": (
        bert("roberta.") | {"lm_head.dense.weight": Shape((D, D)), "lm_head.bias": Shape((V,))},
        "roberta.embeddings.word_embeddings.weight",
        None,
    ),
    "mBERT": (
        bert("bert.", "cls.predictions.decoder.weight") | {"cls.seq_relationship.weight": Shape((2, D))},
        "bert.embeddings.word_embeddings.weight",
        "cls.predictions.decoder.weight",
    ),
    "E5, BGE-M3, LaBSE": (bert(""), "embeddings.word_embeddings.weight", None),
    "sentence-transformers": (
        bert("0.auto_model."),
        "0.auto_model.embeddings.word_embeddings.weight",
        None,
    ),
    "DistilBERT": (
        bert("distilbert.", "vocab_projector.weight") | {"vocab_transform.weight": Shape((D, D))},
        "distilbert.embeddings.word_embeddings.weight",
        "vocab_projector.weight",
    ),
    "mDeBERTa": (
        bert("deberta.") | {"deberta.encoder.rel_embeddings.weight": Shape((512, D))},
        "deberta.embeddings.word_embeddings.weight",
        None,
    ),
    "ALBERT": (
        tensors("albert.embeddings.word_embeddings.weight", "predictions.decoder.weight")
        | {"albert.encoder.embedding_hidden_mapping_in.weight": Shape((4 * D, D))},
        "albert.embeddings.word_embeddings.weight",
        "predictions.decoder.weight",
    ),
    "ELECTRA": (
        bert("electra.", "generator_lm_head.weight"),
        "electra.embeddings.word_embeddings.weight",
        "generator_lm_head.weight",
    ),
    "mT5": (encoder_decoder("", "lm_head.weight"), "shared.weight", "lm_head.weight"),
    "T5 encoder": (tensors("encoder.embed_tokens.weight"), "encoder.embed_tokens.weight", None),
    "NLLB": (encoder_decoder("model.", "lm_head.weight"), "model.shared.weight", "lm_head.weight"),
    "M2M-100 without shared": (
        encoder_decoder("model.", shared=False),
        "model.encoder.embed_tokens.weight",
        None,
    ),
    "SeamlessM4T": (
        tensors("shared.weight", "text_decoder.embed_tokens.weight", "lm_head.weight")
        | {
            "t2u_model.model.decoder.embed_tokens.weight": Shape((10082, D)),
            "t2u_model.lm_head.weight": Shape((10082, D)),
            "speech_encoder.feature_projection.projection.weight": Shape((D, 160)),
            "vocoder.lang_embedding.weight": Shape((36, D)),
        },
        "shared.weight",
        "lm_head.weight",
    ),
    "XGLM": (decoder("model.embed_tokens.weight"), "model.embed_tokens.weight", None),
    "BLOOM": (
        tensors("word_embeddings.weight", **{"word_embeddings_layernorm.weight": Shape((D,))}),
        "word_embeddings.weight",
        None,
    ),
    "BLOOM with prefix": (
        tensors("transformer.word_embeddings.weight")
        | {
            "transformer.word_embeddings_layernorm.weight": Shape((D,)),
            "transformer.h.0.self_attention.query_key_value.weight": Shape((3 * D, D)),
        },
        "transformer.word_embeddings.weight",
        None,
    ),
    "Falcon": (
        tensors("transformer.word_embeddings.weight", "lm_head.weight"),
        "transformer.word_embeddings.weight",
        "lm_head.weight",
    ),
    "GPT-2": (
        tensors("wte.weight") | {"wpe.weight": Shape((1024, D)), "h.0.attn.bias": Shape((1, 1, 1024, 1024))},
        "wte.weight",
        None,
    ),
    "GPT-2 with prefix": (
        tensors("transformer.wte.weight", "lm_head.weight") | {"transformer.wpe.weight": Shape((1024, D))},
        "transformer.wte.weight",
        "lm_head.weight",
    ),
    "Pythia": (
        tensors("gpt_neox.embed_in.weight", "embed_out.weight"),
        "gpt_neox.embed_in.weight",
        "embed_out.weight",
    ),
    "Llama, Qwen, Mistral, EuroLLM, DeepSeek, GPT-OSS, Phi-3, GLM-4": (
        decoder("model.embed_tokens.weight", "lm_head.weight"),
        "model.embed_tokens.weight",
        "lm_head.weight",
    ),
    "Command, Aya, Gemma": (decoder("model.embed_tokens.weight"), "model.embed_tokens.weight", None),
    "Llama as released": (
        tensors("tok_embeddings.weight", "output.weight")
        | {
            "layers.0.attention.wq.weight": Shape((D, D)),
            "layers.0.feed_forward.w1.weight": Shape((4 * D, D)),
        },
        "tok_embeddings.weight",
        "output.weight",
    ),
    "Llama 4": (
        decoder("language_model.model.embed_tokens.weight", "language_model.lm_head.weight") | VISION,
        "language_model.model.embed_tokens.weight",
        "language_model.lm_head.weight",
    ),
    "Qwen 1": (
        tensors("transformer.wte.weight", "lm_head.weight")
        | {"transformer.visual.positional_embedding": Shape((256, D))},
        "transformer.wte.weight",
        "lm_head.weight",
    ),
    "Qwen2-VL": (
        decoder("model.embed_tokens.weight", "lm_head.weight") | VISION,
        "model.embed_tokens.weight",
        "lm_head.weight",
    ),
    "Qwen3-VL, Qwen3.5": (
        decoder("model.language_model.embed_tokens.weight", "lm_head.weight")
        | {f"model.{name}": held for name, held in VISION.items()}
        | {"mtp.embed_tokens.weight": Shape((V, D)), "mtp.fc.weight": Shape((D, 2 * D))},
        "model.language_model.embed_tokens.weight",
        "lm_head.weight",
    ),
    "Qwen-Omni": (
        decoder("thinker.model.embed_tokens.weight", "thinker.lm_head.weight")
        | {
            "talker.model.embed_tokens.weight": Shape((8448, D)),
            "talker.codec_head.weight": Shape((8448, D)),
            "thinker.audio_tower.conv1.weight": Shape((D, 128, 3)),
            "token2wav.code2wav_dit_model.text_embed.codec_embed.weight": Shape((8194, D)),
        },
        "thinker.model.embed_tokens.weight",
        "thinker.lm_head.weight",
    ),
    "Qwen3-Embedding": (tensors("embed_tokens.weight"), "embed_tokens.weight", None),
    "Gemma 3": (
        decoder("language_model.model.embed_tokens.weight") | VISION,
        "language_model.model.embed_tokens.weight",
        None,
    ),
    "Gemma 3n, Gemma 4": (
        decoder("model.language_model.embed_tokens.weight")
        | {
            "model.language_model.embed_tokens_per_layer.weight": Shape((V, 35 * D)),
            "model.embed_vision.embedding.weight": Shape((128, D)),
            "model.embed_audio.embedding.weight": Shape((128, D)),
            "model.embed_audio.embedding_projection.weight": Shape((D, D)),
        },
        "model.language_model.embed_tokens.weight",
        None,
    ),
    "Mistral Small 3 VLM": (
        decoder("language_model.model.embed_tokens.weight", "language_model.lm_head.weight") | VISION,
        "language_model.model.embed_tokens.weight",
        "language_model.lm_head.weight",
    ),
    "Phi-1 as released": (
        tensors("layers.0.wte.weight", "layers.25.linear.weight")
        | {"layers.1.mixer.Wqkv.weight": Shape((3 * D, D))},
        "layers.0.wte.weight",
        "layers.25.linear.weight",
    ),
    "Phi-2 as released": (
        tensors("transformer.embd.wte.weight", "lm_head.linear.weight") | {"lm_head.ln.weight": Shape((D,))},
        "transformer.embd.wte.weight",
        "lm_head.linear.weight",
    ),
    "DeepSeek-V3": (
        decoder("model.embed_tokens.weight", "lm_head.weight")
        | {
            "model.layers.61.embed_tokens.weight": Shape((V, D)),
            "model.layers.61.shared_head.head.weight": Shape((V, D)),
            "model.layers.3.mlp.gate.weight": Shape((256, D)),
        },
        "model.embed_tokens.weight",
        "lm_head.weight",
    ),
    "ChatGLM": (
        tensors("transformer.embedding.word_embeddings.weight", "transformer.output_layer.weight")
        | {"transformer.rotary_pos_emb.inv_freq": Shape((32,))},
        "transformer.embedding.word_embeddings.weight",
        "transformer.output_layer.weight",
    ),
    "InternLM2": (
        tensors("model.tok_embeddings.weight", "output.weight"),
        "model.tok_embeddings.weight",
        "output.weight",
    ),
    "InternVL": (
        tensors("language_model.model.tok_embeddings.weight", "language_model.output.weight")
        | {"vision_model.embeddings.position_embedding": Shape((1, 1025, D))},
        "language_model.model.tok_embeddings.weight",
        "language_model.output.weight",
    ),
    "Mamba": (
        tensors("backbone.embeddings.weight", "lm_head.weight"),
        "backbone.embeddings.weight",
        "lm_head.weight",
    ),
    "Nemotron-H, Mamba 2": (tensors("backbone.embedding.weight"), "backbone.embedding.weight", None),
    "ModernBERT, mmBERT": (
        tensors("model.embeddings.tok_embeddings.weight", "decoder.weight")
        | {"head.dense.weight": Shape((D, D)), "model.layers.0.attn.Wqkv.weight": Shape((3 * D, D))},
        "model.embeddings.tok_embeddings.weight",
        "decoder.weight",
    ),
    "RWKV": (tensors("rwkv.embeddings.weight", "head.weight"), "rwkv.embeddings.weight", "head.weight"),
    "RWKV as released": (
        tensors("emb.weight", "head.weight") | {"blocks.0.att.key.weight": Shape((D, D))},
        "emb.weight",
        "head.weight",
    ),
    "RWKV 7": (
        tensors("model.embeddings.weight", "lm_head.weight"),
        "model.embeddings.weight",
        "lm_head.weight",
    ),
    "OpenELM": (tensors("transformer.token_embeddings.weight"), "transformer.token_embeddings.weight", None),
    "MPT": (tensors("transformer.wte.weight"), "transformer.wte.weight", None),
    "Persimmon as released": (
        tensors(
            "language_model.embedding.word_embeddings.weight",
            "language_model.word_embeddings_for_head.weight",
        ),
        "language_model.embedding.word_embeddings.weight",
        "language_model.word_embeddings_for_head.weight",
    ),
    "LLaDA": (
        tensors("model.transformer.wte.weight", "model.transformer.ff_out.weight")
        | {"model.transformer.blocks.0.ff_out.weight": Shape((D, 4 * D))},
        "model.transformer.wte.weight",
        "model.transformer.ff_out.weight",
    ),
    "Whisper": (
        tensors("model.decoder.embed_tokens.weight", "proj_out.weight")
        | {
            "model.decoder.embed_positions.weight": Shape((448, D)),
            "model.encoder.embed_positions.weight": Shape((1500, D)),
        },
        "model.decoder.embed_tokens.weight",
        "proj_out.weight",
    ),
    "OPT": (
        tensors("model.decoder.embed_tokens.weight")
        | {"model.decoder.embed_positions.weight": Shape((2050, D))},
        "model.decoder.embed_tokens.weight",
        None,
    ),
    "InstructBLIP": (
        tensors("language_model.model.embed_tokens.weight", "language_model.lm_head.weight")
        | {"qformer.embeddings.word_embeddings.weight": Shape((30523, 768))},
        "language_model.model.embed_tokens.weight",
        "language_model.lm_head.weight",
    ),
    "XLNet": (
        tensors("transformer.word_embedding.weight", "lm_loss.weight"),
        "transformer.word_embedding.weight",
        "lm_loss.weight",
    ),
    "DDP": (decoder("module.model.embed_tokens.weight"), "module.model.embed_tokens.weight", None),
    "merged adapter": (
        decoder("base_model.model.model.embed_tokens.weight", "base_model.model.lm_head.weight"),
        "base_model.model.model.embed_tokens.weight",
        "base_model.model.lm_head.weight",
    ),
    "GGUF": (
        {
            "token_embd.weight": Shape((V, D), "Q4_K"),
            "output.weight": Shape((V, D), "Q6_K"),
            "blk.0.attn_output.weight": Shape((D, D), "Q4_K"),
            "output_norm.weight": Shape((D,), "F32"),
            "rope_freqs.weight": Shape((64,), "F32"),
        },
        "token_embd.weight",
        "output.weight",
    ),
    "GGUF of an encoder": (
        {
            "token_embd.weight": Shape((V, D), "Q8_0"),
            "token_types.weight": Shape((2, D), "F32"),
            "position_embd.weight": Shape((512, D), "F32"),
        },
        "token_embd.weight",
        None,
    ),
    "npz, word2vec": ({"embeddings": Shape((V, D), "F32")}, "embeddings", None),
    "any single table": ({"my_table": Shape((V, D), "F32")}, "my_table", None),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_tables_of_a_family(family: str) -> None:
    held, entry, output = FAMILIES[family]
    for order in (held, dict(reversed(held.items()))):
        assert locate(order) == entry
        assert locate(order, vocabulary_size=V, hidden_size=D) == entry
        if output is None:
            with pytest.raises(TensorNotFound, match="--table input"):
                locate(order, "output")
        else:
            assert locate(order, "output") == output


def test_the_vocabulary_decides_between_tables_of_two_shapes() -> None:
    held = {"a.embed_tokens.weight": Shape((500, 8)), "b.embed_tokens.weight": Shape((900, 16))}
    assert locate(held, vocabulary_size=900) == "b.embed_tokens.weight"
    assert locate(held, vocabulary_size=890) == "b.embed_tokens.weight"
    assert locate(held, vocabulary_size=500) == "a.embed_tokens.weight"
    assert locate(held, hidden_size=16) == "b.embed_tokens.weight"
    with pytest.raises(TensorNotFound, match=r"a\.embed_tokens\.weight \[500, 8\] BF16, b\.embed_tokens"):
        locate(held)


def test_a_name_that_is_given() -> None:
    held = decoder("model.embed_tokens.weight")
    assert locate(held, tensor="model.norm.weight") == "model.norm.weight"
    assert locate(held, "output", tensor="model.norm.weight") == "model.norm.weight"
    with pytest.raises(
        TensorNotFound, match=r"there is no tensor model\.embed_token; the closest are model\.embed_tokens"
    ):
        locate(held, tensor="model.embed_token")
    with pytest.raises(TensorNotFound, match="there are"):
        locate(held, tensor="zzz")


def test_what_is_there_is_listed() -> None:
    held = {f"w{i}": Shape((5, 5)) for i in range(30)} | {"strange_emb": Shape((9, 4)), "bias": Shape((3,))}
    with pytest.raises(
        TensorNotFound, match=r"looked for …token_embd\.weight.*there are strange_emb \[9, 4\]"
    ) as error:
        locate(held)
    assert str(error.value).count("[5, 5]") == 7
    with pytest.raises(TensorNotFound, match="no 2-D tensors"):
        locate({})
    with pytest.raises(TensorNotFound, match="no output table was found"):
        locate(held, "output")


@pytest.mark.parametrize(
    "held",
    [
        {"model.embed_tokens.qweight": Shape((V // 8, D), "I32"), "model.embed_tokens.scales": Shape((8, D))},
        {"model.embed_tokens.weight": Shape((V, D // 8), "U32"), "model.embed_tokens.scales": Shape((V, 4))},
        {"model.embed_tokens.weight_packed": Shape((V, D // 8), "I32")},
    ],
)
def test_packed_tables_are_refused(held: dict[str, Shape]) -> None:
    with pytest.raises(UnsupportedFormat, match="packed into integers"):
        locate(held | tensors("lm_head.weight"))
    assert locate(held | tensors("lm_head.weight"), "output") == "lm_head.weight"


def test_adapters_are_refused() -> None:
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    with pytest.raises(UnsupportedFormat, match="adapter"):
        locate({name: Shape((8, D)), name.replace("lora_A", "lora_B"): Shape((D, 8))})


def test_only_tensors_of_fitting_names_are_looked_at() -> None:
    class Lazy(dict[str, Shape]):
        def __getitem__(self, name: str) -> Shape:
            if name != "model.embed_tokens.weight":
                raise DamagedFile("shard", "this one must not be opened")
            return super().__getitem__(name)

    assert locate(Lazy(decoder("model.embed_tokens.weight", "lm_head.weight"))) == "model.embed_tokens.weight"


def test_integers_and_vectors_are_no_tables() -> None:
    held = {"embed.weight": Shape((V, D), "I64"), "wte.weight": Shape((V,)), "emb.weight": Shape((V, D))}
    assert locate(held) == "emb.weight"


def test_a_hundred_thousand_tensors_are_searched_quickly() -> None:
    held = {
        f"model.layers.{i}.mlp.experts.{j}.w.weight": Shape((D, D)) for i in range(100) for j in range(1000)
    }
    began = time.perf_counter()
    assert locate(held | tensors("model.embed_tokens.weight")) == "model.embed_tokens.weight"
    with pytest.raises(TensorNotFound):
        locate(held, tensor="nothing")
    assert time.perf_counter() - began < 5
