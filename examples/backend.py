"""A conferencing backend: verifies the participants of a call over one connection, prints changes of decision.

python examples/backend.py 127.0.0.1:50051 Ada=ada.mp4 Berta=berta.mp4
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import av
import numpy as np

from guard.client import GuardClient, LumaFrame, Reopened


async def main(address: str, *participants: str) -> None:
    async with GuardClient(address) as client, asyncio.TaskGroup() as call:
        for participant in participants:
            call.create_task(verify(client, *participant.split("=", 1)))


async def verify(client: GuardClient, claim: str, video: str) -> None:
    async for verdict in client.stream_verify(frames(video), call="example", participant=claim, claim=claim):
        if isinstance(verdict, Reopened):
            print(f"{claim}: the service was restarted; what it knew of this call is lost", flush=True)
        elif verdict.decision_changed:
            print(f"{verdict.time:7.2f} s  {claim}: {verdict.decision}", flush=True)


async def frames(video: str) -> AsyncIterator[LumaFrame]:
    """In place of what a media server has decoded: the luma plane of each picture of a file."""
    with av.open(video) as container:
        for picture in container.decode(video=0):
            gray = picture.reformat(format="yuv420p")
            luma = np.frombuffer(gray.planes[0], np.uint8).reshape(-1, gray.planes[0].line_size)
            yield LumaFrame(luma[: gray.height, : gray.width], picture.time, rotation=round(-picture.rotation) % 360)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
