"""The sending half of the client's StreamVerify, which outlives the connections that carry it."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from guard.core.errors import FrameError
from guard.core.items import Crop, Cut, Gray
from guard.rpc.messages import duration
from guard.v1.verification_pb2 import Crop as CropMessage
from guard.v1.verification_pb2 import (
    PictureFormat,
    PixelLayout,
    StreamCut,
    StreamOpen,
    StreamOpened,
    StreamVerifyRequest,
    VideoFrame,
)

WAITING = 4
"""Frames taken from the caller that wait to be sent; then the caller's iterator is not asked for more."""


@dataclass(frozen=True, slots=True, eq=False)
class LumaFrame:
    """A decoded picture's luma plane (height, width) uint8 and its presentation time in seconds, from 0 up.

    `full_range` tells luma of 0..255 from the 16..235 of ordinary video; `rotation` is clockwise, in degrees. `crop` is
    the square that holds head and shoulders, in the picture as displayed; None leaves it to the service to find.
    `mirrored` tells that left and right are exchanged, as self-views show people to themselves.
    """

    luma: Gray
    time: float
    full_range: bool = False
    rotation: int = 0
    crop: Crop | None = None
    mirrored: bool = False


class Sending:
    """Reads the caller's frames in a task of its own: a connection that breaks must not break their iterator."""

    def __init__(self, frames: AsyncIterable[LumaFrame | Cut], opening: StreamOpen) -> None:
        self._waiting: asyncio.Queue[LumaFrame | Cut | None] = asyncio.Queue(WAITING)
        self._reading = asyncio.create_task(self._read(frames))
        self._opening = opening
        self._told: PictureFormat | None = None  # the format that the service knows; None before the first frame
        self._accepted = asyncio.Event()  # this connection's opening has been answered, or it is over
        self._connection = 0  # counts connections, so that a former one's requests end
        self.fault: Exception | None = None  # what `frames` raised; gRPC would hide it
        # What is wrong when there is no first frame: the service then only sees that there was no opening.
        self.nothing: Exception | None = None

    async def _read(self, frames: AsyncIterable[LumaFrame | Cut]) -> None:
        try:
            async for item in frames:
                await self._waiting.put(item)
        except Exception as fault:
            self.fault = fault
        await self._waiting.put(None)

    def accept(self, opened: StreamOpened) -> None:
        """The service has answered the opening; the stream can be resumed from now on."""
        self._opening.resume_token = opened.resume_token
        self._accepted.set()

    def forget(self) -> None:
        """The service no longer knows the stream: the next opening begins a new one."""
        self._opening.resume_token = b""

    def close(self) -> None:
        """Send no more on any connection."""
        self._connection += 1
        self._accepted.set()
        self._reading.cancel()

    async def requests(self) -> AsyncIterator[StreamVerifyRequest]:
        """The messages of one more connection, in order. The first frame waits for an answer to the opening."""
        self._connection += 1
        mine = self._connection
        self._accepted.clear()
        first = await self._first() if self._told is None else None
        if self._told is None:
            return
        self._opening.format.CopyFrom(self._told)
        yield StreamVerifyRequest(open=self._opening)
        await self._accepted.wait()
        item = first or await self._waiting.get()
        while item is not None and mine == self._connection:
            yield self._request(item)
            item = await self._waiting.get()
        if item is None:
            await self._waiting.put(None)  # a connection that breaks now is followed by one that ends at once

    async def _first(self) -> LumaFrame | None:
        """The first frame, which tells the format; None when there is none."""
        while (item := await self._waiting.get()) is not None:
            if isinstance(item, LumaFrame):
                self._told = picture_format(item)
                return item
        self.nothing = self.fault or FrameError("frames", "hold no picture", "give at least one LumaFrame")
        return None

    def _request(self, item: LumaFrame | Cut) -> StreamVerifyRequest:
        if isinstance(item, Cut):
            return StreamVerifyRequest(cut=StreamCut(cut=f"CUT_{item}"))
        message = frame_message(item)
        if (picture := picture_format(item)) != self._told:
            message.format.CopyFrom(picture)
            self._told = picture
        return StreamVerifyRequest(frame=message)


def frame_message(frame: LumaFrame) -> VideoFrame:
    """The frame as it travels; its format is told apart."""
    return VideoFrame(time=duration(frame.time), data=frame.luma.tobytes())


def picture_format(frame: LumaFrame) -> PictureFormat:
    """How the frame's luma travels."""
    height, width = frame.luma.shape
    crop = frame.crop and CropMessage(left=frame.crop.left, top=frame.crop.top, side=frame.crop.side)
    return PictureFormat(
        layout=PixelLayout.PIXEL_LAYOUT_GRAY8,
        width=width,
        height=height,
        full_range=frame.full_range,
        rotation=frame.rotation,
        crop=crop,
        mirrored=frame.mirrored,
    )
