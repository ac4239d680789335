"""A transplant as a folder that opens as a model: the table, the tokenizer's files, a README, all numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from hyperpolyglot.applications.model_configuration import CONFIGURATION, Configuration, configuration_of
from hyperpolyglot.applications.model_folder import (
    LOADING,
    OUTPUT_TENSOR,
    TENSOR,
    TOKENS,
    entry,
    listed,
    put,
    put_configuration,
    save_tables,
    whole_folder,
)
from hyperpolyglot.applications.tokenizer_files import object_in
from hyperpolyglot.applications.transplantation.added_words import AddedWords
from hyperpolyglot.applications.transplantation.lengths import told
from hyperpolyglot.applications.transplantation.transplant import OutputTable, Transplant
from hyperpolyglot.applications.transplantation.trials import Trial
from hyperpolyglot.arguments import checked
from hyperpolyglot.folders import files_in, in_folder
from hyperpolyglot.provenance import document
from hyperpolyglot.regular import is_regular, read_regular
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32
from hyperpolyglot.vocabularies.registry import files_beside
from hyperpolyglot.vocabulary import TokenKind, Vocabulary

__all__ = ["write_transplant"]

_LARGEST = 1 << 28
_BLOCK = 8192
_CLASSES, _ANY_CLASS = "tokenizer_config.json", "PreTrainedTokenizerFast"
"""Where transformers looks for the class of a tokenizer before it takes that of the model's configuration."""
_UNCONFIGURED = "`vocab_size` in the configuration of such a model must be the number of rows."


def write_transplant(
    found: Transplant, folder: str | Path, source: TokenSpace | None = None
) -> list[dict[str, Any]]:
    """Write ``model.safetensors``, the target's tokenizer, ``transplant.json`` and ``README.md`` to an empty folder.

    Where the target's tokenizer is no file of its own (GGUF, a tokenizer in memory), ``tokens.jsonl`` names the rows.
    What :func:`extend` gives has the tokenizer with the new words, and its numbers in ``extend.json``. ``source``: the
    model that embeddings were made of; where it has a ``config.json``, it is written with the new number of rows and
    the ids that tokens have now.
    Returns the files as ``{"path", "kind", "bytes", "digest"}``, README last. Raises ``UnsupportedFormat`` for a
    folder that is not empty.

    >>> import tempfile
    >>> import hyperpolyglot as hp
    >>> some = hp.open_model("demo:e5").where(labels=["Grek", "Cyrl"])
    >>> found = hp.transplant(some, hp.open_model("demo:meaning"), method="mean", held_out=50)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = hp.write_transplant(found, Path(folder) / "made")
    ...     hp.open_model(Path(folder) / "made").dim == some.dim
    True
    """
    checked("write_transplant", found, Transplant, "a Transplant, as transplant() gives it")
    checked("write_transplant", folder, (str, PathLike), "the path of a folder")
    with whole_folder(folder) as place:
        tables = {TENSOR: found.embeddings} | (
            {} if found.output is None else {OUTPUT_TENSOR: found.output.embeddings}
        )
        save_tables(
            place / "model.safetensors", {name: (made.shape, _blocks(made)) for name, made in tables.items()}
        )
        files = [entry(place / "model.safetensors", "table")]
        copied = list(_tokenizer_files(found.target.vocabulary, found.added))
        for name, content in copied or [(TOKENS, listed(found.target.vocabulary))]:
            files.append(put(place / name, content, "tokenizer"))
        configured = _configuration(found, source) if copied else None
        written = [None if configured is None else configured.to_bytes(), None, _own_configuration(found)]
        chosen = put_configuration(place, copied[0][0], found.target.vocabulary, written) if copied else None
        configured = configured if chosen == written[0] else None
        files += [] if chosen is None else [entry(place / CONFIGURATION, "configuration")]
        origin = found.provenance
        name = "transplant" if found.added is None else "extend"
        numbers = document(name, found.to_json(), [], _options(found), found.options.seed)
        if origin is not None:
            numbers["provenance"] |= {"models": [model.to_json() for model in origin.models]}
        text = json.dumps(numbers, indent=1, ensure_ascii=True, allow_nan=False)
        files.append(put(place / f"{name}.json", text.encode(), "numbers"))
        files.append(put(place / "README.md", _readme(found, bool(copied), configured).encode(), "page"))
    return files


