"""Loads both tables of a transplant into a model of transformers; run by the library's own Python."""

import sys

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

folder, text = sys.argv[1:3]
tables = load_file(f"{folder}/model.safetensors")
tokenizer = AutoTokenizer.from_pretrained(folder)
rows, width = tables["model.embed_tokens.weight"].shape
config = LlamaConfig(
    vocab_size=rows, hidden_size=width, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
    tie_word_embeddings=False,
)  # fmt: skip
model = LlamaForCausalLM(config).eval()
found = model.load_state_dict(tables, strict=False)
ids = torch.tensor([tokenizer(text, add_special_tokens=False).input_ids])
with torch.no_grad():
    given = model(ids)
    hidden = model.model(ids).last_hidden_state
print("unexpected", found.unexpected_keys)
print("missing tables", [key for key in found.missing_keys if "embed" in key or "lm_head" in key])
print("tokens", tokenizer.convert_ids_to_tokens(ids[0].tolist()))
print("same", torch.allclose(given.logits, hidden @ tables["lm_head.weight"].T, atol=1e-5))
