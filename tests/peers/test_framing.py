"""Wide pictures from real WebRTC senders: the face is found, followed, missed, and let alone of who opted out."""

import pytest

from guard import framing
from guard.access.caller import DEFAULT_TENANT
from guard.core.items import Crop, Cut, Decision, Reason, Verdict
from tests.peers.senders import MovingPicture, SharedScreen, WidePicture, publishing
from tests.service_fakes import Serving, serving, until

pytestmark = pytest.mark.slow
RIGHT, LEFT = Crop(330, 40, 280), Crop(20, 60, 280)


def newest(guard: Serving) -> Verdict | None:
    return next((one.verdict for one in guard.service.calls.participants()), None)


def verified(guard: Serving) -> bool:
    made = newest(guard)
    return made is not None and made.score is not None and made.decision is Decision.VERIFIED


def sent(guard: Serving, track: MovingPicture) -> object:
    return publishing(f"{guard.addresses.http}/whip?claim=Dora&participant=seat", track)


@pytest.mark.parametrize("processes", [0, 1])
async def test_a_face_beside_the_middle_is_scored_and_nobody_is_not(processes: int) -> None:
    async with serving(ingest_processes=processes) as guard:
        await until(lambda: len(guard.service.ingest.running) == processes)
        async with sent(guard, WidePicture(RIGHT)):
            await until(lambda: verified(guard), 20)
            assert newest(guard).cuts == 0
        await until(lambda: not guard.service.calls.participants())
        async with sent(guard, WidePicture(None)):
            await until(lambda: (made := newest(guard)) and made.reason is Reason.NO_FACE, 20)
            assert (newest(guard).score, newest(guard).decision) == (None, Decision.COLLECTING)


async def test_somebody_who_moves_to_another_place_is_followed_and_the_run_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("guard.core.framing.CHECK", 0.4)
    monkeypatch.setattr("guard.core.framing.RECHECK", 0.2)
    track = WidePicture(RIGHT)
    async with serving() as guard, sent(guard, track):
        await until(lambda: verified(guard), 20)
        track.place = LEFT
        await until(lambda: newest(guard).last_cut is Cut.CROP_CHANGED, 20)
        await until(lambda: newest(guard).score is not None)
        assert newest(guard).cuts == 1


async def test_with_framing_off_the_centre_is_kept() -> None:
    async with serving(framing="off", ingest_processes=1) as guard:
        await until(lambda: guard.service.ingest.running)
        async with sent(guard, WidePicture(None)):
            await until(lambda: verified(guard), 20)


@pytest.mark.parametrize("processes", [0, 1])
async def test_who_opts_out_while_it_runs_is_not_looked_at_any_more(
    monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    """Where the frames come from a process of its own, the blank frame of an empty room says what was looked for."""
    monkeypatch.setattr("guard.claims.REFRESH", 0.1)
    monkeypatch.setattr("guard.core.framing.NO_FACE_CHECKS", (0.1,))
    monkeypatch.setattr("guard.emptyroom.LONGEST", 0.0)
    looks: list[int] = []
    monkeypatch.setattr(framing, "find_faces", lambda shown: looks.append(1) or [])
    shown: list[Reason | None] = []
    async with serving(ingest_processes=processes) as guard:
        await until(lambda: len(guard.service.ingest.running) == processes)
        offer = guard.service.worker.offer
        monkeypatch.setattr(
            guard.service.worker, "offer", lambda key, frame, at: shown.append(frame.obstacle) or offer(key, frame, at)
        )
        async with sent(guard, WidePicture(None)):
            await until(lambda: Reason.NO_FACE in shown, 20)
            guard.gallery.set_opt_out("Dora", DEFAULT_TENANT, opted_out=True)
            await until(lambda: None in shown)
            before, seen = len(looks), len(shown)
            await until(lambda: len(shown) > seen + 10)
            assert len(looks) == before
            assert (set(shown[seen:]), newest(guard).decision) == ({None}, Decision.OPTED_OUT)
            assert bool(looks) is (processes == 0)


async def test_a_shared_screen_that_nobody_says_is_one_is_not_scored() -> None:
    async with serving() as guard, sent(guard, SharedScreen(1280)):
        await until(lambda: (made := newest(guard)) and made.reason is Reason.SCREEN, 20)
        assert newest(guard).score is None
