"""Streams that wait for their caller to come back."""

import gc
import weakref

import pytest

from guard.access.caller import LOCAL
from guard.rpc.streams import Streams
from guard.v1.verification_pb2 import StreamOpen, StreamOpened
from tests.rpc.test_verification import FORMAT
from tests.service_fakes import Parts


@pytest.mark.slow
async def test_a_waiting_stream_whose_participant_joined_anew_leaves_nothing_behind() -> None:
    service = Parts()
    streams = Streams(service.calls, service.feed, StreamOpened, 30.0)
    opening = StreamOpen(participant="seat", claim="Dora", format=FORMAT)
    waiting = []
    for _ in range(3):
        stream = await streams.open(opening, LOCAL)
        streams.keep(stream)
        waiting.append(weakref.ref(stream.watcher))
    gc.collect()
    assert [watcher() is None for watcher in waiting] == [True, True, False]
    streams.end(stream)