def _configuration(found: Transplant, source: TokenSpace | None) -> Configuration | None:
    """That of the model for the rows of the target, in which special tokens are found by their spelling."""
    if found.added is not None:
        return found.added.configuration
    known = None if source is None else configuration_of(source)
    if source is None or known is None:
        return None
    target = found.target.vocabulary
    ids = zip(target.pieces, target.kinds, found.target.ids.tolist(), strict=True)
    special = {piece: id_ for piece, kind, id_ in ids if kind == TokenKind.SPECIAL}
    named = dict(zip(source.ids.tolist(), source.vocabulary.pieces, strict=True))
    return known.resized(len(found.embeddings), lambda old: special.get(named.get(old, "")))


def _own_configuration(found: Transplant) -> bytes | None:
    """The ``config.json`` beside the tokenizer, which may be needed to read it."""
    tokenizer = found.target.vocabulary.tokenizer
    path = None if tokenizer is None else tokenizer.path
    folder = found.added.beside if found.added is not None else path and path.parent
    own = None if folder is None else in_folder(folder, CONFIGURATION)
    return read_regular(own, _LARGEST) if own is not None and is_regular(own) else None


def _options(found: Transplant) -> dict[str, Any]:
    return {name: getattr(found.options, name) for name in found.options.__slots__}


def _blocks(table: Float32) -> Iterator[Float32]:
    for start in range(0, len(table), _BLOCK):
        yield table[start : start + _BLOCK]


def _tokenizer_files(vocabulary: Vocabulary, added: AddedWords | None) -> Iterator[tuple[str, bytes]]:
    """The file that the vocabulary was read from or is in, and those that belong to it; none where there is no such."""
    if added is not None:
        folder, made = added.beside, dict(added.files)
    else:
        source = vocabulary.tokenizer
        if source is None or source.path is None:
            return
        folder, made = source.path.parent, {source.path.name: read_regular(source.path, _LARGEST)}
        named = object_in(folder, _CLASSES) or {}
        if source.form == "tokenizer.json" and not named.get("tokenizer_class"):
            made[_CLASSES] = json.dumps(named | {"tokenizer_class": _ANY_CLASS}, indent=1).encode()
    yield from made.items()
    if folder is not None:
        for several in files_beside(next(iter(made)), files_in(folder)):
            for name in several:
                if name not in made and name != CONFIGURATION:
                    yield name, read_regular(in_folder(folder, name), _LARGEST)


def _scores(trials: Sequence[Trial]) -> str:
    return "\n".join(
        f"| {t.method} | {' | '.join(map(_cell, (t.cosine, t.p1, t.overlap10, t.norm_ratio)))} |"
        for t in trials
        if t.label is None
    )


def _cell(score: Mapping[str, float | None]) -> str:
    ends = [f"{end:.3f}" for end in (score["low"], score["high"]) if end is not None]
    return f"{score['value']:.3f} [{', '.join(ends)}]" if ends else f"{score['value']:.3f}"


def _line(lengths: dict[str, float]) -> str:
    return told(lengths["scale"], lengths["power"])


def _of_output(found: OutputTable) -> str:
    return f"""
`{OUTPUT_TENSOR}`, {found.embeddings.shape[0]:,} × {found.embeddings.shape[1]:,}, is the output table (unembedding): \
{found.copied:,} rows are copied, the others built by the same method. Scores on the output rows of the same hidden \
tokens:

| method | cosine | P@1 | overlap of 10 neighbours | length ratio |
|---|---|---|---|---|
{_scores(found.methods)}

A built row {_line(found.lengths)}; {found.lengths["lengthened"]:,} rows were then \
lengthened and {found.lengths["shortened"]:,} shortened.
"""


