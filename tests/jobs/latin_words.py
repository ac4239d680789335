"""Only words in Latin script among the 20,000 most common tokens."""

import sys

import hyperpolyglot as hp

common = hp.open_model(sys.argv[1]).where(top=20_000)
latin = common.where(labels=["Latn"], kinds=["text"])
print(len(common.ids), len(latin.ids), latin.labels.counts())
print(latin.to_pandas()[["id", "token", "label"]].head(3).to_string())
