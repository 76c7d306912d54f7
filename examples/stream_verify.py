"""Verify one participant's video over gRPC, as an application that decodes frames itself would.

    python examples/stream_verify.py VIDEO --claim NAME [--address 127.0.0.1:50051]

Sends the luma plane of every picture at the speed of the video and prints verdicts as they come. A service that asks
who calls is given a token (--token-file, read anew at every call, for tokens run out) or a certificate (--certificate
and --key), and one that speaks TLS is known by --ca.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import av
import grpc
import numpy as np

from guard.client import ClientTls, GuardClient, GuardError, LumaFrame, Reopened, Verdict, field_of


async def main() -> int:
    parser = argparse.ArgumentParser(description="Verify one participant's video over gRPC.")
    parser.add_argument("video")
    parser.add_argument("--claim", required=True, help="the enrolled name that the video is said to show")
    parser.add_argument("--address", default="127.0.0.1:50051")
    parser.add_argument("--token-file", type=Path, help="file with a bearer token")
    parser.add_argument("--ca", type=Path, help="PEM of whom to trust; the service speaks TLS")
    parser.add_argument("--certificate", type=Path, help="PEM of our own certificate")
    parser.add_argument("--key", type=Path, help="PEM of its key")
    options = parser.parse_args()
    token = (lambda: options.token_file.read_text().strip()) if options.token_file else None
    tls = ClientTls(options.ca, options.certificate, options.key) if options.ca else None
    async with GuardClient(options.address, token=token, tls=tls) as client:
        stream = client.stream_verify(frames(options.video), participant="example", claim=options.claim)
        try:
            async for verdict in stream:
                print(line(verdict))
        except grpc.aio.AioRpcError as refusal:
            print(f"refused: {refusal.details()} (field: {field_of(refusal) or 'none'})")
            return 1
    return 0


async def frames(path: str) -> AsyncIterator[LumaFrame]:
    """The luma plane of each picture, when its time has come."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with av.open(path) as container:
        for picture in container.decode(video=0):
            gray = picture.reformat(format="yuv420p")
            luma = np.frombuffer(gray.planes[0], np.uint8).reshape(-1, gray.planes[0].line_size)
            await asyncio.sleep(began + picture.time - loop.time())
            yield LumaFrame(luma[: gray.height, : gray.width], picture.time, rotation=round(-picture.rotation) % 360)


def line(verdict: Verdict | Reopened) -> str:
    if isinstance(verdict, Reopened):
        return "the service was restarted; what it knew of this call is lost"
    measured = f"score {verdict.score:+.3f}" if verdict.score is not None else f"no score: {verdict.reason}"
    return f"{verdict.time:7.2f} s  {verdict.decision:<18}  evidence {verdict.evidence:+6.2f}  {measured}"


if __name__ == "__main__":
    try:
        raise SystemExit(asyncio.run(main()))
    except (av.FFmpegError, GuardError, OSError) as fault:  # of the video, a frame, the token, a certificate
        raise SystemExit(f"{Path(__file__).name}: {fault}") from None
