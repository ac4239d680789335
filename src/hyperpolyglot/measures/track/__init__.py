"""How a model learned its languages: the measures along checkpoints, and which of them move first."""

from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.track import Track, track

__all__ = ["Track", "TrackOptions", "track"]
