"""The tour: the founding paper's five example tokens, or everyday words where the models have none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hyperpolyglot.explorer.explored import Explored
from hyperpolyglot.measures.examples import PAPER_TOKENS, example_rows
from hyperpolyglot.vocabulary import SPACE
from hyperpolyglot.writing.scripts import script_of

__all__ = ["tour"]

_STAND_INS = 24


def tour(models: Sequence[Explored]) -> list[dict[str, Any]]:
    """A stop for each of the paper's tokens: ``paper`` its spelling, ``shown`` what is shown, ``rows`` for each model.

    ``rows`` are positions in the models' columns, ``None`` where a model has no such token. Where no model has the
    paper's token, an everyday word stands in, of the same script if there is one; without any, there is no stop.
    """
    places = [_places(model) for model in models]
    stand_ins = _stand_ins(models[0])
    stops = []
    for paper in PAPER_TOKENS:
        shown = paper
        if not any(_find(place, paper) is not None for place in places):
            if not stand_ins:
                continue
            same_script = [word for word in stand_ins if script_of(word) == script_of(paper)]
            shown = (same_script or stand_ins)[0]
            stand_ins.remove(shown)
        stops.append({"paper": paper, "shown": shown, "rows": [_find(place, shown) for place in places]})
    return stops


def _places(model: Explored) -> dict[str, int]:
    """The first row of every display text among the tokens that have neighbours."""
    places: dict[str, int] = {}
    for row in model.near.queries.tolist():
        places.setdefault(model.space.vocabulary.texts[row], row)
    return places


def _find(places: dict[str, int], word: str) -> int | None:
    return places.get(SPACE + word, places.get(word))


def _stand_ins(model: Explored) -> list[str]:
    rows = example_rows(model.space, model.near.queries.tolist(), _STAND_INS)
    texts = (model.space.vocabulary.texts[row].removeprefix(SPACE) for row in rows)
    return [text for text in dict.fromkeys(texts) if text not in PAPER_TOKENS]
