"""Are scripts linearly separable in a model2vec model?"""

from model2vec import StaticModel

import hyperpolyglot as hp

space = hp.open_model(StaticModel.from_pretrained("static"))
found = hp.separability(space.where(kinds=["text"]), minimum=300)
print(round(found.mean_accuracy, 3), len(found.labels))
