"""What a connection does when one of its streams never opens."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from guard.access.caller import LOCAL
from guard.core.errors import GalleryError
from guard.rpc.carrier import INBOX, ConnectionParts
from guard.rpc.connection import Connection
from guard.rpc.errors import status_of
from guard.rpc.streams import Streams
from guard.v1.verification_pb2 import StreamOpened, StreamVerifyRequest
from tests import service_fakes
from tests.rpc.test_connection import of
from tests.rpc.test_verification import opening, sent


async def test_frames_behind_an_opening_that_is_refused_hold_up_no_other_stream() -> None:
    service, looked_up = service_fakes.Parts(), threading.Event()

    def slow(name: str, model_id: str, tenant: str = "") -> None:
        looked_up.wait(10)
        raise GalleryError("cannot be read")

    async def requests() -> AsyncIterator[StreamVerifyRequest]:
        yield of("good", opening("one", claim=""))
        yield of("bad", opening("two"))
        for number in range(INBOX):
            yield of("bad", sent(number))
        looked_up.set()
        yield of("bad", sent(INBOX))  # does not fit: the reader waits when the refusal comes

    service.gallery.template = slow  # type: ignore[method-assign]
    streams = Streams(service.calls, service.feed, StreamOpened, 30.0)
    with ThreadPoolExecutor(1) as pool:
        connection = Connection(ConnectionParts(service.calls, streams, pool, LOCAL, status_of))
        async with asyncio.timeout(10):
            answers = [answer async for answer in connection.answers(requests())]
    ends = {answer.stream: answer.closed.status.code for answer in answers if answer.HasField("closed")}
    assert set(ends) == {"good", "bad"}
    assert ends["good"] == 0
    assert not service.calls.participants()
