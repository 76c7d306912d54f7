"""Stream a video file as a participant of a call, from a program without an event loop.

    python examples/stream_file.py VIDEO --claim NAME [--fast] [--address 127.0.0.1:50051]

Sends pictures at the speed of the video, or with --fast as soon as the service takes them, and prints decisions.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import av
import grpc
import numpy as np

from guard.client import GuardError, LumaFrame, Reopened, field_of
from guard.client_sync import SyncGuardClient


def main() -> int:
    parser = argparse.ArgumentParser(description="Stream a video file as a participant of a call.")
    parser.add_argument("video")
    parser.add_argument("--claim", required=True, help="the enrolled name that the video is said to show")
    parser.add_argument("--fast", action="store_true", help="do not wait for a picture's time")
    parser.add_argument("--address", default="127.0.0.1:50051")
    options = parser.parse_args()
    pictures = frames(options.video) if options.fast else in_real_time(frames(options.video))
    with SyncGuardClient(options.address) as client:
        try:
            for verdict in client.stream_verify(pictures, participant="example", claim=options.claim):
                if isinstance(verdict, Reopened):
                    print("the service was restarted; what it knew of this call is lost")
                    continue
                print(f"{verdict.time:7.2f} s  {verdict.decision:<18}  evidence {verdict.evidence:+6.2f}")
        except grpc.aio.AioRpcError as refusal:
            print(f"refused: {refusal.details()} (field: {field_of(refusal) or 'none'})")
            return 1
    return 0


def frames(path: str) -> Iterator[LumaFrame]:
    """The luma plane of each picture."""
    with av.open(path) as container:
        for picture in container.decode(video=0):
            gray = picture.reformat(format="yuv420p")
            luma = np.frombuffer(gray.planes[0], np.uint8).reshape(-1, gray.planes[0].line_size)
            yield LumaFrame(luma[: gray.height, : gray.width], picture.time, rotation=round(-picture.rotation) % 360)


def in_real_time(pictures: Iterator[LumaFrame]) -> Iterator[LumaFrame]:
    """Each picture when its time has come."""
    began = time.monotonic()
    for picture in pictures:
        time.sleep(max(0.0, began + picture.time - time.monotonic()))
        yield picture


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except (av.FFmpegError, GuardError, OSError) as fault:  # of the video, a frame, the token, a certificate
        raise SystemExit(f"{Path(__file__).name}: {fault}") from None
