"""Which models number the pieces of their SentencePiece model otherwise than the model itself.

Tokenizers that come from fairseq put four tokens of their own first, Pegasus 105 and the first ChatGLM as many as it
has image tokens; some append the codes of languages. The layouts are those of the published tokenizers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.vocabularies.companions import Beside
from hyperpolyglot.vocabularies.language_codes import MBART, MBART50, NLLB
from hyperpolyglot.vocabularies.pieces import literal
from hyperpolyglot.vocabulary import Entry, TokenKind, special_kind

__all__ = ["Layout", "by_dictionary", "layout_of"]

_FOUR = ("<s>", "<pad>", "</s>", "<unk>")
_MASK = ("<mask>",)
_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class Layout:
    """How the ids of a model follow from the positions in its SentencePiece model.

    ``first`` are the names of the ids from 0 on; they stand for the first ``replaced`` pieces. All other pieces have
    the id of their position plus ``offset``. ``last`` follow; ``overlaps``: the last of them has the last piece's id.
    ``guessed``: told by the rows of the table alone.
    """

    first: tuple[str, ...] = _FOUR
    replaced: int = 3
    offset: int = 1
    last: tuple[str, ...] = ()
    overlaps: bool = False
    guessed: bool = False

    def rows(self, pieces: int) -> int:
        """How many ids there are for so many pieces."""
        return pieces + self.offset + len(self.last) - self.overlaps

    def applied(self, entries: list[Entry]) -> list[Entry]:
        """The entries of a SentencePiece model with the ids of this layout.

        >>> pieces = [Entry(i, piece, b"") for i, piece in enumerate(["<unk>", "<s>", "</s>", "▁a"])]
        >>> sorted((entry.id, entry.piece) for entry in Layout(last=("<mask>",)).applied(pieces))[3:]
        [(3, '<unk>'), (4, '▁a'), (5, '<mask>')]
        """
        names = [
            *enumerate(self.first),
            *enumerate(self.last, start=self.rows(len(entries)) - len(self.last)),
        ]
        kept = entries[self.replaced : len(entries) - self.overlaps]
        return [
            Entry(id_, name, literal(name), special_kind(name, declared=True) or TokenKind.SPECIAL)
            for id_, name in names
        ] + [entry._replace(id=entry.id + self.offset) for entry in kept]


_XLM_R = Layout(last=_MASK)
_MBART = Layout(last=MBART + _MASK)
_MBART50 = Layout(last=MBART50 + _MASK)
_NLLB = Layout(last=NLLB + _MASK)
_XGLM = Layout(last=tuple(f"<madeupword{i}>" for i in range(7)))
_MLUKE = Layout(last=(*_MASK, "<ent>", "<ent2>"))
_PLBART = Layout(last=("__java__", "__python__", "__en_XX__", *_MASK))
_CAMEMBERT = Layout(first=("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"), replaced=0, offset=4, last=_MASK)
_BARTHEZ = Layout(replaced=4, offset=0, last=_MASK, overlaps=True)
_SEAMLESS = Layout(first=("<pad>",), replaced=0)
_PROPHETNET = Layout(
    first=("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", *(f"[unused{i}]" for i in range(10))), offset=12
)


def _pegasus(beside: Beside) -> Layout | None:
    """Entries 2 to 104 are used in pre-training only; BigBird's Pegasus has none of them."""
    offset = beside.number("offset")
    offset = 103 if offset is None else _bounded(offset, "offset")
    if not offset:
        return None
    fill = (f"<unk_{i}>" for i in range(2, offset))
    return Layout(first=("<pad>", "</s>", "<mask_1>", "<mask_2>", *fill), replaced=2, offset=offset)


def _bounded(number: int, name: str) -> int:
    if number > _MOST:
        raise DamagedFile("tokenizer_config.json", f"{name} is {number}, more than any tokenizer has")
    return number


def _chatglm(beside: Beside, file: str) -> Layout | None:
    """The first ChatGLM, whose model is ``ice_text.model``; the later ones have no image tokens."""
    images = beside.number("num_image_tokens")
    if images is None:
        if not file.startswith("ice_text"):
            return None
        raise UnsupportedFormat(
            f"{file}: the pieces of ChatGLM come after its image tokens, whose number (num_image_tokens in "
            "tokenizer_config.json) is not given; give the tokenizer_config.json, or a tokenizer.json."
        )
    images = _bounded(images, "num_image_tokens")
    names = tuple(f"<image_{i}>" for i in range(images))
    return Layout(first=names, replaced=0, offset=images) if images else None


_BY_CLASS: dict[str, tuple[Layout, ...]] = {
    "XLMRobertaTokenizer": (_XLM_R,),
    "LayoutXLMTokenizer": (_XLM_R,),
    "MLukeTokenizer": (_MLUKE, _XLM_R),
    "MBartTokenizer": (_MBART, _MBART50),
    "MBart50Tokenizer": (_MBART50,),
    "NllbTokenizer": (_NLLB,),
    "XGLMTokenizer": (_XGLM,),
    "CamembertTokenizer": (_CAMEMBERT,),
    "BarthezTokenizer": (_BARTHEZ,),
    "PLBartTokenizer": (_PLBART,),
    "SeamlessM4TTokenizer": (_SEAMLESS,),
    "XLMProphetNetTokenizer": (_PROPHETNET,),
}
_BY_MODEL: dict[str, tuple[Layout, ...]] = {
    "xlm-roberta": (_XLM_R,),
    "xlm-roberta-xl": (_XLM_R,),
    "xmod": (_XLM_R,),
    "mbart": (_MBART, _MBART50),
    "nllb-moe": (_NLLB,),
    "m2m_100": (_NLLB,),
    "xglm": (_XGLM,),
    "camembert": (_CAMEMBERT,),
    "plbart": (_PLBART,),
    "seamless_m4t": (_SEAMLESS,),
    "seamless_m4t_v2": (_SEAMLESS,),
    "xlm-prophetnet": (_PROPHETNET,),
}
_LOOSE = (_XLM_R, _SEAMLESS)
"""Layouts of which a table may have fewer rows: vocabularies are trimmed, and masks left out."""

