"""The names that models give to their input and output tables, in the order in which they are preferred."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["INPUT", "OUTPUT", "Rule"]


class Rule(NamedTuple):
    """A row of the table: the last parts of a name; any wrapper may stand before it.

    ``loose`` names are used for other things too, so their shape has to fit better. ``N`` is any number.
    """

    ending: str
    loose: bool = False


INPUT: tuple[Rule, ...] = (
    Rule("token_embd.weight"),  # GGUF
    Rule("embed_text_tokens.weight"),  # CSM
    Rule("shared.weight"),  # T5 family, M2M-100, NLLB, BART
    Rule("embeddings.word_embeddings.weight"),  # BERT family
    Rule("embed_tokens.weight"),  # Llama, Qwen, Gemma, Mistral, XGLM, Phi, DeepSeek, Command, …
    Rule("encoder.embed_tokens.weight"),
    Rule("decoder.embed_tokens.weight"),  # OPT, Whisper
    Rule("embeddings.tok_embeddings.weight"),  # ModernBERT
    Rule("tok_embeddings.weight"),  # Llama and Mistral as released, InternLM2
    Rule("word_embeddings.weight"),  # BLOOM, Falcon, ChatGLM, Persimmon
    Rule("wte.weight"),  # GPT-2, Qwen 1, MPT, Phi, LLaDA
    Rule("embed_in.weight"),  # GPT-NeoX
    Rule("backbone.embeddings.weight"),  # Mamba, Nemotron-H
    Rule("backbone.embedding.weight"),
    Rule("rwkv.embeddings.weight"),
    Rule("token_embeddings.weight"),  # OpenELM
    Rule("in_out_embed.weight"),  # Grok
    Rule("word_embedding.weight"),  # XLNet
    Rule("token_embedding.weight"),  # CLIP
    Rule("text_embedding.weight"),  # XTTS, GPT-SoVITS
    Rule("text_embeddings.weight"),
    Rule("input_embeds_layer.weight"),  # Bark
    Rule("model.embeddings.weight"),  # RWKV 7
    Rule("model.embedding.weight"),
    Rule("transformer.embeddings.weight"),  # XLM
    Rule("embeddings"),  # npz, word2vec, model2vec
    Rule("embedding"),
    Rule("embedder.weight", loose=True),
    Rule("emb.weight", loose=True),  # RWKV as released
    Rule("tok_emb.weight", loose=True),
    Rule("embed.weight", loose=True),
    Rule("embedding.weight", loose=True),
    Rule("embeddings.weight", loose=True),
)

OUTPUT: tuple[Rule, ...] = (
    Rule("lm_head.weight"),
    Rule("lm_head.decoder.weight"),  # RoBERTa family
    Rule("lm_head.linear.weight"),  # Phi as released
    Rule("embed_out.weight"),  # GPT-NeoX
    Rule("output_layer.weight"),  # ChatGLM
    Rule("output_projection.weight"),  # fairseq, FSMT
    Rule("predictions.decoder.weight"),  # BERT, ALBERT
    Rule("vocab_projector.weight"),  # DistilBERT
    Rule("generator_lm_head.weight"),  # ELECTRA
    Rule("lm_loss.weight"),  # XLNet
    Rule("pred_layer.proj.weight"),  # XLM
    Rule("word_embeddings_for_head.weight"),  # Persimmon
    Rule("transformer.ff_out.weight"),  # LLaDA
    Rule("output.weight", loose=True),  # GGUF, Llama and Mistral as released, InternLM2
    Rule("decoder.weight", loose=True),  # ModernBERT
    Rule("head.weight", loose=True),  # RWKV
    Rule("proj_out.weight", loose=True),
    Rule("layers.N.linear.weight", loose=True),  # Phi-1 as released
)
