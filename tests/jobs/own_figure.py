"""A figure of script diversity on axes of one's own, in the size of a column."""

from matplotlib import pyplot

import hyperpolyglot as hp

space = hp.open_model("models/base")
found = hp.diversity(hp.neighbors(space, k=20), space.labels)
figure, ax = pyplot.subplots(figsize=(3.3, 2.2), layout="constrained")
found.plot(ax=ax)
ax.set_title("Scripts among 20 neighbours", fontsize=8)
figure.savefig("diversity.pdf")
print(round(found.mean, 2), round(found.expected, 2))