def _of_words(added: AddedWords) -> str:
    refused = "".join(f"; {count:,} refused: {why}" for why, count in added.refused.items())
    first, last = added.first, added.first + len(added.words) - 1
    how = (
        "pieces of its model, ids {} to {}: they compete with the others, and a word that begins with a new one may "
        "be cut into this and its rest. Text in which no new word stands after a blank is cut as before."
        if added.matching == "pieces"
        else "added tokens, ids {} to {}. A new word that stands alone is one token, with the blanks before it; text "
        "without any of the words is cut as before."
    ).format(f"{first:,}", f"{last:,}")
    if added.misread:
        how += (
            f" The decoder of the tokenizer turns {added.misread:,} of them into other characters (é, ß, ğ), as it "
            "takes their letters for signs of bytes."
        )
    checked = (
        f"Each was cut by {added.checked_by}, and is one token."
        if added.checked_by
        else "The tokenizer's library was not asked whether each is one token."
    )
    return f"""`{next(iter(added.files))}` has the new words as {how} {checked} {added.replaced:,} of them take rows \
that had no token. All other rows are those of the model, first and in their order. {added.already:,} listed words \
were tokens already{refused}."""


def _readme(found: Transplant, whole: bool, configured: Configuration | None) -> str:
    origin = found.provenance
    names = [title_of(model.model) for model in origin.models] if origin else []
    of, to = names[0] if names else "a model", title_of(found.target.model)
    rows = [trial for trial in found.methods if trial.label is None]
    table = _scores(found.methods)
    by = ", ".join(f"{count:,} by `{name}`" for name, count in found.built_by.items()) or "none"
    names_rows = (
        "The tokenizer's files are those of the target."
        if whole
        else f"The target's tokenizer is no file of its own: `{TOKENS}` names the rows, and cuts no text."
    )
    tensors = "one tensor," if found.output is None else f"two tensors, `{OUTPUT_TENSOR}` (below) and"
    title = f"Embeddings of {of} for the vocabulary of {to}"
    if found.added is not None:
        title = f"{of} with {len(found.added.words):,} new tokens"
        names_rows = _of_words(found.added)
    numbers = "transplant.json" if found.added is None else "extend.json"
    choice = (
        "; `auto` is the choice itself, each token by the method that is chosen without it"
        if any(trial.method == "auto" for trial in rows)
        else ""
    )
    zero = "Rows without a token are zero. " if found.added is None else ""
    return f"""# {title}

`model.safetensors` holds {tensors} `{TENSOR}`, {found.embeddings.shape[0]:,} × {found.embeddings.shape[1]:,} in \
float32. Rows of {found.copied:,} shared tokens are copied; {found.built:,} are built: {by}. \
{zero}{names_rows}

Method: `{found.chosen}` (asked for: `{found.options.method}`). Scores on {rows[0].held_out:,} shared tokens that were \
hidden; P@1 among all tokens of the source, 95 % intervals{choice}:

| method | cosine | P@1 | overlap of 10 neighbours | length ratio |
|---|---|---|---|---|
{table}

A built row {_line(found.lengths)}, as the hidden tokens' lengths suggest; \
{found.lengths["lengthened"]:,} shorter and {found.lengths["shortened"]:,} longer than nearly all copied rows were \
then brought into their range. `{numbers}` has \
the scores by label, with intervals and chance levels, and how far the method is ahead of each other on the same \
tokens.

{LOADING} {configured.told(identical=found.added is not None) if configured else _UNCONFIGURED}
{"" if found.output is None else _of_output(found.output)}
{chr(10).join(found.notes)}
"""
