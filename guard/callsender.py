"""The senders of `guard bench calls`, in a process of their own: real peers that send video which was encoded before.

What it says goes to stdout, one JSON object a line: {"event": "flowing"} once everybody sends, and what was sent in
the end. It sends until a line comes on stdin.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from itertools import count

import aiohttp
import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from numpy.typing import NDArray

from guard.core.errors import CapacityError
from guard.core.items import FPS, Gray
from guard.peers.loopback import allow_loopback

ENCODERS = {"vp8": "libvpx", "h264": "libx264"}
OPTIONS = {
    "vp8": {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "0"},
    "h264": {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline", "x264-params": "scenecut=0:threads=1"},
}
BIT_RATE = 600_000
SECONDS = 16
"""Of pictures, each of which begins with a keyframe; they are sent in an order that no loop has, or none is scored."""
ABOVE = 1.0
"""Seconds between the start of one stream and the next would be this divided by their number."""
STAY = 0.4
"""Seconds for which a stream that only comes and goes sends."""
AT_ONCE = 4
"""Streams that come and go at the same time."""


FACE = (
    (0.0, 0.0, 0.24, 0.32, 190),
    *((side * 0.1, -0.13, 0.075, 0.018, 70) for side in (-1, 1)),
    *((side * 0.1, -0.065, 0.055, 0.03, 60) for side in (-1, 1)),
    (0.0, 0.06, 0.03, 0.02, 130),
    (0.0, 0.16, 0.09, 0.025, 90),
)
"""Head, brows, eyes, nose, mouth: middle, half axes (in heights of the picture, from its middle) and gray level."""


def draw_face(picture: Gray) -> None:
    """Draw a face into the middle of a picture (height, width), for the guard to find: it scores nobody else."""
    height, width = picture.shape
    row, column = np.ogrid[:height, :width]
    for x, y, across, down, level in FACE:
        right, below = (column - width / 2) / height - x, (row - height / 2) / height - y
        picture[(right / across) ** 2 + (below / down) ** 2 <= 1] = level


def softened(blocks: NDArray[np.int64]) -> Gray:
    """Rows and columns of gray levels, each drawn out to 8 pixels, from one level to the next without an edge."""
    drawn: NDArray[np.float64] = blocks.astype(float)
    for axis in (0, 1):
        places = np.arange(8 * (drawn.shape[axis] - 1)) / 8
        before = places.astype(int)
        share = (places - before).reshape((-1, 1) if axis == 0 else (1, -1))
        drawn = drawn.take(before, axis) * (1 - share) + drawn.take(before + 1, axis) * share
    return drawn.astype(np.uint8)


def encoded(codec: str, width: int, height: int) -> list[bytes]:
    """A face before blocks that move by a line from picture to picture, with a keyframe each second: nobody hears a
    request."""
    random = np.random.default_rng(1)
    blocks = random.integers(16, 235, (height // 8 + SECONDS * FPS // 8 + 3, width // 8 + 2))
    plane = softened(blocks)[:, :width]  # with edges it would be a shared screen
    encoder = av.CodecContext.create(ENCODERS[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", Fraction(1, FPS)
    encoder.bit_rate, encoder.gop_size, encoder.options = BIT_RATE, FPS, OPTIONS[codec]
    chroma = np.full((height // 2, width), 128, np.uint8)
    made = []
    for number in range(SECONDS * FPS):
        seen = plane[number : number + height].copy()
        draw_face(seen)
        picture = av.VideoFrame.from_ndarray(np.concatenate([seen, chroma]), "yuv420p")
        picture.pts = number
        made += [bytes(packet) for packet in encoder.encode(picture)]
    return made


def performance(packets: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """The same seconds of packets again and again, without end and in any order."""
    order = np.random.default_rng(seed)
    while True:
        second = int(order.integers(SECONDS)) * FPS
        yield from packets[second : second + FPS]


class Encoded(MediaStreamTrack):
    """An endless performance of these packets, in real time."""

    kind = "video"

    def __init__(self, packets: list[bytes]) -> None:
        super().__init__()
        self.sent = 0
        self._packets = performance(packets, 0)
        self._began: float | None = None

    async def recv(self) -> av.Packet:
        """The next picture when it is due."""
        loop = asyncio.get_running_loop()
        self._began = self._began or loop.time()
        await asyncio.sleep(self._began + self.sent / FPS - loop.time())
        packet = av.Packet(next(self._packets))
        packet.pts, packet.time_base = self.sent, Fraction(1, FPS)
        self.sent += 1
        return packet


@asynccontextmanager
async def sending(http: aiohttp.ClientSession, url: str, codec: str, track: MediaStreamTrack) -> AsyncIterator[None]:
    """A peer that is connected and sends while the block runs. CapacityError when it is refused for want of it."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connected = asyncio.Event()
    peer.on("connectionstatechange", lambda: peer.connectionState == "connected" and connected.set())
    try:
        peer.addTransceiver(track, "sendonly").setCodecPreferences(
            [one for one in RTCRtpSender.getCapabilities("video").codecs if one.name.lower() == codec]
        )
        await peer.setLocalDescription(await peer.createOffer())
        headers = {"Content-Type": "application/sdp"}
        async with http.post(url, data=peer.localDescription.sdp, headers=headers) as response:
            answer = await response.text()
            if response.status == 503:
                raise CapacityError(answer.strip(), retry_after=0.0)
            response.raise_for_status()
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await asyncio.wait_for(connected.wait(), 20)
        yield
        async with http.delete(response.url.join(aiohttp.client.URL(response.headers["Location"]))):
            pass
    finally:
        await peer.close()


