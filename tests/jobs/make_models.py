"""What a user has already: a multilingual table and tokenizer, saved by the libraries that jobs open it with."""

import gensim
import numpy as np
import torch
import transformers
from model2vec import StaticModel
from sentence_transformers import SentenceTransformer, models
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import Unigram

import hyperpolyglot as hp

space = hp.open_model("demo:e5")
rows, vocabulary = space.table.rows(slice(None)), space.vocabulary
tokenizer = Tokenizer(
    Unigram(list(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True)), unk_id=3)
)
tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
fast = transformers.PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", bos_token="<s>", eos_token="</s>"
)
config = transformers.XLMRobertaConfig(
    vocab_size=len(rows),
    hidden_size=rows.shape[1],
    num_hidden_layers=1,
    num_attention_heads=6,
    intermediate_size=64,
    pad_token_id=1,
)
model = transformers.XLMRobertaModel(config)
with torch.no_grad():
    model.get_input_embeddings().weight.copy_(torch.from_numpy(rows))
model.save_pretrained("models/base")
fast.save_pretrained("models/base")

random = np.random.default_rng(0)
tuned = rows + np.float32(0.02) * random.standard_normal(rows.shape).astype(np.float32)
moved = [i for i, text in enumerate(vocabulary.texts) if text in ("▁water", "▁вода", "▁house")]
tuned[moved] = random.standard_normal((len(moved), rows.shape[1])).astype(np.float32) / 16
with torch.no_grad():
    model.get_input_embeddings().weight.copy_(torch.from_numpy(tuned))
model.save_pretrained("models/tuned")
fast.save_pretrained("models/tuned")

words = models.Transformer("models/base", tokenizer_args={"use_fast": True})
SentenceTransformer(modules=[words, models.Pooling(rows.shape[1])]).save("sentences")
StaticModel(rows, tokenizer).save_pretrained("static")
keyed = gensim.models.KeyedVectors(rows.shape[1])
spoken = [i for i, text in enumerate(vocabulary.texts) if text.startswith("▁") and len(text) > 2]
keyed.add_vectors([vocabulary.texts[i][1:] for i in spoken], rows[spoken])
keyed.save("words.kv")
np.save("vectors.npy", rows)
with open("tokens.txt", "w", encoding="utf8") as file:
    file.write("\n".join(vocabulary.pieces))
