"""Only words in Latin script among the 20,000 most common tokens."""

import sys

import hyperpolyglot as hp

space = hp.open_model(sys.argv[1])
latin = space.where(labels=["Latn"], kinds=["text"], top=20_000)
print(space.n_rows, latin.n_rows, latin.labels.counts())
print(latin.to_pandas()[["id", "token", "label"]].head(3).to_string())
