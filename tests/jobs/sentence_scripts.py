"""Which scripts does the vocabulary of a sentence-transformers model hold?"""

from sentence_transformers import SentenceTransformer

import hyperpolyglot as hp

space = hp.open_model(SentenceTransformer("sentences"))
counts = space.labels.counts()
for script in sorted(counts, key=counts.get, reverse=True)[:5]:
    print(script, counts[script])
