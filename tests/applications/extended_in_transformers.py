"""Makes small models with transformers, and opens them extended; run by the library's own Python.

``make FOLDER``: three models, each with the tokenizer of ``FOLDER/KIND/tokenizer.json``. ``open FOLDER``: each beside
``FOLDER/KIND-more``, with the words of ``FOLDER/words.txt`` in the new one.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BertConfig,
    BertLMHeadModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    XLMRobertaConfig,
    XLMRobertaForCausalLM,
)

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
BY_CLASS = {"byte_level": "GPT2Tokenizer", "unigram": "XLMRobertaTokenizer", "vocab.txt": "BertTokenizer"}


def model_of(kind, rows):
    """A causal model of random weights: tied tables, but for one kind."""
    torch.manual_seed(0)
    if kind == "byte_level":
        return GPT2LMHeadModel(GPT2Config(vocab_size=rows, n_embd=16, n_layer=2, n_head=2))
    if kind == "unigram":
        return XLMRobertaForCausalLM(XLMRobertaConfig(vocab_size=rows, is_decoder=True, **SMALL))
    if kind == "vocab.txt":
        return BertLMHeadModel(BertConfig(vocab_size=rows, is_decoder=True, **SMALL))
    return LlamaForCausalLM(LlamaConfig(vocab_size=rows, tie_word_embeddings=False, **SMALL))


def make(place):
    """Save each model beside its tokenizer, with the configuration that transformers writes for it."""
    for folder in sorted(path for path in place.iterdir() if path.is_dir()):
        rows = int((folder / "rows").read_text())
        name = BY_CLASS.get(folder.name, "PreTrainedTokenizerFast")
        config = {"tokenizer_class": name}
        if folder.name == "byte_level":
            listed = json.loads((folder / "tokenizer.json").read_text("utf8"))["added_tokens"]
            config["added_tokens_decoder"] = {str(token.pop("id")): token for token in listed}
        (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf8")
        model_of(folder.name, rows).save_pretrained(folder)


def same(old, new, texts):
    """Whether hidden states and logits of texts are the same, up to the rows that are new."""
    (own, cut), (more, cut_more) = old, new
    for text in texts:
        ids, again = cut(text), cut_more(text)
        if ids != again:
            return False
        with torch.no_grad():
            a = own(torch.tensor([ids]), output_hidden_states=True)
            b = more(torch.tensor([ids]), output_hidden_states=True)
        rows = a.logits.shape[-1]
        if not torch.allclose(a.hidden_states[-1], b.hidden_states[-1], atol=1e-6):
            return False
        if not torch.allclose(a.logits, b.logits[..., :rows], atol=1e-5):
            return False
    return True


def opened(place):
    """The layers of the old model with the tables of the new folder."""
    words = (place / "words.txt").read_text("utf8").split()
    texts = (place / "texts.txt").read_text("utf8").splitlines()
    for folder in sorted(
        path for path in place.iterdir() if path.is_dir() and not path.name.endswith("-more")
    ):
        made = folder.with_name(f"{folder.name}-more")
        tables = load_file(made / "model.safetensors")
        table = tables["model.embed_tokens.weight"]
        tokenizers = [AutoTokenizer.from_pretrained(where) for where in (folder, made)]
        cut = [lambda text, t=t: t(text, add_special_tokens=False).input_ids for t in tokenizers]
        old = AutoModelForCausalLM.from_pretrained(folder).eval()
        model = AutoModelForCausalLM.from_pretrained(folder).eval()
        model.resize_token_embeddings(len(table), mean_resizing=False)
        model.get_input_embeddings().weight.data.copy_(table)
        if "lm_head.weight" in tables:
            model.get_output_embeddings().weight.data.copy_(tables["lm_head.weight"])
        else:
            model.tie_weights()
        before, after = (AutoConfig.from_pretrained(where).to_dict() for where in (folder, made))
        changed = [name for name in before if before[name] != after[name] and name != "_name_or_path"]
        first = len(table) - len(words)
        print(
            json.dumps(
                {
                    "kind": folder.name,
                    "changed": changed,
                    "vocab_size": after["vocab_size"] == len(table) == len(tokenizers[1]),
                    "same": same((old, cut[0]), (model, cut[1]), texts),
                    "words": [cut[1](f"the {word}")[-1] - first for word in words],
                    "one": all(len(cut[1](f"the {word}")) == len(cut[1]("the")) + 1 for word in words),
                    "rows": torch.equal(
                        model.get_input_embeddings()(torch.arange(first, len(table))), table[first:]
                    ),
                    "untied": "lm_head.weight" in tables,
                    "text": tokenizers[1].decode(cut[1](f"the {words[0]} the")),
                }
            )
        )


{"make": make, "open": opened}[sys.argv[1]](Path(sys.argv[2]))
