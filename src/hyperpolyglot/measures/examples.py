"""Which tokens to show a reader: the paper's, everyday words of English and of each script, then its commonest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hyperpolyglot.arguments import Kinds
from hyperpolyglot.measures.neighbors import Neighborhood, Neighborhoods, Neighbors, neighborhoods
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.vocabulary import SPACE, TokenKind

__all__ = ["EVERYDAY", "PAPER_TOKENS", "example_neighborhoods", "example_rows"]

NEIGHBORS_SHOWN = 20
PAPER_TOKENS = ("Comment", "Nike", "miliki", "när", "アメリカ")
READ_FIRST = ("water", "mother", "Monday", "when")
_EVERYDAY = """
    water вода 水 पानी ماء νερό מים 물 น้ำ জল நீர் წყალი ջուր ውሃ
    mother мать 母 माँ أم μητέρα אמא 어머니 แม่ মা தாய் დედა մայր እናት
    Monday понедельник 月曜日 सोमवार الاثنين Δευτέρα שני 월요일 จันทร์ সোমবার திங்கள் ორშაბათი երկուշաբթի ሰኞ
    when когда 何時 कब متى πότε מתי 언제 เมื่อ কখন எப்போது როდის երբ መቼ
    cat кошка 猫 बिल्ली قطة γάτα חתול 고양이 แมว বিড়াল பூனை კატა կատու ድመት
    sun солнце 太陽 सूरज شمس ήλιος שמש 태양 หัวใจ সূর্য சூரியன் მზე արև ፀሐይ
"""
EVERYDAY = tuple(_EVERYDAY.split())


def example_rows(space: TokenSpace, known: Sequence[int], count: int = 16) -> list[int]:
    """Up to ``count`` positions out of ``known``: the paper's tokens, *water*, *mother*, *Monday* and *when*, then one
    everyday word for each further script.

    Scripts without an everyday word in the vocabulary give their best-scored token of two letters or more, in
    the order of their size.
    """
    allowed = set(known)
    by_text: dict[str, int] = {}
    for row in known:
        by_text.setdefault(space.vocabulary.texts[row], row)

    def find(word: str) -> int | None:
        return by_text.get(SPACE + word, by_text.get(word))

    chosen = [row for row in map(find, (*PAPER_TOKENS, *READ_FIRST)) if row is not None]
    shown = {space.labels.of(row) for row in chosen}
    for everyday in map(find, EVERYDAY):
        if everyday is not None and space.labels.of(everyday) not in shown:
            chosen.append(everyday)
            shown.add(space.labels.of(everyday))
    if len(chosen) < count:
        others = (label for label in space.labels.counts() if label not in shown)
        commonest = (_commonest(space, label, allowed) for label in others)
        chosen += [row for row in commonest if row is not None]
    return list(dict.fromkeys(chosen))[:count]


def _commonest(space: TokenSpace, label: str, allowed: set[int]) -> int | None:
    rows = np.flatnonzero(space.labels.codes == space.labels.names.index(label))
    kinds, scores = space.vocabulary.kinds, space.vocabulary.scores
    ordered = rows[np.argsort(-np.nan_to_num(scores[rows], nan=-1e30), kind="stable")]
    for row in ordered.tolist():
        text = space.vocabulary.texts[row].removeprefix(SPACE)
        if row in allowed and kinds[row] == TokenKind.TEXT and len(text) > 1 and text.isalpha():
            return int(row)
    return None


def example_neighborhoods(
    space: TokenSpace, near: Neighbors, *, protocol: str = "default", exclude: Kinds = ()
) -> Neighborhoods:
    """The tokens of :func:`example_rows` with up to twenty neighbours each, taken from ``near`` where it has as many.

    ``protocol="paper"`` searches anew, for the paper counts the token itself among its neighbours.
    """
    known = near.queries.tolist()
    rows = example_rows(space, known)
    paper = protocol == "paper"
    if paper or near.k < NEIGHBORS_SHOWN:
        count = min(NEIGHBORS_SHOWN, len(known) - 1)
        return neighborhoods(space, rows, count, include_self=paper, exclude=exclude)
    position = {row: i for i, row in enumerate(known)}
    first = near.first(NEIGHBORS_SHOWN)
    return stamped(
        Neighborhoods(
            space=space,
            queries=tuple(
                Neighborhood(
                    row=row,
                    rows=tuple(first.rows[position[row]].tolist()),
                    similarity=tuple(first.similarity[position[row]].tolist()),
                )
                for row in rows
            ),
        ),
        came_from(space),
    )
