"""The adapter for a description of a source."""

from collections.abc import Callable

from guard.daemoncalls import DaemonCalls
from guard.sources.attached import Adapter
from guard.sources.file import FileSource
from guard.sources.janus import JanusSource
from guard.sources.media import MakePeer
from guard.sources.reach import Reach
from guard.sources.specs import AnySpec, FileSpec, WhepSpec
from guard.sources.whep import WhepSource

READERS = 64
"""Threads that read files and live streams, at most."""


def adapters(reach: Reach, make_peer: MakePeer) -> Callable[[AnySpec], Adapter]:
    """Makes the adapter of a source; it raises SourceError for what the settings do not let the service reach."""
    threads = DaemonCalls(READERS)

    def adapter_of(spec: AnySpec) -> Adapter:
        if isinstance(spec, FileSpec):
            return FileSource(spec, reach, threads)
        if isinstance(spec, WhepSpec):
            return WhepSource(spec, reach, make_peer)
        return JanusSource(spec, reach, make_peer)

    return adapter_of
