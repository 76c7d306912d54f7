"""Load as a conferencing backend makes it: many streams in real time over gRPC, sent by a process of their own.

Verdicts are counted, not frames: a service that drops frames evenly looks busy and scores nothing.
"""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import grpc
import numpy as np

from guard.access.caller import DEFAULT_TENANT
from guard.bench import textures
from guard.bundle import Bundle
from guard.core.errors import EngineError
from guard.core.items import FPS, SIZE, Cut, Frame, Gray
from guard.core.scoring import directions
from guard.engine import OnnxEngine
from guard.enrolment.clips import Clip, Windows
from guard.gallery import Gallery
from guard.gallery.items import Consent, Reference
from guard.rpc.messages import duration, seconds
from guard.scrape import cuts, latency_ms, of_process, scraped
from guard.v1.types_pb2 import Reason
from guard.v1.verification_pb2 import (
    PictureFormat,
    PixelLayout,
    StreamOpen,
    StreamVerifyRequest,
    StreamVerifyResponse,
    VideoFrame,
)
from guard.v1.verification_pb2_grpc import VerificationServiceStub

CLAIM = "bench"
ENROLLED = 16 * FPS
"""Frames of whom all streams show that are enrolled."""
STARTS_WITHIN = 60.0
"""Seconds that the service may take to listen."""
SERVE = (sys.executable, "-m", "guard.cli.benchservice", "serve", "--http-port", "0", "--grpc-port", "0")
FORMAT = PictureFormat(layout=PixelLayout.PIXEL_LAYOUT_GRAY8, width=SIZE, height=SIZE, full_range=True)


@dataclass(slots=True)
class Tally:
    """What one stream sent and got. Times are seconds; `sent_at` is by frame, on the monotonic clock."""

    sent_at: list[float] = field(default_factory=list)
    # Verdicts by the reason why they carry no score; "" counts those that do.
    verdicts: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    refused: bool = False

    def take(self, response: StreamVerifyResponse) -> None:
        """Count a verdict. Its time is that of its newest frame, which tells when that was sent."""
        if response.WhichOneof("message") == "verdict":
            verdict = response.verdict
            reason = "" if verdict.HasField("score") else Reason.Name(verdict.reason).removeprefix("REASON_")
            self.verdicts[reason] += 1
            self.latencies.append(monotonic() - self.sent_at[round(seconds(verdict.time) * FPS)])


async def measure_streams(bundle: Path | None, streams: int, length: float) -> dict[str, object]:
    """Run a service and send it `streams` streams of `length` seconds at 25 frames a second; what came back."""
    model = Bundle.load(bundle) if bundle else Bundle.default()
    with tempfile.TemporaryDirectory(prefix="guard-bench-") as folder:
        gallery = Path(folder) / "gallery.sqlite"
        enrol(gallery, model, [Frame(picture, at) for at, picture in performance(ENROLLED, 1)])
        options = ["--gallery", str(gallery), *(["--bundle", str(bundle)] if bundle else [])]
        async with service(options) as addresses:
            before = scraped(addresses["http"])
            tallies = await send_all(addresses["grpc"], streams, length)
            after = scraped(addresses["http"])
    facts = {"model_id": model.model_id, "streams": streams, "seconds": length}
    seen = {"cuts": cuts(before, after), "latency_from_arrival_ms": latency_ms(before, after)}
    return facts | counted(tallies, max(model.horizons), model.verdict_stride) | seen | of_process(before, after)


def enrol(gallery: Path, model: Bundle, shown: Iterable[Frame | Cut]) -> None:
    """The one whom all streams show, as in a call: impostors cost a mirror check each, and nobody sends only those."""
    windows = Windows(OnnxEngine(model), model.settings())
    clip = Clip("bench", "bench")
    for event in shown:
        if isinstance(event, Cut):
            windows.cut(event)
        else:
            clip.windows += windows.take(event)
    one = Reference(directions(clip.embeddings, model.centre), clip.seconds, clip.session)
    now = datetime.now(UTC)
    nobody = Consent("the benchmark, of nobody", now, "load", now + timedelta(days=1))
    Gallery(gallery).put(DEFAULT_TENANT, CLAIM, model.model_id, [one], nobody)


def performance(frames: int, seed: int) -> Iterator[tuple[float, Gray]]:
    """So many times and pictures: two seconds of pictures in an order that is no loop, or none would be scored."""
    pictures = textures(2 * FPS)
    for number, place in enumerate(np.random.default_rng(seed).integers(len(pictures), size=frames)):
        yield number / FPS, pictures[place]


