"""Memory stays flat while participants come and go for a long time, some of them without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import grpc
import pytest

from guard.bundle import Bundle
from guard.client import GuardClient, LumaFrame
from guard.core.items import Frame
from guard.scrape import Samples, scraped
from guard.streambench import CLAIM, enrol, service
from tests.service_fakes import moving, until

STREAMS, FRAMES = 8, 100
WARM_UP, WAVES, LOOKS = 40, 10, 4


async def frames() -> AsyncIterator[LumaFrame]:
    for number in range(FRAMES):
        yield LumaFrame(moving(number), number / 25, full_range=True)


async def take_part(client: GuardClient, seat: str, claim: str, verdicts: int) -> None:
    """Join, if there is room, and leave at the end of the frames, or after so many verdicts without a word."""
    async with aclosing(client.stream_verify(frames(), participant=seat, claim=claim)) as stream:
        try:
            async for verdict in stream:
                if verdict.sequence >= verdicts:
                    return
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise


async def memory_after(addresses: dict[str, str], waves: int) -> float:
    """Resident bytes of the service once so many waves of participants have come and gone.

    Only one of the first wave claims a name: who fails at it again and again is locked out.
    """
    for wave in range(waves):
        async with GuardClient(addresses["grpc"]) as client:
            await asyncio.gather(
                *(
                    take_part(client, f"seat {n}", "" if n or wave else CLAIM, 5 if n % 4 == 1 else 1000)
                    for n in range(STREAMS)
                )
            )
    samples: Samples = {}

    def read() -> Samples:
        nonlocal samples
        samples = scraped(addresses["http"])
        return samples

    await until(lambda: read()['guard_streams_open{transport="grpc"}'] == 0)
    return samples["process_resident_memory_bytes"]


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_memory_is_what_it_was_after_hundreds_have_come_and_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_GUARD_RESUME_SECONDS", "0")  # nobody comes back for a stream that was left
    enrol(
        tmp_path / "gallery.sqlite", Bundle.default(), [Frame(moving(number), number / 25) for number in range(FRAMES)]
    )
    async with service(["--gallery", str(tmp_path / "gallery.sqlite")]) as addresses:
        before = await memory_after(dict(addresses), WARM_UP)
        after = min([await memory_after(dict(addresses), WAVES) for _ in range(LOOKS)])  # holes come and go
        received = scraped(addresses["http"])['guard_frames_received_total{transport="grpc"}']
    assert received > 0.2 * FRAMES * STREAMS * (WARM_UP + WAVES * LOOKS)  # a slow machine lets some of them in only
    assert after <= 1.05 * before
