"""Which models number the pieces of their SentencePiece model otherwise than the model itself.

Tokenizers that come from fairseq put four tokens of their own first. The layout of XLM-R is applied; the
others add language codes or placeholders from lists in code, so their ids are known only from a ``tokenizer.json``.
"""

from __future__ import annotations

from collections.abc import Mapping

from hyperpolyglot.errors import UnsupportedFormat

__all__ = ["fairseq_layout"]

_XLM_R_CLASSES = frozenset({"XLMRobertaTokenizer", "LayoutXLMTokenizer"})
_XLM_R_MODELS = frozenset({"xlm-roberta", "xlm-roberta-xl", "xmod"})
_OTHER_CLASSES = frozenset(
    {
        "BarthezTokenizer",
        "BartphoTokenizer",
        "CamembertTokenizer",
        "ErnieMTokenizer",
        "M2M100Tokenizer",
        "MBart50Tokenizer",
        "MBartTokenizer",
        "MLukeTokenizer",
        "MarianTokenizer",
        "NllbTokenizer",
        "PLBartTokenizer",
        "PegasusTokenizer",
        "SeamlessM4TTokenizer",
        "Speech2TextTokenizer",
        "XGLMTokenizer",
        "XLMProphetNetTokenizer",
    }
)
_OTHER_MODELS = frozenset(
    {
        "camembert",
        "m2m_100",
        "marian",
        "mbart",
        "nllb-moe",
        "pegasus",
        "plbart",
        "seamless_m4t",
        "seamless_m4t_v2",
        "speech_to_text",
        "xglm",
        "xlm-prophetnet",
    }
)
_ANY_CLASS = frozenset({"PreTrainedTokenizer", "AutoTokenizer", "TokenizersBackend", "SentencePieceBackend"})


def fairseq_layout(config: Mapping[str, object]) -> bool:
    """Whether a model's ids follow the layout of XLM-R, by its ``tokenizer_class`` or else its ``model_type``.

    ``config`` is the contents of ``config.json``, ``tokenizer_config.json``, or both. Raises
    ``UnsupportedFormat`` for models known to number their tokens in yet another way.

    >>> fairseq_layout({"tokenizer_class": "XLMRobertaTokenizerFast"}), fairseq_layout({"model_type": "t5"})
    (True, False)
    """
    name, model = config.get("tokenizer_class"), config.get("model_type")
    if isinstance(name, str) and name.removesuffix("Fast") not in _ANY_CLASS:
        kind, ours, others = name.removesuffix("Fast"), _XLM_R_CLASSES, _OTHER_CLASSES
    else:
        kind, ours, others = str(model), _XLM_R_MODELS, _OTHER_MODELS
    if kind in others:
        raise UnsupportedFormat(
            f"the ids of {kind} are not those of its SentencePiece model; give the model's tokenizer.json instead."
        )
    return kind in ours