@asynccontextmanager
async def service(options: list[str]) -> AsyncIterator[Mapping[str, str]]:
    """A service on free ports: where it listens, and its `pid`. EngineError when it ends before that."""
    own_keys = os.environ | {"AVATAR_GUARD_GALLERY_KEYS": ""}  # the gallery of a run has its own beside it
    process = await asyncio.create_subprocess_exec(*SERVE, *options, stderr=PIPE, env=own_keys)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            addresses = await listening(process.stderr)
        reading = asyncio.create_task(process.stderr.read())  # a full pipe would hold the service up
        yield {**addresses, "pid": str(process.pid)}
        process.terminate()
        await reading
        await process.wait()
    finally:
        await ended(process)


async def ended(process: Process) -> None:
    """Wait for the process, which is killed unless it has been told to end."""
    if process.returncode is None:
        process.kill()
    await process.wait()


async def listening(said: asyncio.StreamReader) -> Mapping[str, str]:
    """The line in which the service says where it listens."""
    async for line in said:
        if line.startswith(b"{") and (event := json.loads(line))["event"] == "listening":
            return event  # type: ignore[no-any-return]
    raise EngineError("the service ended before it listened")


async def send_all(address: str, streams: int, length: float) -> list[Tally]:
    """All streams at once, their frames spread over the 40 ms from one to the next."""
    tallies = [Tally() for _ in range(streams)]
    pictures = [picture.tobytes() for _, picture in performance(int(length * FPS), 0)]
    async with grpc.aio.insecure_channel(address) as channel:
        stub = VerificationServiceStub(channel)
        begin = monotonic() + 1.0
        await asyncio.gather(
            *(
                Sender(stub, f"seat {number}", begin + number / streams / FPS, tally).run(pictures)
                for number, tally in enumerate(tallies)
            )
        )
    return tallies


@dataclass(frozen=True, slots=True)
class Sender:
    """One stream in real time: each frame is sent when it is due, however the service fares."""

    stub: VerificationServiceStub
    participant: str
    begin: float
    tally: Tally

    async def run(self, pictures: Sequence[bytes]) -> None:
        """Send and count until the last verdict has come, or the stream was refused."""
        opened = asyncio.Event()
        try:
            async for response in self.stub.StreamVerify(self._requests(opened, pictures)):
                opened.set()
                self.tally.take(response)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            self.tally.refused = True
        finally:
            opened.set()  # what sends must not wait for ever when the stream is over

    async def _requests(self, opened: asyncio.Event, pictures: Sequence[bytes]) -> AsyncIterator[StreamVerifyRequest]:
        yield StreamVerifyRequest(open=StreamOpen(participant=self.participant, claim=CLAIM, format=FORMAT))
        await opened.wait()
        for number, data in enumerate(() if self.tally.refused else pictures):
            await asyncio.sleep(self.begin + number / FPS - monotonic())
            self.tally.sent_at.append(monotonic())
            frame = VideoFrame(time=duration(number / FPS), data=data)
            yield StreamVerifyRequest(frame=frame)


def counted(tallies: list[Tally], horizon: int, stride: int) -> dict[str, object]:
    """What the sender saw. A verdict is due every `stride` frames, with a score once `horizon` frames have come."""
    served = [tally for tally in tallies if not tally.refused]
    frames = [len(tally.sent_at) for tally in served]
    verdicts = sum((tally.verdicts for tally in served), Counter[str]())
    return {
        "streams_refused": len(tallies) - len(served),
        "frames_sent": sum(frames),
        "verdicts_due": sum(len(range((horizon - 1) % stride, sent, stride)) for sent in frames),
        "verdicts_received": verdicts.total(),
        "scores_due": sum(len(range(horizon - 1, sent, stride)) for sent in frames),
        "scores_received": verdicts.pop("", 0),
        "unscored": dict(sorted(verdicts.items())),
        "latency_from_send_ms": quantiles_ms([latency for tally in served for latency in tally.latencies]),
    }


def quantiles_ms(latencies: list[float]) -> dict[str, float | None]:
    """Median and 99th percentile in milliseconds; None when nothing was measured."""
    if not latencies:
        return {"p50": None, "p99": None}
    return {f"p{share}": round(float(np.percentile(latencies, share)) * 1e3, 1) for share in (50, 99)}
