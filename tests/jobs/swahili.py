"""Which of these models serves Swahili best?"""

import sys

import hyperpolyglot as hp

spaces = [hp.open_model(name) for name in sys.argv[1:]]
found = hp.languages(spaces, hp.packaged_lexicon(), "sw")
for row in found.to_pandas().sort_values("pieces_per_word").to_dict("records"):
    print(row)
