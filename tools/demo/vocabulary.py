"""Chooses the pieces of the shared vocabulary and writes them as a Unigram tokenizer.

A trained Unigram model spends its pieces on fragments, and a reader finds no words in it. So the pieces
are chosen: per script a fixed number, first the everyday words, then characters, whole words with the
locales of the script taking turns, and frequent beginnings and ends of words.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from cldr import Entry
from everyday import EMOJI, EVERYDAY
from locales import UNSPACED
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from words import main_script, script_of

UNKNOWN = "<unk>"
MARK = "▁"
QUOTAS = {
    "Latn": 5400, "Cyrl": 1700, "Arab": 1250, "Hani": 1150, "Deva": 950, "Hang": 560, "Beng": 550,
    "Ethi": 550, "Mymr": 530, "Kana": 530, "Hira": 260, "Vaii": 260, "Tfng": 220, "Tibt": 300,
    "Syrc": 300, "Nkoo": 310, "Rohg": 310, "Cakm": 320, "Adlm": 310,
}  # fmt: skip
QUOTA_ELSEWHERE = 525
DIGITS = "0123456789"

CHARACTER_SHARE = {"Hani": 0.45, "Hang": 0.35}  # of a script's quota; 0.3 elsewhere
WORD_SHARE = 0.85  # characters and whole words together; the rest are beginnings and ends
TIMES_USED = 2
SHARED_WORDS = 3
LONGEST_UNSPACED = 8  # characters in a run of an unspaced script that may still be one word


def everyday_words(entries: list[Entry]) -> dict[str, set[str]]:
    """For each locale its words for the everyday concepts, weekdays and months, as CLDR gives them."""
    by_key = {(entry.locale, entry.concept): entry for entry in entries}
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.name and entry.concept.startswith(("weekday:", "month:")):
            found[entry.locale].add(entry.name)
    for locale in {entry.locale for entry in entries}:
        for emoji in EVERYDAY.values():
            named = [by_key.get((locale, f"emoji:{key}")) for key in emoji.split()]
            found[locale] |= _shared_words([entry for entry in named if entry is not None])
    return found


def scorable_words(entries: list[Entry], held_out: set[str]) -> dict[str, set[str]]:
    """For each locale the one-word names of held-out concepts that its training entries use at least twice.

    Without these tokens there would be next to no question on the held-out concepts.
    """
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        if entry.concept not in held_out:
            used[entry.locale].update({word for phrase in entry.phrases for word in phrase})
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.concept in held_out and entry.name and used[entry.locale][entry.name] >= TIMES_USED:
            found[entry.locale].add(entry.name)
    return found


def _shared_words(entries: list[Entry]) -> set[str]:
    """The one-word names, and the words that most of the entries have in common."""
    names = {entry.name for entry in entries if entry.name}
    votes = Counter(
        word for entry in entries for word in {word for phrase in entry.phrases for word in phrase}
    )
    return names | {word for word, count in _top(votes, SHARED_WORDS) if count > 1}


def runs(word: str) -> Iterator[str]:
    """A word of a spaced script as it is; in unspaced scripts its stretches of one script."""
    if main_script(word) not in UNSPACED:
        yield word
        return
    current = ""
    for character in word:
        script = script_of(character)
        if current and script not in ("Zinh", "Zyyy") and script != main_script(current):
            yield current
            current = ""
        current += character
    yield current


def piece(word: str) -> str:
    """The vocabulary's spelling of a whole word: with the word-start mark where words are spaced."""
    return word if main_script(word) in UNSPACED else MARK + word


def choose_pieces(entries: list[Entry], forced: dict[str, set[str]]) -> list[tuple[str, float]]:
    """Pieces with their Unigram scores, the commonest first."""
    frequency: dict[str, Counter[str]] = defaultdict(Counter)  # per locale: word -> entries that hold it
    for entry in entries:
        frequency[entry.locale].update(
            {run for phrase in entry.phrases for word in phrase for run in runs(word)}
        )
    must: dict[str, set[str]] = defaultdict(set)
    words: dict[str, dict[str, Counter[str]]] = defaultdict(dict)  # per script, per locale
    for locale, counts in frequency.items():
        for word, count in counts.items():
            words[main_script(word)].setdefault(locale, Counter())[word] = count
        for word in forced[locale]:
            parts = list(runs(word))
            if len(parts) == 1:
                must[main_script(word)].add(word)
    weights: dict[str, float] = dict.fromkeys(EMOJI, 20.0) | dict.fromkeys(DIGITS, 50.0)
    weights[MARK] = 1000.0
    for script in sorted(set(words) - {"Zyyy"}):
        weights.update(_script_pieces(script, words[script], must[script]))
    total = sum(weights.values())
    scored = [(text, math.log(weight / total)) for text, weight in weights.items()]
    return sorted(scored, key=lambda item: (-item[1], item[0]))


def _script_pieces(script: str, words: dict[str, Counter[str]], must: set[str]) -> dict[str, float]:
    """One script's pieces and weights: a whole word outweighs its parts, so that it is preferred to them."""
    quota = QUOTAS.get(script, QUOTA_ELSEWHERE)
    total = Counter[str]()
    for counts in words.values():
        total.update(counts)
    characters = Counter[str]()
    for word, count in total.items():
        characters.update(dict.fromkeys(word, count))
    most = int(quota * CHARACTER_SHARE.get(script, 0.3))
    chosen = {character: 0.3 * count for character, count in _top(characters, most)}
    for word in sorted(must):
        chosen[piece(word)] = 3.0 * total[word]
    for word in _in_turn(words):
        if len(chosen) >= quota * WORD_SHARE:
            break
        if len(word) > 1 and (script not in UNSPACED or len(word) <= LONGEST_UNSPACED):
            chosen[piece(word)] = 3.0 * total[word]
    for part, count in _top(_parts(total, script), quota):
        if len(chosen) >= quota:
            break
        chosen.setdefault(part, 0.05 * count)
    return chosen


def _in_turn(words: dict[str, Counter[str]]) -> Iterator[str]:
    """The locales' words, commonest first, one locale after the other, so that none is crowded out."""
    queues = [[word for word, _ in _top(counts, len(counts))] for _, counts in sorted(words.items())]
    for rank in range(max(map(len, queues))):
        for queue in queues:
            if rank < len(queue):
                yield queue[rank]


def _parts(words: Counter[str], script: str) -> Counter[str]:
    parts = Counter[str]()
    for word, count in words.items():
        for length in range(2, min(6, len(word))):
            parts[word[:length] if script in UNSPACED else MARK + word[:length]] += count
            parts[word[-length:]] += count
    return parts


def _top(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]


def unigram(scored: Iterable[tuple[str, float]]) -> Tokenizer:
    """The tokenizer: NFKC, spaces to word-start marks, and the pieces in the given order after `<unk>`."""
    tokenizer = Tokenizer(models.Unigram([(UNKNOWN, 0.0), *scored], unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=MARK, prepend_scheme="always")
    return tokenizer


def prune(scored: list[tuple[str, float]], seen: set[str]) -> list[tuple[str, float]]:
    """Drop the pieces that no training string needs: their rows would be empty."""
    return [(text, score) for text, score in scored if text in seen or text == MARK]
