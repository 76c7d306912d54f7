"""The sending half of the client's StreamVerify, which outlives the connections that carry it."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from numbers import Real

import numpy as np

from guard.core.errors import FrameError
from guard.core.items import Crop, Cut, Gray
from guard.rpc.messages import LONGEST, duration
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
Framed = tuple[PictureFormat, VideoFrame]
"""A frame as it travels, and its format, which is told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class LumaFrame:
    """A decoded picture's luma plane (height, width) uint8 and its presentation time in seconds, from 0 up.

    `full_range` tells luma of 0..255 from the 16..235 of ordinary video; `rotation` is clockwise, in degrees. `crop` is
    the square that holds head and shoulders, in the picture as displayed; None leaves it to the service to find.
    `mirrored` tells that left and right are exchanged, as self-views show people to themselves.
    Raises FrameError for luma or a time that is none.
    """

    luma: Gray
    time: float
    full_range: bool = False
    rotation: int = 0
    crop: Crop | None = None
    mirrored: bool = False

    def __post_init__(self) -> None:
        luma, wanted = self.luma, "not (height, width) of uint8"
        if not isinstance(luma, np.ndarray):
            raise FrameError("luma", f"a {type(luma).__name__} is {wanted}", "give a numpy array")
        if luma.ndim != 2 or luma.dtype != np.uint8:
            raise FrameError("luma", f"{luma.shape} of {luma.dtype} is {wanted}", "give the luma plane alone")
        if not is_time(self.time):
            raise FrameError("time", f"{self.time} is not a time stamp", "give seconds from 0 up")


class Sending:
    """Reads the caller's frames in a task of its own: a connection that breaks must not break their iterator."""

    def __init__(self, frames: AsyncIterable[LumaFrame | Cut], opening: StreamOpen) -> None:
        self._waiting: asyncio.Queue[Framed | Cut | None] = asyncio.Queue(WAITING)
        self._reading = asyncio.create_task(self._read(frames))
        self._opening = opening
        self._told: PictureFormat | None = None  # the format that the service knows; None before the first frame
        self._accepted = asyncio.Event()  # this connection's opening has been answered
        self._sender: asyncio.Task[object] | None = None  # gRPC's, which sends on the present connection
        self.fault: Exception | None = None  # what `frames` raised; gRPC would hide it
        # What is wrong when there is no first frame: the service then only sees that there was no opening.
        self.nothing: Exception | None = None

    async def _read(self, frames: AsyncIterable[LumaFrame | Cut]) -> None:
        try:
            async for item in frames:
                # Made here: what is wrong with a frame is a fault of `frames`, and gRPC would hide that, too.
                await self._waiting.put(item if isinstance(item, Cut) else framed(item))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self.fault = FrameError("frames", "were cancelled", "end them, or let what they wait for go on")
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
        self._reading.cancel()
        if self._sender is not None:
            self._sender.cancel()  # gRPC does so only for a call that it has not yet seen the end of

    async def requests(self) -> AsyncIterator[StreamVerifyRequest]:
        """The messages of one more connection, in order. The first frame waits for an answer to the opening."""
        if self._sender is not None:
            self._sender.cancel()  # or the former connection would take one more frame with it
        self._sender = asyncio.current_task()
        self._accepted.clear()
        first = await self._first() if self._told is None else None
        if self._told is None:
            return
        self._opening.format.CopyFrom(self._told)
        yield StreamVerifyRequest(open=self._opening)
        await self._accepted.wait()
        item = first or await self._waiting.get()
        while item is not None:
            yield self._request(item)
            item = await self._waiting.get()
        await self._waiting.put(None)  # a connection that breaks now is followed by one that ends at once

    async def _first(self) -> Framed | None:
        """The first frame, which tells the format; None when there is none."""
        while (item := await self._waiting.get()) is not None:
            if not isinstance(item, Cut):
                self._told = item[0]
                return item
        self.nothing = self.fault or FrameError("frames", "hold no picture", "give at least one LumaFrame")
        return None

    def _request(self, item: Framed | Cut) -> StreamVerifyRequest:
        if isinstance(item, Cut):
            return StreamVerifyRequest(cut=StreamCut(cut=f"CUT_{item}"))
        picture, message = item
        if picture != self._told:
            message.format.CopyFrom(picture)
            self._told = picture
        return StreamVerifyRequest(frame=message)


def framed(frame: LumaFrame) -> Framed:
    """How a frame travels. FrameError for what is no frame, or has a crop that cannot be told."""
    if not isinstance(frame, LumaFrame):
        raise FrameError("frames", f"hold a {type(frame).__name__}", "give LumaFrames")
    height, width = frame.luma.shape
    picture = PictureFormat(
        layout=PixelLayout.PIXEL_LAYOUT_GRAY8,
        width=width,
        height=height,
        full_range=frame.full_range,
        rotation=frame.rotation,
        crop=None if frame.crop is None else crop_message(frame.crop),
        mirrored=frame.mirrored,
    )
    return picture, VideoFrame(time=duration(float(frame.time)), data=frame.luma.tobytes())


def crop_message(crop: Crop) -> CropMessage:
    """The crop as it travels. FrameError for pixels that no message can hold."""
    try:
        return CropMessage(left=crop.left, top=crop.top, side=crop.side)
    except (TypeError, ValueError):
        raise FrameError("crop", f"{crop} does not travel", "give whole pixels from 0 up") from None


def is_time(value: object) -> bool:
    """Whether it is a number of seconds that the service takes; decoders give None where a file has no time stamps."""
    return isinstance(value, Real) and 0 <= float(value) <= LONGEST
