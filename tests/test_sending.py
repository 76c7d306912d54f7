"""What the clients take as frames, and what they say of anything else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest

from guard.client import GuardClient, LumaFrame
from guard.client_sync import SyncGuardClient
from guard.core.errors import FrameError
from guard.core.items import Crop
from tests.service_fakes import HORIZON, Serving, moving, serving
from tests.test_client_people import CONSENT

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "colours": (
        lambda: LumaFrame(np.zeros((128, 128, 3), np.uint8), 0.0),
        r"luma: \(128, 128, 3\) of uint8 is not \(height, width\) of uint8; give the luma plane alone",
    ),
    "floats": (lambda: LumaFrame(np.zeros((128, 128)), 0.0), r"luma: \(128, 128\) of float64 is not"),
    "list": (lambda: LumaFrame([[1, 2], [3, 4]], 0.0), "luma: a list is not"),
    "nan": (lambda: LumaFrame(moving(0), float("nan")), "time: nan is not a time stamp; give seconds from 0 up"),
    "infinite": (lambda: LumaFrame(moving(0), float("inf")), "time: inf is not"),
    "negative": (lambda: LumaFrame(moving(0), -0.04), "time: -0.04 is not"),
    "endless": (lambda: LumaFrame(moving(0), 1e30), r"time: 1e\+30 is not"),
    "no time": (lambda: LumaFrame(moving(0), None), "time: None is not"),
    "crop": (
        lambda: LumaFrame(moving(0), 0.0, crop=Crop(-4, 0, 64)),
        r"crop: Crop\(left=-4, top=0, side=64\) does not travel; give whole pixels from 0 up",
    ),
    "array": (lambda: moving(0), "frames: hold a ndarray; give LumaFrames"),
    "nothing": (lambda: None, "frames: hold a NoneType"),
}
each = pytest.mark.parametrize(("make", "told"), BAD.values(), ids=BAD)
anywhere = pytest.mark.parametrize("good", [0, HORIZON])
"""Frames before the bad one."""


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


def film(good: int, bad: Callable[[], Any]) -> Iterator[Any]:
    for number in range(good):
        yield LumaFrame(moving(number), number / 25, full_range=True)
    yield bad()


async def asynchronous(frames: Iterator[Any]) -> AsyncIterator[Any]:
    for frame in frames:
        yield frame


@pytest.mark.slow
@each
@anywhere
async def test_a_bad_frame_is_told_as_one(guard: Serving, make: Callable[[], Any], told: str, good: int) -> None:
    async with GuardClient(guard.addresses.grpc) as client:
        frames = asynchronous(film(good, make))
        with pytest.raises(FrameError, match=told):
            [one async for one in client.stream_verify(frames, participant="seat", claim="Dora")]


@anywhere
async def test_frames_that_were_cancelled_end_the_call_and_are_told(guard: Serving, good: int) -> None:
    def cancelled() -> None:
        raise asyncio.CancelledError

    async with GuardClient(guard.addresses.grpc) as client, asyncio.timeout(10):
        frames = asynchronous(film(good, cancelled))
        with pytest.raises(FrameError, match="frames: were cancelled"):
            [one async for one in client.stream_verify(frames, participant="seat", claim="Dora")]


@pytest.mark.slow
@each
@anywhere
async def test_a_bad_frame_enrols_nobody(guard: Serving, make: Callable[[], Any], told: str, good: int) -> None:
    async with GuardClient(guard.addresses.grpc) as client:
        with pytest.raises(FrameError, match=told):
            [one async for one in client.enroll("Ada", asynchronous(film(good, make)), consent=CONSENT)]
        assert await client.people() == []


@anywhere
async def test_the_same_without_an_event_loop(guard: Serving, good: int) -> None:
    make, told = BAD["colours"]

    def verify() -> None:
        with SyncGuardClient(guard.addresses.grpc) as client:
            list(client.stream_verify(film(good, make), participant="seat", claim="Dora"))

    with pytest.raises(FrameError, match=told):
        await asyncio.to_thread(verify)


async def test_times_of_numpy_and_pictures_of_any_layout_are_frames(guard: Serving) -> None:
    def film() -> Iterator[LumaFrame]:
        for number in range(HORIZON + 5):
            yield LumaFrame(np.asfortranarray(moving(number)), np.float32(number / 25), full_range=True)

    async with GuardClient(guard.addresses.grpc) as client:
        told = [one async for one in client.stream_verify(asynchronous(film()), participant="seat", claim="Dora")]
    assert [one.sequence for one in told] == [1, 2, 3, 4, 5][: len(told)]
    assert told[-1].score is not None
