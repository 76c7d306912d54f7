"""Verifies the participants of a call over one connection: backend.py 127.0.0.1:50051 Ada=ada.mp4 Berta=berta.mp4"""

import asyncio
import sys
from collections.abc import AsyncIterator

import av
import numpy as np

from guard.client import GuardClient, LumaFrame, Reopened


async def main(address: str, *streams: str) -> bool:
    async with GuardClient(address) as client:
        return any(await asyncio.gather(*(verify(client, one) for one in streams), return_exceptions=True))


async def verify(client: GuardClient, stream: str) -> None:
    claim, _, video = stream.partition("=")
    try:
        async for verdict in client.stream_verify(frames(video), call="example", participant=claim, claim=claim):
            if isinstance(verdict, Reopened):
                print(f"{claim}: the service was restarted; what it knew of this call is lost", flush=True)
            elif verdict.decision_changed:
                print(f"{verdict.time:7.2f} s  {claim}: {verdict.decision}", flush=True)
    except Exception as fault:  # a refusal of the service has details; the other participants go on
        print(f"{claim}: {getattr(fault, 'details', fault.__str__)()}", flush=True)
        raise


async def frames(video: str) -> AsyncIterator[LumaFrame]:  # in place of what a media server has decoded
    with av.open(video) as container:
        for picture in container.decode(video=0):
            gray = picture.reformat(format="yuv420p")
            luma = np.frombuffer(gray.planes[0], np.uint8).reshape(-1, gray.planes[0].line_size)
            yield LumaFrame(luma[: gray.height, : gray.width], picture.time, rotation=round(-picture.rotation) % 360)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:])) if len(sys.argv) > 2 else __doc__)
