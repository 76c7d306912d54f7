"""Whatever streams of one connection are sent, each is told why it ends, and nothing is left behind.

Without sockets: gRPC's calling side hides most refusals behind an error of its own (grpc/grpc issue 36066), and what is
sent behind a refusal is never read. Here every message that is counted has been taken by the service.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest

from guard.access.caller import LOCAL
from guard.access.limits import Limits
from guard.access.settings import LimitSettings
from guard.core.errors import GuardError
from guard.rpc.carrier import ConnectionParts
from guard.rpc.connection import Connection
from guard.rpc.errors import status_of
from guard.rpc.streams import Streams
from guard.statuses import STATUSES
from guard.v1.verification_pb2 import PictureFormat, StreamOpened, StreamVerifyRequest
from tests import service_fakes
from tests.rpc.generated import LENGTHS, fill
from tests.rpc.test_jpeg import HEIGHT, WIDTH, jpeg
from tests.rpc.test_verification import FORMAT, opening, sent

PATIENCE = 20.0
"""Seconds after which a connection counts as hanging."""
MESSAGES_PER_CONNECTION = 200
REACHED = 0.02
"""Of the messages so many at least must be frames that came through to a stream, or little was tried. Some 5 % are; a
busy processor, which closes streams later and so refuses new ones, has 3."""
REFUSALS = {status.code.value[0] for status in STATUSES.values() if status.code is not grpc.StatusCode.INTERNAL}
JPEG = PictureFormat(layout="PIXEL_LAYOUT_JPEG", width=WIDTH, height=HEIGHT)
PICTURE = jpeg()


def message(number: int, dice: random.Random) -> StreamVerifyRequest:
    """A message of one of three streams: sound, sound but for one part, or of any fields."""
    seat = dice.randrange(3)
    picture, data = ((FORMAT, None), (JPEG, PICTURE), (JPEG, damaged(dice)))[seat]
    if dice.random() < 0.2:
        picture, data = raw(dice)
    made = StreamVerifyRequest()
    match dice.randrange(20):
        case 0 | 1 | 2 | 3 | 4:
            made.MergeFrom(opening(f"seat {seat}", picture=picture))
        case 5:
            made.MergeFrom(opening(f"seat {seat}"))
            fill(made.open, dice)
        case 6:
            made.MergeFrom(sent(number, data))
            fill(made.frame, dice)
        case 7:
            fill(made, dice)
        case _:
            made.MergeFrom(sent(number, data))
    made.stream = f"{seat}" if dice.random() < 0.999 else dice.choice(("", "x" * 201))
    return made


def damaged(dice: random.Random) -> bytes:
    """A JPEG picture, one of its bytes changed."""
    picture = bytearray(PICTURE)
    picture[dice.randrange(len(picture))] = dice.randrange(256)
    return bytes(picture)


def raw(dice: random.Random) -> tuple[PictureFormat, bytes]:
    """A format of any layout, size and rotation that can be, and bytes that are just enough for it half of the time."""
    wide, high = dice.choice((1, 7, 64, 128, 131)), dice.choice((1, 2, 96, 128, 200))
    layout, rotation = dice.randint(1, 3), dice.choice((0, 90, 180, 270))
    picture = PictureFormat(layout=layout, width=wide, height=high, rotation=rotation, full_range=dice.random() < 0.5)
    enough = wide * high + (layout == 2) * 2 * ((wide + 1) // 2) * ((high + 1) // 2)
    return picture, dice.randbytes(dice.choice((enough, enough, enough - 1, dice.choice(LENGTHS))))


async def run(service: service_fakes.Parts, total: int, seed: int) -> int:
    """Send until the service has taken `total` messages; returns how many frames came through to a stream."""
    dice, taken = random.Random(seed), 0
    streams = Streams(service.calls, service.feed, StreamOpened, 0.0)

    async def requests() -> AsyncIterator[StreamVerifyRequest]:
        nonlocal taken
        calm = dice.random() < 0.5  # what was sent before is handled first, or as fast as the processor lets it
        for number in range(MESSAGES_PER_CONNECTION):
            if calm:
                await asyncio.wrap_future(pool.submit(lambda: None))
            yield message(number, dice)
            taken += 1

    with ThreadPoolExecutor(1) as pool:
        while taken < total:
            connection = Connection(ConnectionParts(service.calls, streams, pool, LOCAL, status_of))
            with suppress(GuardError):  # a handle that cannot be ends the connection
                async with asyncio.timeout(PATIENCE):
                    async for answer in connection.answers(requests()):
                        assert not answer.HasField("closed") or answer.closed.status.code in {0, *REFUSALS}
            connection.close(broken=dice.random() < 0.5)
            await service_fakes.until(lambda: not service.calls.participants())
    return int(service.value("guard_frames_received_total", transport="grpc"))


@pytest.fixture
async def service() -> AsyncIterator[service_fakes.Parts]:
    generous = Limits(LimitSettings(streams_per_minute=1_000_000, lock_seconds=1e-6))  # or most would be refused unread
    made = service_fakes.Parts(max_streams=2, limits=generous)  # one stream less than a connection opens
    working = asyncio.create_task(made.worker.run(made.calls.publish))
    yield made
    working.cancel()
    made.worker.shutdown()


@pytest.mark.slow
async def test_5000_messages_find_no_fault(service: service_fakes.Parts) -> None:
    assert await run(service, 5000, seed=1) > 5000 * REACHED


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_100000_messages_find_no_fault(service: service_fakes.Parts) -> None:
    assert await run(service, 100_000, seed=2) > 100_000 * REACHED
