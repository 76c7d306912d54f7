"""Wide pictures over a real server: the face is found, the sender's own square wins, and nobody is no evidence."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from guard import framing
from guard.access.caller import DEFAULT_TENANT
from guard.client import Crop, GuardClient, LumaFrame, Verdict, field_of
from guard.core.items import Cut, Decision, Frame, Reason
from guard.worker import Worker
from tests.core.test_screens import page
from tests.service_fakes import HORIZON, moving, serving
from tests.test_faces import wide

PLACE = Crop(700, 100, 400)
SQUARE = Crop(700, 100, 256)


def swaying(number: int) -> np.ndarray:
    """A face whose light flickers, so that there is motion to measure."""
    return wide(PLACE, face=2) // 2 + np.uint8(8 * (number % 3))


async def verdicts_of(frames: list[LumaFrame], out: str = "", **settings: str) -> list[Verdict]:
    """What a service says of somebody who sends these; `out` names who opted out."""

    async def sent() -> AsyncIterator[LumaFrame]:
        for frame in frames:
            yield frame

    async with serving(**settings) as guard, GuardClient(guard.addresses.grpc) as client:
        guard.gallery.set_opt_out(out, DEFAULT_TENANT, opted_out=True)
        return [verdict async for verdict in client.stream_verify(sent(), participant="seat", claim="Dora")]


@pytest.mark.slow
async def test_a_face_in_a_wide_picture_is_scored() -> None:
    film = [LumaFrame(swaying(number), number / 25) for number in range(HORIZON + 5)]
    verdicts = await verdicts_of(film)
    assert verdicts[-1].reason is None
    assert verdicts[-1].cuts == 0


@pytest.mark.slow
async def test_nobody_in_a_wide_picture_is_no_evidence_and_off_keeps_the_centre() -> None:
    film = [LumaFrame(wide() // 2 + np.uint8(8 * (number % 3)), number / 25) for number in range(HORIZON + 5)]
    assert {(verdict.reason, verdict.score) for verdict in await verdicts_of(film)} == {(Reason.NO_FACE, None)}
    assert (await verdicts_of(film, framing="off"))[-1].reason is None


@pytest.mark.slow
async def test_a_screen_shared_by_an_accused_one_leaves_the_evidence_and_the_camera_the_accusation() -> None:
    screen = page(640, 360)

    def shown(number: int) -> np.ndarray:
        return screen if 50 <= number < 350 else moving(number, bright=True)

    film = [LumaFrame(shown(number), number / 25, full_range=True) for number in range(380)]
    verdicts = await verdicts_of(film)
    before, during, after = (
        [one for one in verdicts if start <= round(one.time * 25) < end]
        for start, end in ((0, 50), (55, 350), (350, 380))
    )
    assert before[-1].decision is Decision.IMPOSTOR_SUSPECTED
    assert {one.reason for one in during} == {Reason.SCREEN}
    assert {one.evidence for one in during} == {before[-1].evidence}
    assert during[-1].decision is Decision.STALE
    first = next(one for one in after if one.score is not None)
    assert first.evidence < -2
    assert after[-1].decision is Decision.IMPOSTOR_SUSPECTED


@pytest.mark.slow
async def test_nobody_looks_for_the_face_of_who_opted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(framing, "find_faces", lambda shown: looks.append(1) or [])
    film = [LumaFrame(swaying(number), number / 25) for number in range(10)]
    assert {verdict.reason for verdict in await verdicts_of(film, out="Dora")} == {Reason.OPTED_OUT}
    assert looks == []


async def test_the_senders_square_wins_and_another_one_ends_the_run() -> None:
    film = [LumaFrame(wide() // 2 + np.uint8(8 * (n % 3)), n / 25, crop=SQUARE) for n in range(HORIZON + 5)]
    film += [LumaFrame(wide(), 4.0 + n / 25, crop=Crop(0, 0, 720)) for n in range(6)]
    verdicts = await verdicts_of(film)
    assert Reason.NO_FACE not in {verdict.reason for verdict in verdicts}
    assert None in {verdict.reason for verdict in verdicts}
    assert (verdicts[-1].cuts, verdicts[-1].last_cut) == (1, Cut.PICTURE_CHANGED)


async def test_a_mirrored_picture_is_turned_back_behind_its_crop(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Frame] = []
    offer = Worker.offer
    monkeypatch.setattr(Worker, "offer", lambda self, key, one, at: shown.append(one) or offer(self, key, one, at))
    room = wide(PLACE, face=2)
    await verdicts_of([LumaFrame(room, 0.0, crop=SQUARE)])
    await verdicts_of([LumaFrame(room, 0.0, crop=SQUARE, mirrored=True)])
    plain, turned = shown
    assert (plain.pixels != plain.pixels[:, ::-1]).any()
    assert (turned.pixels == plain.pixels[:, ::-1]).all()


@pytest.mark.parametrize("crop", [Crop(600, 0, 721), Crop(561, 0, 720), Crop(0, 1, 720), Crop(0, 0, 0)])
async def test_a_square_outside_the_picture_is_refused(crop: Crop) -> None:
    with pytest.raises(Exception, match="crop") as caught:
        async with asyncio.timeout(20):
            await verdicts_of([LumaFrame(wide(), 0.0, crop=crop)])
    assert field_of(caught.value) == "open.format.crop"
