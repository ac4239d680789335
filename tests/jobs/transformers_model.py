"""Look at a transformers model that is in memory, with its tokenizer."""

from transformers import AutoModel, AutoTokenizer

import hyperpolyglot as hp

model, tokenizer = AutoModel.from_pretrained("models/base"), AutoTokenizer.from_pretrained("models/base")
space = hp.open_model(model, tokenizer=tokenizer)
found = hp.neighborhoods(space, "water", k=8)
print([row["token"] for row in found.table()])
