"""What a token is made of: the tokens without which its tokenizer would not arrive at it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

__all__ = ["Merge", "by_ranks", "by_scores", "derived", "symbols"]

Merge = Callable[[str, str], tuple[float, str] | None]
"""The rank of joining two pieces, the least first, and what they make; ``None`` where they are not joined."""
_LONGEST = 1024


def by_ranks(ranks: Mapping[tuple[str, str], int], prefix: str = "") -> Merge:
    """Merges as a file lists them; ``prefix`` marks what continues a word, and is left out of the second piece."""

    def merge(left: str, right: str) -> tuple[float, str] | None:
        rank = ranks.get((left, right))
        return None if rank is None else (rank, left + (right.removeprefix(prefix) if prefix else right))

    return merge


def by_scores(scores: Mapping[str, float]) -> Merge:
    """Merges as SentencePiece makes them: any two pieces that make a piece, the best score first."""

    def merge(left: str, right: str) -> tuple[float, str] | None:
        score = scores.get(left + right)
        return None if score is None else (-score, left + right)

    return merge


def symbols(piece: str, prefix: str = "", suffix: str = "") -> list[str]:
    """What merging begins with: characters, marked by ``prefix`` but for a word's first, by ``suffix`` at its end.

    >>> symbols("ab"), symbols("##ab", prefix="##"), symbols("ab</w>", suffix="</w>")
    (['a', 'b'], ['##a', '##b'], ['a', 'b</w>'])
    """
    inside = bool(prefix) and piece.startswith(prefix)
    body = piece.removeprefix(prefix) if inside else piece
    ends = bool(suffix) and body.endswith(suffix) and body != suffix
    body = body.removesuffix(suffix) if ends else body
    found = [c if not prefix or (i == 0 and not inside) else prefix + c for i, c in enumerate(body)]
    if ends and found:
        found[-1] += suffix
    return found


def derived(parts: list[str], merge: Merge) -> list[str] | None:
    """All pieces on the way from symbols to the one piece that they become, in order, that piece last.

    Each step joins the pair of the least rank, of equal ones the first. ``None`` where more than one piece is left:
    then no text becomes this token by merges.

    >>> derived(list("abc"), by_ranks({("b", "c"): 0, ("a", "bc"): 1}))
    ['a', 'b', 'c', 'bc', 'abc']
    >>> derived(list("abc"), by_ranks({("a", "b"): 0, ("b", "c"): 1, ("a", "bc"): 2})) is None
    True
    """
    if not 0 < len(parts) <= _LONGEST:
        return None
    found = dict.fromkeys(parts)
    held: list[str | None] = list(parts)
    after = [*range(1, len(parts)), -1]
    before = [*range(-1, len(parts) - 1)]
    waiting: list[tuple[float, int, int, str, str, str]] = []

    def offer(left: int) -> None:
        right = after[left] if left >= 0 else -1
        first, second = (held[left], held[right]) if right >= 0 else (None, None)
        if first is not None and second is not None and (joined := merge(first, second)):
            heapq.heappush(waiting, (joined[0], left, right, first, second, joined[1]))

    for place in range(len(parts)):
        offer(place)
    left_over = len(parts)
    while waiting:
        _, left, right, first, second, joined = heapq.heappop(waiting)
        if held[left] != first or held[right] != second or after[left] != right:
            continue
        held[left], held[right] = joined, None
        after[left] = after[right]
        if after[right] >= 0:
            before[after[right]] = left
        found[joined] = None
        left_over -= 1
        offer(before[left])
        offer(left)
    return list(found) if left_over == 1 else None
