"""Runs in a process of its own: a tokenizer library cuts texts with a file that nobody has checked.

Standard input: a line of JSON, the tokenizer's bytes, the lengths of the texts as int32, for each text a byte that says
whether it is a word that follows a space, the texts. Standard output: a line of JSON, where each text's tokens begin as
int64, their ids as int32. Nothing of the package is imported here.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from array import array
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

_AT_ONCE = 1 << 12
_UNKNOWN = -1
_PROBES = ("a", "in", "the", "house", "water")


class Tokenizer(NamedTuple):
    """Ids of many texts, without special tokens; the id of what is unknown; the piece of an id."""

    encode: Callable[[list[str]], Iterable[list[int]]]
    unknown: int | None
    piece: Callable[[int], str] | None = None


def limited(memory: int, seconds: int, output: int) -> None:
    """Bounds on what this process may take; where the system has none, only the parent's clock bounds it."""
    try:
        import resource
    except ImportError:
        return
    bounds = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in bounds:
        _, hard = resource.getrlimit(what)
        with contextlib.suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard),) * 2)


def _of_tokenizers(data: bytes, settings: dict[str, Any]) -> Tokenizer:
    from tokenizers import Tokenizer as Fast

    made = Fast.from_str(data.decode("utf-8"))
    made.no_truncation()
    made.no_padding()
    if getattr(made.model, "dropout", None) is not None:
        made.model.dropout = None
    model = json.loads(data).get("model", {})
    name = model.get("unk_token")
    unknown = made.token_to_id(name) if isinstance(name, str) else model.get("unk_id")
    return _fast(made, unknown)


def _fast(made: Any, unknown: int | None) -> Tokenizer:
    many = getattr(made, "encode_batch_fast", made.encode_batch)
    return Tokenizer(lambda texts: (f.ids for f in many(texts, add_special_tokens=False)), unknown)


def _of_word_pieces(data: bytes, settings: dict[str, Any]) -> Tokenizer:
    """BERT's own tokenizer: a ``vocab.txt`` says no more than the pieces; ``added`` are the tokens of other files."""
    from tokenizers import AddedToken, models, normalizers, pre_tokenizers
    from tokenizers import Tokenizer as Fast

    lines = data.decode("utf-8").removeprefix("\ufeff").split("\n")
    ids = {line.removesuffix("\r"): i for i, line in enumerate(lines) if line}
    unknown = "[UNK]"
    made = Fast(models.WordPiece(ids, unk_token=unknown, max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=settings["han_apart"],
        strip_accents=settings["strip_accents"],
        lowercase=settings["lower"],
    )
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    added = {token.pop("id"): AddedToken(**token) for token in settings.get("added", [])}
    made.add_tokens([token for token in added.values() if token.content not in ids])
    if any(made.token_to_id(token.content) != id_ for id_, token in added.items()):
        raise ValueError("tokens that are added to it have other ids")
    return _fast(made, ids[unknown])


def _of_sentencepiece(data: bytes, settings: dict[str, Any]) -> Tokenizer:
    from sentencepiece import SentencePieceProcessor

    made = SentencePieceProcessor()
    if not made.LoadFromSerializedProto(data):
        raise ValueError("it is no SentencePiece model")
    return Tokenizer(
        lambda texts: (made.encode(t, out_type=int) for t in texts), made.unk_id(), made.id_to_piece
    )


def _of_tiktoken(data: bytes, settings: dict[str, Any]) -> Tokenizer:
    ranks = {}
    for line in data.splitlines():
        if line.strip():
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
    return _ranked(ranks, settings)


def _of_tekken(data: bytes, settings: dict[str, Any]) -> Tokenizer:
    document = json.loads(data)
    config = document["config"]
    special = config["default_num_special_tokens"]
    used = config["default_vocab_size"] - special
    ranks = {base64.b64decode(t["token_bytes"]): t["rank"] for t in document["vocab"] if t["rank"] < used}
    return _ranked(ranks, {"pattern": config["pattern"], "offset": special})


def _ranked(ranks: dict[bytes, int], settings: dict[str, Any]) -> Tokenizer:
    from tiktoken import Encoding

    made = Encoding("file", pat_str=settings["pattern"], mergeable_ranks=ranks, special_tokens={})
    offset = settings.get("offset", 0)
    return Tokenizer(lambda texts: ([i + offset for i in made.encode_ordinary(t)] for t in texts), None)


FORMS: dict[str, Callable[[bytes, dict[str, Any]], Tokenizer]] = {
    "tokenizer.json": _of_tokenizers,
    "vocab.txt": _of_word_pieces,
    "SentencePiece": _of_sentencepiece,
    "tiktoken": _of_tiktoken,
    "Tekken": _of_tekken,
}
"""How a library takes each form of tokenizer file."""


def marks_spaces(encode: Callable[[list[str]], Iterable[list[int]]]) -> bool:
    """Whether most words take no more tokens after a space than without: so they are to be cut as in a text.

    Others put a space before each text themselves, or have a token for it alone.
    """
    alone, after = ([len(found) for found in encode([mark + w for w in _PROBES])] for mark in ("", " "))
    return sum(a <= b for a, b in zip(after, alone, strict=True)) > len(_PROBES) / 2


def encoded(made: Tokenizer, texts: list[str], most: int) -> tuple[array[int], array[int], dict[int, str]]:
    """Where each text's tokens begin, and their ids; −1 is unknown. Raises ``ValueError`` for more than ``most``."""
    starts, ids = array("q", [0]), array("i")
    for first in range(0, len(texts), _AT_ONCE):
        for found in made.encode(texts[first : first + _AT_ONCE]):
            ids.extend(_UNKNOWN if i == made.unknown else i for i in found)
            if len(ids) > most:
                raise ValueError(f"it makes more than {most} tokens of the texts")
            starts.append(len(ids))
    pieces = {} if made.piece is None else {i: made.piece(i) for i in sorted(set(ids) - {_UNKNOWN})}
    return starts, ids, pieces


def main() -> None:
    """Read, cut, write; an exception becomes its message."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    order = json.loads(source.readline())
    limited(order["memory"], order["seconds"], order["output"])
    sys.path.extend(order["folders"])
    data = source.read(order["bytes"])
    lengths = array("i", source.read(4 * order["texts"]))
    words = source.read(order["texts"])
    texts = [source.read(length).decode("utf-8") for length in lengths]
    try:
        made = FORMS[order["form"]](data, order["settings"])
        if any(words) and marks_spaces(made.encode):
            texts = [f" {text}" if word else text for text, word in zip(texts, words, strict=True)]
        starts, ids, pieces = encoded(made, texts, order["most"])
    except BaseException as error:  # a library in Rust raises PanicException, which is no Exception
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        target.write(json.dumps({"refused": reason[:300]}).encode() + b"\n")
        return
    target.write(json.dumps({"tokens": len(ids), "pieces": pieces}).encode() + b"\n")
    target.write(starts.tobytes() + ids.tobytes())


if __name__ == "__main__":
    main()