class Senders:
    """All streams of one run."""

    def __init__(self, http: aiohttp.ClientSession, url: str, codec: str, size: str) -> None:
        self._http = http
        self._url = url
        self._codec = codec
        self._packets = encoded(codec, *map(int, size.split("x")))
        self._refused = 0

    async def send(self, streams: int, stop: asyncio.Event) -> dict[str, int]:
        """Send until told to stop; how many frames that were, and how many streams were refused."""
        tracks = [Encoded(self._packets) for _ in range(streams)]
        flowing = asyncio.Semaphore(0)
        tasks = []
        for number, track in enumerate(tracks):
            tasks.append(asyncio.create_task(self._one(f"seat {number}", track, stop, flowing)))
            await asyncio.sleep(ABOVE / streams)
        for _ in tracks:
            await flowing.acquire()
        say({"event": "flowing"})
        await asyncio.gather(*tasks)
        return {"frames_sent": sum(track.sent for track in tracks), "streams_refused": self._refused}

    async def come_and_go(self, cycles: int) -> None:
        """Streams that leave as soon as they have come, AT_ONCE at a time."""
        numbers = count()

        async def some() -> None:
            while (number := next(numbers)) < cycles:
                stop = asyncio.Event()
                asyncio.get_running_loop().call_later(STAY, stop.set)
                await self._one(f"guest {number}", Encoded(self._packets), stop, asyncio.Semaphore(0))

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    async def _one(self, name: str, track: Encoded, stop: asyncio.Event, flowing: asyncio.Semaphore) -> None:
        url = f"{self._url}/whip?claim=bench&call=bench&participant={name}"
        try:
            async with sending(self._http, url, self._codec, track):
                flowing.release()
                await stop.wait()
        except CapacityError:
            self._refused += 1
            flowing.release()


def say(facts: dict[str, object]) -> None:
    """One line for the process that started this one."""
    print(json.dumps(facts), flush=True)


async def run(url: str, streams: int, codec: str, size: str, cycles: int) -> None:
    """Everything that this process is for."""
    allow_loopback(always=True)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.run_in_executor(None, sys.stdin.readline).add_done_callback(lambda _: stop.set())
    async with aiohttp.ClientSession() as http:
        senders = Senders(http, url, codec, size)
        sent = await senders.send(streams, stop)
        say({"event": "sent", **sent})
        await senders.come_and_go(cycles)
        say({"event": "done"})


if __name__ == "__main__":
    address, streams, codec, size, cycles = sys.argv[1:]
    asyncio.run(run(address, int(streams), codec, size, int(cycles)))
