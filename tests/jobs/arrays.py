"""Arrays with their tokens are a model, whatever library made them."""

from pathlib import Path

import numpy as np
import torch

import hyperpolyglot as hp

vectors, tokens = np.load("vectors.npy"), Path("tokens.txt").read_text("utf8").split("\n")
one = hp.from_arrays(vectors, tokens, name="numpy")
other = hp.from_arrays(torch.from_numpy(vectors).to(torch.bfloat16), tokens, name="torch")
print(one.labels.counts() == other.labels.counts(), one.table.dtype, other.table.dtype)
near = [hp.neighborhoods(space, "water", k=3).table() for space in (one, other)]
print([row["token"] for row in near[0]], [row["token"] for row in near[1]])
