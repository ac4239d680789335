"""``tokenizer.json`` cut down: its four models, the tokens added to them, and whatever names a token by its id."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from hyperpolyglot.applications.pruning.merging import Merge, by_ranks, derived, symbols
from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_object

__all__ = ["JsonForm", "read_json_form"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonForm:
    """The document, and for BPE how pairs are merged."""

    document: Json
    source: str
    merge: Merge | None = None
    prefix: str = ""
    suffix: str = ""
    file: ClassVar[str] = "tokenizer.json"

    def parts(self, piece: str) -> Sequence[str]:
        """The pieces on the way to a token (BPE), its characters (unigram, WordPiece), or itself alone."""
        if self.merge is not None:
            return derived(symbols(piece, self.prefix, self.suffix), self.merge) or (piece,)
        if _is_word_pieces(self.document["model"]):
            bare = piece.removeprefix(self.prefix)
            return [*bare, *(self.prefix + c for c in bare), piece]
        return [*piece, piece] if isinstance(self.document["model"]["vocab"], list) else (piece,)

    def cut(self, ids: Sequence[int], pieces: Sequence[str]) -> bytes:
        """The document with these tokens alone. Raises ``DamagedFile`` where what names tokens is malformed."""
        try:
            return json.dumps(self._cut(ids, pieces), ensure_ascii=False).encode("utf-8", "surrogatepass")
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise DamagedFile(
                self.source, f"a part of it that names tokens is malformed ({error})"
            ) from error

    def _cut(self, ids: Sequence[int], pieces: Sequence[str]) -> Json:
        new = {old: i for i, old in enumerate(ids)}
        place = {piece: i for i, piece in reversed(list(enumerate(pieces)))}
        document = dict(self.document)
        document["model"] = self._model(self.document["model"], new)
        added = [dict(token) for token in document.get("added_tokens") or [] if token["content"] in place]
        for token in added:
            token["id"] = place[token["content"]]
        document["added_tokens"] = sorted(added, key=lambda token: int(token["id"]))
        document["post_processor"] = self._renumbered(document.get("post_processor"), place)
        if isinstance(document.get("padding"), dict):
            token = document["padding"].get("pad_token")
            document["padding"] = document["padding"] | {"pad_id": self._place(place, token)}
        return document

    def _model(self, model: Json, new: Mapping[int, int]) -> Json:
        vocabulary = model["vocab"]
        if isinstance(vocabulary, list):
            kept = [vocabulary[old] for old in new if old < len(vocabulary)]
            unknown = model.get("unk_id")
            return model | {"vocab": kept, "unk_id": None if unknown is None else new.get(unknown)}
        there = {piece: new[old] for piece, old in vocabulary.items() if old in new}
        found = model | {"vocab": dict(sorted(there.items(), key=lambda item: item[1]))}
        if self.merge is not None:
            found["merges"] = [merge for merge in model.get("merges", []) if self._is_kept(merge, there)]
        return found

    def _is_kept(self, merge: Any, there: Mapping[str, int]) -> bool:
        left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
        joined = left + (right.removeprefix(self.prefix) if self.prefix else right)
        return left in there and right in there and joined in there

    def _place(self, place: Mapping[str, int], token: object) -> int:
        if not isinstance(token, str) or token not in place:
            raise DamagedFile(self.source, f"it names the token {str(token)[:40]!a}, which is not there")
        return place[token]

    def _renumbered(self, processor: Any, place: Mapping[str, int]) -> Any:
        """A post-processor with the new ids of the tokens that it puts around a text."""
        if not isinstance(processor, dict):
            return processor
        found = dict(processor)
        if isinstance(found.get("processors"), list):
            found["processors"] = [self._renumbered(inner, place) for inner in found["processors"]]
        if isinstance(found.get("special_tokens"), dict):
            found["special_tokens"] = {
                name: token | {"ids": [self._place(place, inner) for inner in token["tokens"]]}
                for name, token in found["special_tokens"].items()
            }
        for name in ("sep", "cls"):
            if isinstance(found.get(name), list) and found[name]:
                found[name] = [found[name][0], self._place(place, found[name][0])]
        return found


def _is_word_pieces(model: Json) -> bool:
    return model.get("type") == "WordPiece" or (
        "type" not in model and "continuing_subword_prefix" in model and "merges" not in model
    )


def read_json_form(data: bytes, source: str) -> JsonForm:
    """The form of a ``tokenizer.json``. Raises ``DamagedFile`` where it is none."""
    document = as_object(parse_json(data, source), source, "the document")
    model = as_object(document.get("model"), source, "the field model")
    if not isinstance(model.get("vocab"), list | dict):
        raise DamagedFile(source, "the vocabulary of the model is missing")
    prefix = model.get("continuing_subword_prefix") or ""
    suffix = model.get("end_of_word_suffix") or ""
    if _is_word_pieces(model):
        return JsonForm(document=document, source=source, prefix=prefix or "##")
    if "merges" not in model:
        return JsonForm(document=document, source=source)
    ranks: dict[tuple[str, str], int] = {}
    for rank, merge in enumerate(model["merges"]):
        left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
        ranks[left, right] = rank
    return JsonForm(
        document=document, source=source, merge=by_ranks(ranks, prefix), prefix=prefix, suffix=suffix
    )
