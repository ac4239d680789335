"""Models of the Hugging Face Hub, opened for the price of their embedding.

:func:`open_repository` asks for the files of a repository at one commit; a :class:`Repository` opens each as a
source of bytes of which only headers and the one tensor are transferred, into a cache that every later run, and
one without a network, reads from. ``cached_entries``, ``verify`` and ``prune`` look after that cache.
"""

from hyperpolyglot.errors import AccessRefused, NotCached, TransferError
from hyperpolyglot.hub.connection import Connection, Policy
from hyperpolyglot.hub.link import RemoteFileInfo
from hyperpolyglot.hub.manage import Entry, cached_entries, prune, verify
from hyperpolyglot.hub.names import HubName, parse_name
from hyperpolyglot.hub.refs import list_refs
from hyperpolyglot.hub.remote import RemoteFile
from hyperpolyglot.hub.repository import Repository, open_repository

__all__ = [
    "AccessRefused",
    "Connection",
    "Entry",
    "HubName",
    "NotCached",
    "Policy",
    "RemoteFile",
    "RemoteFileInfo",
    "Repository",
    "TransferError",
    "cached_entries",
    "list_refs",
    "open_repository",
    "parse_name",
    "prune",
    "verify",
]
