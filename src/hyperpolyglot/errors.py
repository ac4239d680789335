"""Every error a user can meet. One root, so that one ``except`` catches them all.

    HyperpolyglotError
    ├── ModelNotFound        nothing there by that name
    ├── DamagedFile          a file is truncated, malformed or lies about itself
    ├── UnsupportedFormat    a file is fine, but not of a kind that can be opened
    ├── TensorNotFound       no embedding table could be told among the tensors
    ├── VocabularyNotFound   no tokenizer file says what the rows stand for
    ├── Misaligned           names of tokens do not fit the rows of the table, and that was not to be
    ├── TokenNotFound        a text or id is not in the vocabulary
    ├── NotEnoughData        an analysis has too little to work on
    ├── NotEnoughMemory      a ceiling for memory is too low for any way to go
    ├── MissingExtra         an optional package is needed
    ├── StudyMistaken        a study file asks for something that is not there
    ├── ClusterFailed        the workers of a cluster cannot do a step, or are gone
    └── TransferError        a file of the Hub could not be had
        ├── AccessRefused    the repository is gated or private
        └── NotCached        the Hub is not to be asked, and the file is not in the cache

Each message is one sentence: what was wrong, where, and what to try.
"""

from __future__ import annotations

__all__ = [
    "AccessRefused",
    "ClusterFailed",
    "DamagedFile",
    "HyperpolyglotError",
    "Misaligned",
    "MissingExtra",
    "ModelNotFound",
    "NotCached",
    "NotEnoughData",
    "NotEnoughMemory",
    "StudyMistaken",
    "TensorNotFound",
    "TokenNotFound",
    "TransferError",
    "UnsupportedFormat",
    "VocabularyNotFound",
]


class HyperpolyglotError(Exception):
    """The root of all errors that are the input's doing and not a bug."""


class ModelNotFound(HyperpolyglotError):
    """Nothing on disk answers to the name that was given."""


class DamagedFile(HyperpolyglotError):
    """A file is truncated, malformed, or its header contradicts its contents.

    >>> str(DamagedFile("model.gguf", "the header ends early"))
    'model.gguf: the header ends early.'
    """

    def __init__(self, where: object, what: str) -> None:
        super().__init__(f"{where}: {what}.")
        self.where = str(where)


class UnsupportedFormat(HyperpolyglotError):
    """A file is of a kind, or holds a construction, that is not opened."""


class TensorNotFound(HyperpolyglotError):
    """No tensor of the checkpoint could be recognised as the embedding table."""


class VocabularyNotFound(HyperpolyglotError):
    """There is no tokenizer file from which to learn what the rows stand for."""


class Misaligned(HyperpolyglotError):
    """Names of tokens are off from the rows of the table, and the opening was to be strict."""


class TokenNotFound(HyperpolyglotError):
    """A text or an id that was asked for is not in the vocabulary."""


class NotEnoughData(HyperpolyglotError):
    """An analysis was left with too few tokens to say anything."""


class NotEnoughMemory(HyperpolyglotError):
    """A ceiling for memory is too low for a search, however it is divided."""


class MissingExtra(HyperpolyglotError):
    """An optional package is not installed.

    >>> str(MissingExtra("a layout by umap-learn", "map"))
    "a layout by umap-learn needs an optional package: pip install 'hyperpolyglot[map]'."
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional package: pip install 'hyperpolyglot[{extra}]'.")
        self.extra = extra


class StudyMistaken(HyperpolyglotError):
    """A study file is not TOML, or asks for what there is not; one line for each mistake."""


class ClusterFailed(HyperpolyglotError):
    """A cluster cannot be reached or started, lost its scheduler, or its workers die of a step."""


class TransferError(HyperpolyglotError):
    """A file of the Hub could not be transferred, or what came is not what was announced."""


class AccessRefused(TransferError):
    """The repository is gated or private, and the token, if there is one, does not open it."""


class NotCached(TransferError):
    """The Hub is not to be asked (``HF_HUB_OFFLINE=1``) or not reachable, and something is not in the cache."""
