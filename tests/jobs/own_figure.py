"""A figure of script diversity, with one's own title, in the size of a column."""

import hyperpolyglot as hp
from hyperpolyglot import figures

space = hp.open_model("models/base")
found = hp.diversity(hp.neighbors(space, k=20), space.labels)
figure = figures.draw_diversity([("base", found)])
figure.set_size_inches(3.3, 2.2)
figure.axes[0].set_title("Scripts among 20 neighbours", fontsize=8)
figures.save(figure, "diversity.pdf")
print(round(found.mean, 2), round(found.expected, 2))
