"""Load as browsers make it: real WebRTC streams to a real service, which has some processors and its senders others."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from time import monotonic

import av

from guard.bundle import Bundle
from guard.callsender import encoded, performance
from guard.core.errors import EngineError, SettingsError
from guard.core.items import FPS, Cut, Frame
from guard.framing import Framer, framed
from guard.picture import Reducer
from guard.scrape import Samples, cuts, latency_ms, scraped
from guard.streambench import ENROLLED, enrol, service
from guard.usage import Usage, used

SETTLE = 3.0
"""Seconds that streams get to begin before their frames are counted, beside the length of the longest window."""
GROWN, SETTLED_FOR = 0.5, 2.0
"""A service has come up once it takes no more than so many MiB in so many seconds."""
REST = 3.0
"""Seconds after the last stream has left before memory is read again."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: so many streams of `size` ("640x360") for `seconds`, and then `cycles` that come and go."""

    streams: int
    codec: str
    size: str
    seconds: float
    cycles: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The service at one moment, `at` in seconds of the monotonic clock."""

    at: float
    samples: Samples
    usage: Usage


@dataclass(frozen=True, slots=True)
class Observed:
    """Readings before anybody came, at both ends of the time that counts, and after all had left; and after `cycles`.

    `refused` is how many streams were not let in.
    """

    empty: Reading
    begun: Reading
    ended: Reading
    left: Reading
    cycled: Reading
    refused: int


async def measure_calls(bundle: Path | None, load: Load, cores: int) -> dict[str, object]:
    """Run a service on `cores` processors and its senders on the others; what came of the streams.

    Raises SettingsError where there are not enough processors, EngineError when either process ends too early.
    """
    ours, theirs = divided(os.sched_getaffinity(0), cores)
    model = Bundle.load(bundle) if bundle else Bundle.default()
    with tempfile.TemporaryDirectory(prefix="guard-bench-") as folder:
        gallery = Path(folder) / "gallery.sqlite"
        enrol(gallery, model, shown(load))
        options = ["--gallery", str(gallery), *(["--bundle", str(bundle)] if bundle else [])]
        with on(ours):  # what is started there, and its children, stay there
            async with service(options) as running:
                empty = await settled(running)
                async with senders(running["http"], load, theirs) as sending:
                    seen = await observed(sending, running, empty, load, max(model.horizons) / FPS)
    facts = {"model_id": model.model_id, "service_cores": cores, "load_average": round(os.getloadavg()[0], 1)}
    return facts | summed(load, seen, model.verdict_stride)


def shown(load: Load) -> Iterator[Frame | Cut]:
    """Whom all streams show, as the service decodes and frames it."""
    decoder = av.CodecContext.create(load.codec, "r")
    reducer, framer = Reducer(), Framer()
    packets = performance(encoded(load.codec, *map(int, load.size.split("x"))), 1)
    pictures = chain.from_iterable(decoder.decode(av.Packet(data)) for data in islice(packets, ENROLLED))
    for number, picture in enumerate(pictures):
        cut, frame = framed(picture, number / FPS, reducer, framer)
        yield from (frame,) if cut is None else (cut, frame)


def divided(processors: Collection[int], cores: int) -> tuple[set[int], set[int]]:
    """The service's processors and the senders'."""
    if cores >= len(processors):
        raise SettingsError("cores", f"{cores} of {len(processors)} processors leave none to the senders")
    ordered = sorted(processors)
    return set(ordered[:cores]), set(ordered[cores:])


@contextmanager
def on(processors: Collection[int]) -> Iterator[None]:
    """Processes that are started in this block run on these processors alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Sending:
    """The process that sends."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def told(self, event: str) -> Mapping[str, int]:
        """What it says of this event. EngineError when it ends before."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if (facts := json.loads(line))["event"] == event:
                return facts  # type: ignore[no-any-return]
        raise EngineError("the senders ended before they were done")

    def stop(self) -> None:
        """Let it send no more."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")


@asynccontextmanager
async def senders(http: str, load: Load, processors: Collection[int]) -> AsyncIterator[Sending]:
    """The process that sends, from its start on."""
    words = (http, str(load.streams), load.codec, load.size, str(load.cycles))
    with on(processors):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "guard.callsender", *words, stdin=PIPE, stdout=PIPE
        )
    try:
        yield Sending(process)
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def reading(running: Mapping[str, str]) -> Reading:
    """The service now."""
    return Reading(monotonic(), scraped(running["http"]), used(int(running["pid"])))


async def settled(running: Mapping[str, str]) -> Reading:
    """The service once it and its processes take no more memory: what they take to come up is no stream's."""
    before, now = 0.0, reading(running)
    while now.usage.rss - before > GROWN:
        await asyncio.sleep(SETTLED_FOR)
        before, now = now.usage.rss, reading(running)
    return now


async def observed(sending: Sending, running: Mapping[str, str], empty: Reading, load: Load, window: float) -> Observed:
    """The service, `empty` before anybody came, while all send, and after all have left; and what was sent."""
    await sending.told("flowing")
    await asyncio.sleep(window + SETTLE)
    begun = reading(running)
    await asyncio.sleep(load.seconds)
    ended = reading(running)
    sending.stop()
    sent = await sending.told("sent")
    await asyncio.sleep(REST)
    left = reading(running)
    await sending.told("done")
    await asyncio.sleep(REST if load.cycles else 0)
    return Observed(empty, begun, ended, left, reading(running), sent["streams_refused"])


def summed(load: Load, seen: Observed, stride: int) -> dict[str, object]:
    """What came of the streams between `begun` and `ended`. A score is due for every `stride` frames that are sent.

    Cores are the service's, without its senders; those of receiving are the ingest processes' share.
    """
    before, after = seen.begun.samples, seen.ended.samples
    seconds = seen.ended.at - seen.begun.at
    streams = load.streams - seen.refused
    frames = rise(before, after, "guard_frames_received_total")
    scored = int(after["guard_windows_scored_total"] - before["guard_windows_scored_total"])
    due = streams * seconds * FPS
    cpu = seen.ended.usage.cpu - seen.begun.usage.cpu
    receiving = seen.ended.usage.children - seen.begun.usage.children
    each = max(streams, 1) * seconds
    rss = [round(one.usage.rss, 1) for one in (seen.empty, seen.ended, seen.left, seen.cycled)]
    return {
        "streams": load.streams,
        "streams_refused": seen.refused,
        "codec": load.codec,
        "size": load.size,
        "seconds": round(seconds, 2),
        "frames_due": round(due),
        "frames_decoded": frames,
        "scores_due": round(due / stride),
        "scores": scored,
        "frames_scored": round(scored * stride / due, 4) if due else None,
        "cuts": cuts(before, after),
        "cores_used": round(cpu / seconds, 3),
        "cores_receiving": round(receiving / seconds, 3),
        "cores_per_stream": round(cpu / each, 4),
        "cores_per_stream_receiving": round(receiving / each, 4),
        "cpu_ms_per_frame": round(cpu / frames * 1e3, 3) if frames else None,
        "latency_from_arrival_ms": latency_ms(before, after),
        "rss_mib": dict(zip(("empty", "streaming", "left", "cycled"), rss, strict=True)),
        "mib_per_stream": round((rss[1] - rss[0]) / streams, 2) if streams else None,
        "cycles": load.cycles,
    }


def rise(before: Samples, after: Samples, name: str) -> int:
    """By how much the sum of a metric's series has risen."""
    return int(sum(after[series] - before.get(series, 0) for series in after if series.startswith(name)))
