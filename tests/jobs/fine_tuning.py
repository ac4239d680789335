"""Which tokens did fine-tuning move, and how many neighbours does a token keep?"""

import numpy as np

import hyperpolyglot as hp

spaces = [hp.open_model(f"models/{name}").where(kinds=["text"]) for name in ("base", "tuned")]
before, after = (space.vectors() for space in spaces)
moved = np.linalg.norm(after - before, axis=1) / np.linalg.norm(before, axis=1)
print(sorted(spaces[0].vocabulary.texts[i] for i in np.argsort(-moved)[:3]))
near = [hp.neighbors(space, k=10).rows for space in spaces]
kept = [len(np.intersect1d(one, other)) / 10 for one, other in zip(*near, strict=True)]
print(round(float(np.mean(kept)), 3))
