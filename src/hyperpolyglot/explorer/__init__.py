"""Models to look at in a browser: a map of all tokens, search in any script, neighbours, two models side by side.

``bundle`` lays models out as files, ``page`` shows them and needs nothing else, ``server`` hands them to this machine's
browser only. ``moving`` shows the maps of a tracked run on one page that opens from disk.
"""

from hyperpolyglot.explorer.bundle import Bundle, make_bundle, write_bundle
from hyperpolyglot.explorer.explored import ExploreOptions
from hyperpolyglot.explorer.moving import moving_page
from hyperpolyglot.explorer.notebook import Explorer, explore

__all__ = [
    "Bundle",
    "ExploreOptions",
    "Explorer",
    "explore",
    "make_bundle",
    "moving_page",
    "write_bundle",
]
