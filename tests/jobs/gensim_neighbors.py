"""The nearest neighbours of a word in gensim's vectors, all of them exact, and gensim's own for comparison."""

from gensim.models import KeyedVectors

import hyperpolyglot as hp

words = KeyedVectors.load("words.kv")
found = hp.neighborhoods(hp.open_model(words), "water", k=5).table()
print([row["token"] for row in found])
print([word for word, _ in words.most_similar("water", topn=5)])
