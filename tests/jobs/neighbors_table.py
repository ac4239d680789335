"""The neighbours of a word as a table of pandas, in a CSV file."""

import sys

import pandas as pd

import hyperpolyglot as hp

space = hp.open_model(sys.argv[1])
table = hp.neighborhoods(space, "▁water", k=20).to_pandas()
table.to_csv("water.csv", index=False)
print(pd.read_csv("water.csv")[["token", "similarity"]].head(5).to_string())