_BY_A_LIST = frozenset(
    {"M2M100Tokenizer", "MarianTokenizer", "Speech2TextTokenizer", "BartphoTokenizer", "ErnieMTokenizer"}
)
_MODELS_BY_A_LIST = frozenset({"marian", "speech_to_text", "ernie_m"})
_PEGASUS = frozenset({"PegasusTokenizer", "pegasus", "pegasus_x"})
_OF_A_TABLE = (_XLM_R, _XGLM, _MBART, _MBART50, _NLLB)
_PADDING = 8
_FAIRSEQ_NAME = "sentencepiece.bpe.model"
_POSITIONS = frozenset(
    [
        "albert",
        "big_bird",
        "deberta-v2",
        "fnet",
        "gemma",
        "gemma2",
        "gemma3_text",
        "llama",
        "mistral",
        "mixtral",
        "mt5",
        "rembert",
        "t5",
        "umt5",
        "xlnet",
    ]
)
"""Models whose ids are the positions in their SentencePiece model."""


def by_dictionary(beside: Beside) -> bool:
    """Whether a dictionary of fairseq beside a SentencePiece model has the ids: no other layout is known."""
    return beside.kind == "BartphoTokenizer" or not (beside.kind or beside.model in _BY_MODEL)


def layout_of(file: str, pieces: list[Entry], beside: Beside) -> Layout | None:
    """The layout of a model's ids; ``None`` where they are the positions in the SentencePiece model ``file``.

    Told by the class of the tokenizer, else the type of the model, else by the rows of the table and by fairseq's own
    file name. Raises ``UnsupportedFormat`` where ids are known not to be positions, but not what they are.
    """
    kind = beside.kind
    if kind in _BY_A_LIST or (not kind and beside.model in _MODELS_BY_A_LIST):
        raise UnsupportedFormat(
            f"the ids of {kind or beside.model} are not those of its SentencePiece model; give the model's vocab.json "
            "or tokenizer.json instead."
        )
    if kind == "ChatGLMTokenizer" or (not kind and file.startswith("ice_text")):
        return _chatglm(beside, file)
    if kind in _PEGASUS or (not kind and beside.model in _PEGASUS):
        return _checked((_pegasus(beside),), kind or beside.model, pieces, beside)
    known = _BY_CLASS.get(kind) if kind else _BY_MODEL.get(beside.model)
    if known is not None:
        return _checked(known, kind or beside.model, pieces, beside)
    return None if kind or beside.model in _POSITIONS else _by_rows(file, pieces, beside)


def _checked(
    layouts: tuple[Layout | None, ...], kind: str, pieces: list[Entry], beside: Beside
) -> Layout | None:
    """The layout whose ids are exactly the table's rows, else the first that fits into them."""
    found = [layout for layout in layouts if layout is not None]
    if not found:
        return None
    begins = tuple(entry.piece for entry in pieces[:3])
    if any(layout.replaced == 3 for layout in found) and begins != ("<unk>", "<s>", "</s>"):
        raise UnsupportedFormat(
            f"the ids of {kind} are counted from a SentencePiece model that begins with <unk> <s> </s>, but this one "
            f"begins with {' '.join(begins)[:60]!a}; give the model's tokenizer.json instead."
        )
    rows = beside.rows
    if rows is None:
        return found[0]
    exact = (layout for layout in found if layout.rows(len(pieces)) == rows)
    fits = (layout for layout in found if layout in _LOOSE or layout.rows(len(pieces)) <= rows)
    chosen = next(exact, None) or next(fits, None)
    if chosen is None:
        raise UnsupportedFormat(
            f"the ids of {kind} take {found[0].rows(len(pieces))} rows for the {len(pieces)} pieces of its "
            f"SentencePiece model, but the table has {rows}; give the model's tokenizer.json instead."
        )
    return chosen


def _by_rows(file: str, pieces: list[Entry], beside: Beside) -> Layout | None:
    """A layout that explains the rows of the table, for models whose configuration names no tokenizer."""
    count, rows = len(pieces), beside.rows
    if (
        rows is None
        or rows <= count
        or tuple(entry.piece for entry in pieces[:3]) != ("<unk>", "<s>", "</s>")
    ):
        return None
    if any(entry.kind is TokenKind.BYTE for entry in pieces) or any(id_ >= count for id_ in beside.added):
        return None
    own = {entry.piece for entry in pieces} | {"<pad>", "<mask>"}
    if any(name not in own for name in beside.named):
        return None
    if rows == _XLM_R.rows(count):
        return replace(_XLM_R, guessed=True)
    if file != _FAIRSEQ_NAME:
        return None
    for layout in _OF_A_TABLE:
        if layout.rows(count) == rows or (layout is _NLLB and 0 < rows - layout.rows(count) < _PADDING):
            return replace(layout, guessed=True)
    raise UnsupportedFormat(
        f"{file} is named as fairseq names its models, whose ids are not positions, but no known layout has {rows} "
        f"rows for {count} pieces; give the model's tokenizer.json, or its tokenizer_class in tokenizer_config.json."
    )
