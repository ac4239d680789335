"""A pruned model as a folder that opens again: the table, the tokenizer, the map of ids, a README, all numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from hyperpolyglot.applications.model_configuration import CONFIGURATION, Configuration, configuration_of
from hyperpolyglot.applications.model_folder import (
    LOADING,
    TENSOR,
    TOKENS,
    entry,
    listed,
    put,
    put_configuration,
    save_table,
    whole_folder,
)
from hyperpolyglot.applications.pruning.forms import Form
from hyperpolyglot.applications.pruning.price import Point
from hyperpolyglot.applications.pruning.prune import Pruning
from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import DamagedFile, HyperpolyglotError
from hyperpolyglot.folders import files_in, in_folder
from hyperpolyglot.provenance import document
from hyperpolyglot.regular import is_regular, read_regular
from hyperpolyglot.sources import title_of
from hyperpolyglot.types import Float32
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.registry import open_vocabulary_file
from hyperpolyglot.vocabulary import TokenKind, Vocabulary

__all__ = ["IDS", "write_pruned"]

IDS = "kept.json"
_LARGEST = 1 << 26
_BLOCK = 8192
_CLASSES, _ROLES, _ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
_FAST = "PreTrainedTokenizerFast"
_ROLE_OF = {"<unk>": "unk_token", "[UNK]": "unk_token", "<pad>": "pad_token", "[PAD]": "pad_token"}
_ROLE_OF |= {"<s>": "bos_token", "</s>": "eos_token", "<bos>": "bos_token", "<eos>": "eos_token"}
_ROLE_OF |= {"[CLS]": "cls_token", "[SEP]": "sep_token", "[MASK]": "mask_token", "<mask>": "mask_token"}


def write_pruned(found: Pruning, folder: str | PathLike[str]) -> list[dict[str, Any]]:
    """Write ``model.safetensors``, the tokenizer, ``kept.json``, ``prune.json`` and ``README.md`` to an empty folder.

    All of it or nothing. The tokenizer is read again and compared before the folder takes its place. Where it cannot
    be written anew, ``tokens.jsonl`` names the rows. ``kept.json`` maps each new id to the old one. Returns the files
    as ``{"path", "kind", "bytes", "digest"}``, README last. Raises ``UnsupportedFormat`` for a folder that is not
    empty, ``DamagedFile`` where the tokenizer that was written does not name the rows.

    >>> import tempfile
    >>> import hyperpolyglot as hp
    >>> found = hp.prune(hp.open_model("demo:e5"), ["el"], tokens=3000)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = hp.write_pruned(found, f"{folder}/made")
    ...     len(hp.open_model(f"{folder}/made"))
    3000
    """
    checked("write_pruned", found, Pruning, "a Pruning, as prune() gives it")
    checked("write_pruned", folder, (str, PathLike), "the path of a folder")
    space = found.space
    vocabulary = space.vocabulary.take(found.kept)
    old = space.ids[found.kept].tolist()
    configured = configuration_of(space)
    configured = configured and configured.resized(len(old), {i: new for new, i in enumerate(old)}.get)
    with whole_folder(folder) as place:
        table = place / "model.safetensors"
        stored = save_table(table, (len(old), space.dim), _blocks(found), space.matrix.dtype)
        files = [entry(table, "table")]
        if found.form is None:
            files.append(put(place / TOKENS, listed(vocabulary), "tokenizer"))
            configured = None
        else:
            made = found.form.cut(old, vocabulary.pieces)
            files.append(put(place / found.form.file, made, "tokenizer"))
            for name, text in _beside(found, found.form, vocabulary, old).items():
                files.append(put(place / name, text, "tokenizer"))
            choices = [None] if configured is None else [configured.to_bytes(), None]
            chosen = put_configuration(place, found.form.file, vocabulary, choices)
            configured = configured if chosen is not None else None
            files += [] if chosen is None else [entry(place / CONFIGURATION, "configuration")]
            _check(place / found.form.file, vocabulary)
        ids = json.dumps({str(new): i for new, i in enumerate(old)}, separators=(",", ":"))
        files.append(put(place / IDS, ids.encode(), "ids"))
        options = {name: getattr(found.options, name) for name in found.options.__slots__}
        options |= {"languages": {row["language"]: row["weight"] for row in found.languages}}
        numbers = document("prune", found.to_json(), [], options, found.options.seed)
        if found.provenance is not None:
            numbers["provenance"] |= {"models": [model.to_json() for model in found.provenance.models]}
        text_ = json.dumps(numbers, indent=1, ensure_ascii=True, allow_nan=False)
        files.append(put(place / "prune.json", text_.encode(), "numbers"))
        files.append(
            put(place / "README.md", _readme(found, vocabulary, stored, configured).encode(), "page")
        )
    return files


def _blocks(found: Pruning) -> Iterator[Float32]:
    for start in range(0, len(found.kept), _BLOCK):
        yield found.space.vectors(found.kept[start : start + _BLOCK])


def _check(path: Path, vocabulary: Vocabulary) -> None:
    """Raise ``DamagedFile`` where the tokenizer that was written has other tokens."""
    again = open_vocabulary_file(path, rows=len(vocabulary))
    if again.utf8 != vocabulary.utf8:
        i = next((i for i, (a, b) in enumerate(zip(again.utf8, vocabulary.utf8, strict=False)) if a != b), -1)
        at = (
            f"row {i} is {again.texts[i]!a}, not {vocabulary.texts[i]!a}"
            if i >= 0
            else f"it has {len(again)} tokens"
        )
        raise DamagedFile(path.name, f"the tokenizer that was written does not name the rows: {at}")


def _beside(found: Pruning, form: Form, vocabulary: Vocabulary, old: list[int]) -> Mapping[str, bytes]:
    """What lies beside the tokenizer and names its tokens: as the model has it, with the new ids."""
    source = found.space.vocabulary.tokenizer
    folder = source.path.parent if source is not None and source.path is not None else None
    there = {} if folder is None else _objects(folder)
    new = {i: place for place, i in enumerate(old)}
    written: dict[str, dict[str, Any]] = {}
    configuration = dict(there.get(_CLASSES, {}))
    added = configuration.get("added_tokens_decoder")
    if isinstance(added, dict):
        ids = {int(i): token for i, token in added.items() if i.isdecimal()}
        configuration["added_tokens_decoder"] = {str(new[i]): t for i, t in ids.items() if i in new}
    if form.file == "tokenizer.json" and not configuration:
        special = [vocabulary.pieces[i] for i, k in enumerate(vocabulary.kinds) if k == TokenKind.SPECIAL]
        roles = {_ROLE_OF[piece]: piece for piece in special if piece in _ROLE_OF}
        configuration = {"tokenizer_class": _FAST, **roles}
    if configuration:
        written[_CLASSES] = configuration
    if _ROLES in there:
        written[_ROLES] = there[_ROLES]
    listed_ids = {piece: new[i] for piece, i in there.get(_ADDED, {}).items() if i in new}
    if listed_ids:
        written[_ADDED] = listed_ids
    return {name: json.dumps(value, ensure_ascii=False, indent=1).encode() for name, value in written.items()}


def _objects(folder: Path) -> dict[str, dict[str, Any]]:
    """The files of a folder that name its tokens, as far as they can be read."""
    found: dict[str, dict[str, Any]] = {}
    for name in sorted({_CLASSES, _ROLES, _ADDED} & set(files_in(folder))):
        path = in_folder(folder, name)
        try:
            value = parse_json(read_regular(path, _LARGEST), name) if is_regular(path) else None
        except (HyperpolyglotError, OSError):
            continue
        if isinstance(value, dict):
            found[name] = value
    return found


def _rows(points: list[Point]) -> str:
    def shown(value: dict[str, float | None], digits: int) -> str:
        if value["value"] is None:
            return ""
        ends = "" if value["low"] is None else f" [{value['low']:.{digits}f}, {value['high']:.{digits}f}]"
        return f"{value['value']:.{digits}f}{ends}"

    return "\n".join(
        f"| {p.language} | {shown(p.fertility, 3)} | {shown(p.cost, 3)} | {shown(p.coverage, 4)} | "
        f"{shown(p.unknown, 4)} |"
        for p in points
    )


def _readme(found: Pruning, vocabulary: Vocabulary, stored: str, configured: Configuration | None) -> str:
    space, n = found.space, len(found.kept)
    languages = "\n".join(
        f"- {row['language']} (weight {row['weight']:.3g}): ranked by {row['ranked_by']}; price measured on "
        f"{row['judged_on']}."
        for row in found.languages
    )
    special = [i for i, kind in enumerate(vocabulary.kinds.tolist()) if kind == TokenKind.SPECIAL][:12]
    ids = ", ".join(f"`{vocabulary.pieces[i]}` {space.ids[found.kept[i]]} → {i}" for i in special)
    tokenizer = (
        f"`{TOKENS}` names the rows, and cuts no text: the tokenizer was not written anew."
        if found.form is None
        else f"`{found.form.file}` is the tokenizer with these tokens alone. It cuts text that needs no other token "
        "as the original does."
    )
    lost = "; ".join(
        f"{called}: {100 * (value['value'] or 0):.1f} % (chance {100 * (value['chance'] or 0):.1f} %)"
        for called, value in (
            ("ten nearest neighbours of kept tokens", found.lost["neighbors"]),
            ("pairs of tokens that translate each other", found.lost["translation"]),
        )
        if value["value"] is not None
    )
    return f"""# {title_of(space.model)}, {n:,} of its {len(space):,} tokens

`model.safetensors` holds one tensor, `{TENSOR}`, {n:,} × {space.dim:,} in {stored}: rows of the input embeddings as \
they were. `{IDS}` maps each new id to the old one, for other tables of the model (an output table, a bias). \
{tokenizer}

Ids that a configuration names change with the vocabulary: {ids or "there are no special tokens"}. \
`vocab_size` is {n}. {configured.told(identical=False) if configured else ""} {LOADING}

{languages}

Tokens that stay in any case: {found.staying:,}. Recommended: {found.recommended:,} tokens, the smallest size found at \
which no language needs more than {100 * found.options.within:g} % more tokens than before.

| language | tokens per word | over the whole vocabulary | coverage | unknown |
|---|---|---|---|---|
{_rows([p for p in found.curve if p.tokens == n])}

Lost with the tokens that were cut: {lost or "not measured"}. {100 * (1 - n / space.n_rows):.1f} % of the rows are \
saved. `prune.json` has the price at all sizes.

{chr(10).join(found.notes)}
"""
