"""Which tokens are meant: by what they say, by their ids, or a sample of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np

from hyperpolyglot.arguments import Kinds, checked
from hyperpolyglot.errors import TokenNotFound
from hyperpolyglot.folding import fold_accents
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Int32
from hyperpolyglot.vocabulary import SPACE, TokenKind

__all__ = ["find_ids", "find_tokens", "sample_rows"]


def find_tokens(space: TokenSpace, text: str) -> list[int]:
    """Positions of the tokens that a text means: ``Nike`` finds ``Nike`` and ``▁Nike``, ``▁Nike`` only itself.

    A space at the start stands for ``▁``. Raises ``TokenNotFound`` with the closest spellings there are.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> [space.vocabulary.texts[row] for row in hp.find_tokens(space, "water")]
    ['▁water']
    """
    checked("find_tokens", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("find_tokens", text, str, "the text of a token")
    wanted = text.replace(" ", SPACE)
    spellings = {wanted} if wanted.startswith(SPACE) else {wanted, SPACE + wanted}
    texts = space.vocabulary.texts
    kinds = space.vocabulary.kinds
    found = [i for i, t in enumerate(texts) if t in spellings and kinds[i] != TokenKind.PADDING]
    if not found:
        near = _closest(wanted, texts)
        hint = f"the closest are {', '.join(near)}" if near else "nothing is spelled like it"
        raise TokenNotFound(f"{space.model}: {text!r} is not a token of this vocabulary; {hint}.")
    return found


def find_ids(space: TokenSpace, ids: Sequence[int]) -> list[int]:
    """Positions of the tokens with these ids. Raises ``TokenNotFound`` for an id without a token.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> [space.vocabulary.texts[row] for row in hp.find_ids(space, [3217])]
    ['▁water']
    """
    checked("find_ids", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("find_ids", ids, Iterable, "a list of ids")
    positions = {int(token_id): row for row, token_id in enumerate(space.ids.tolist())}
    for token_id in ids:
        row = positions.get(token_id)
        if row is None or space.vocabulary.kinds[row] == TokenKind.PADDING:
            raise TokenNotFound(
                f"{space.model}: no token has the id {token_id}; ids run from 0 to {space.n_rows - 1}."
            )
    return [positions[token_id] for token_id in ids]


def sample_rows(space: TokenSpace, share: float, seed: int = 0, *, exclude: Kinds = ()) -> Int32:
    """A seeded sample of the candidates without replacement, at least one, int32 ascending.

    ``share`` is a part of them, or a count where it is a whole number above one.

    >>> import hyperpolyglot as hp
    >>> len(hp.sample_rows(hp.open_model("demo:meaning"), 0.01, seed=1))
    237
    >>> len(hp.sample_rows(hp.open_model("demo:meaning"), 500))
    500
    """
    checked("sample_rows", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    if not share > 0 or (share > 1 and share != int(share)):
        raise ValueError(f"a sample is a share of the tokens, up to 1, or a count of them, not {share}.")
    candidates = space.candidates(exclude).rows
    count = int(share) if share > 1 else max(1, round(share * len(candidates)))
    random = np.random.default_rng(seed)
    return np.sort(random.choice(candidates, min(count, len(candidates)), replace=False)).astype(np.int32)


def _closest(text: str, texts: Sequence[str], count: int = 5) -> list[str]:
    target = fold_accents(text.removeprefix(SPACE))
    same, similar = [], []
    for t in texts:
        if abs(len(t) - len(text)) > 2 or not t:
            continue
        folded = fold_accents(t.removeprefix(SPACE))
        if folded == target:
            same.append(t)
        elif folded[:1] == target[:1]:
            similar.append(t)
    by_spelling: dict[str, str] = {}
    for t in similar:
        by_spelling.setdefault(fold_accents(t.removeprefix(SPACE)), t)
    near = difflib.get_close_matches(target, list(by_spelling), n=count, cutoff=0.5)
    return list(dict.fromkeys([*same, *(by_spelling[n] for n in near)]))[:count]
