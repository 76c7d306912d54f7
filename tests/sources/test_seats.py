"""Participants of a source while connections come and go."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import CapacityError
from guard.core.items import Cut, Decision, Frame, Reason
from guard.sources import seats as module
from guard.sources.seats import Seats
from guard.sources.specs import JanusSpec, WhepSpec
from guard.sources.states import Interrupted, SourceReason, SourceState
from tests.service_fakes import HORIZON, Parts, frame

SPEC = JanusSpec(name="room", url="ws://there", room=1, claim_display=True)
KEEP = 30.0


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    made = Parts()
    working = asyncio.create_task(made.worker.run(made.calls.publish))
    yield made
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    made.worker.shutdown()


@pytest.fixture
def seats(parts: Parts) -> Seats:
    return Seats(parts.calls, SPEC, KEEP, parts.clock)


async def send(parts: Parts, seats: Seats, handle: str, count: int, start: float = 0.0) -> None:
    """Frames in real time, whose own clock begins at `start`."""
    for number in range(count):
        parts.clock.now += 1 / 25
        seats.offer(handle, frame(number, start=start), parts.clock())
        (one,) = parts.calls.participants()
        await parts.worker.rest(one.key)


async def appeared(seats: Seats, display: str = "Dora") -> str:
    handle = seats.seat(display, display)
    await seats.appear(handle)
    return handle


async def test_a_connection_counts_for_as_long_as_its_frames_came(parts: Parts, seats: Seats) -> None:
    handle = await appeared(seats)
    parts.clock.now += 20.0
    assert seats.lost("Dora") == 0.0
    await seats.appear(handle)
    await send(parts, seats, handle, 26)
    parts.clock.now += 5.0
    assert seats.lost("Dora") == pytest.approx(1.0)
    assert seats.lost("Dora") == 0.0, "an attempt that found no connection"
    assert seats.lost("Nobody") == 0.0


async def test_mirrored_pictures_are_turned_back(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Frame] = []
    monkeypatch.setattr(parts.calls, "offer", lambda key, frame, at: shown.append(frame))
    for mirrored in (True, False):
        seats = Seats(parts.calls, SPEC.model_copy(update={"mirrored": mirrored}), KEEP, parts.clock)
        seats.offer(await appeared(seats), frame(1), 1.0)
        seats.release_all()
    turned, plain = shown
    assert (plain.pixels == frame(1).pixels).all()
    assert (turned.pixels[:, ::-1] == plain.pixels).all()


async def test_who_only_answers_is_not_kept_for_ever(parts: Parts, seats: Seats) -> None:
    """Connections that bring no frame do not make what is known of a participant last longer."""
    handle = await appeared(seats)
    await send(parts, seats, handle, HORIZON)
    (before,) = parts.calls.participants()
    seats.lost("Dora")
    parts.clock.now += KEEP / 2
    await seats.appear(handle)
    seats.tick()
    assert [one.key for one in parts.calls.participants()] == [before.key]
    seats.lost("Dora")
    await seats.appear(handle)
    parts.clock.now += KEEP / 2
    seats.tick()
    assert parts.calls.participants() == []


async def test_the_first_frame_of_another_connection_ends_the_waiting(parts: Parts, seats: Seats) -> None:
    handle = await appeared(seats)
    await send(parts, seats, handle, HORIZON)
    (before,) = parts.calls.participants()
    seats.lost("Dora")
    seats.offer(handle, frame(HORIZON), parts.clock())  # of the connection that is over
    await seats.appear(handle)
    await send(parts, seats, handle, HORIZON)
    parts.clock.now += KEEP
    seats.tick()
    (one,) = parts.calls.participants()
    assert (one.key, one.verdict.cuts if one.verdict else None) == (before.key, 1)


async def test_who_was_given_up_while_coming_back_is_tried_again(seats: Seats, parts: Parts) -> None:
    handle = await appeared(seats)
    seats.lost("Dora")
    parts.clock.now += KEEP
    seats.tick()
    with pytest.raises(Interrupted) as caught:
        await seats.appear(handle)
    assert not caught.value.final


async def test_another_of_the_same_name_begins_anew(parts: Parts, seats: Seats) -> None:
    first = seats.seat("Dora", "Dora", "1")
    await seats.appear(first)
    (before,) = parts.calls.participants()
    seats.lost("Dora")
    assert seats.seat("Dora", "Dora", "1") == first
    assert seats.seated("Dora", "1") == "Dora"
    second = seats.seat("Dora", "Dora", "2")
    await seats.appear(second)
    (now,) = parts.calls.participants()
    assert (now.participant, now.claim) == (before.participant, before.claim)
    assert now.key != before.key
    assert seats.seated("Dora", "1") is None


def standing(seats: Seats) -> tuple[SourceState, SourceReason | None]:
    (one,) = seats.seatings()
    return one.state, one.reason


async def test_seen_is_not_connected_and_connected_is_not_flowing(parts: Parts, seats: Seats) -> None:
    handle = seats.seat("Dora", "Dora")
    assert standing(seats) == (SourceState.CONNECTING, None)
    assert parts.calls.participants() == []
    await seats.appear(handle)
    assert standing(seats) == (SourceState.CONNECTED, None)
    (joined,) = parts.calls.participants()
    assert (joined.participant, joined.claim, joined.transport) == ("Dora", "Dora", "janus")
    await send(parts, seats, handle, 1)
    assert standing(seats) == (SourceState.FLOWING, None)
    assert seats.state() is SourceState.FLOWING


async def test_evidence_survives_another_connection_whose_clock_begins_elsewhere(parts: Parts, seats: Seats) -> None:
    handle = await appeared(seats)
    await send(parts, seats, handle, HORIZON + 20, start=7000.0)
    (before,) = parts.calls.participants()
    seats.lost("Dora")
    seats.offer(handle, frame(HORIZON + 20, start=7000.0), parts.clock())  # on its way when the connection ended
    assert standing(seats) == (SourceState.RECONNECTING, SourceReason.LOST)
    parts.clock.now += 4.0
    seats.tick()
    assert await appeared(seats) == handle
    await send(parts, seats, handle, 6, start=50.0)
    (after,) = parts.calls.participants()
    assert (before.key, Decision.VERIFIED) == (after.key, after.verdict.decision)
    assert after.verdict.time == pytest.approx((HORIZON + 20) / 25 + 4.0 + 5 / 25, abs=0.1), "not 6,950 s back or on"
    assert after.verdict.evidence > 0
    assert after.verdict.last_cut is Cut.GAP


async def test_a_try_that_fails_does_not_keep_a_place_for_longer(parts: Parts, seats: Seats) -> None:
    await appeared(seats)
    seats.lost("Dora")
    for _ in range(3):
        parts.clock.now += KEEP / 3
        seats.seat("Dora", "Dora")  # seen again, and lost again before it was connected to
        seats.lost("Dora", SourceReason.UNREACHABLE)
        seats.tick()
    assert parts.calls.participants() == []
    assert seats.seatings() == ()


async def test_who_leaves_or_comes_back_as_somebody_else_has_no_evidence(parts: Parts, seats: Seats) -> None:
    first = await appeared(seats)
    (before,) = parts.calls.participants()
    seats.lost("Dora")
    other = seats.seat("Dora", "Berta")
    await seats.appear(other)
    (after,) = parts.calls.participants()
    assert first != other
    assert (before.key != after.key, after.claim) == (True, "Berta")
    seats.release("Dora")
    seats.offer(other, frame(0), parts.clock())
    assert parts.calls.participants() == []
    with pytest.raises(Interrupted):
        await seats.appear(other)


async def test_a_stall_is_told_after_two_seconds_and_silence_after_ten(parts: Parts, seats: Seats) -> None:
    handle = await appeared(seats)
    parts.clock.now += 9.0
    seats.tick()
    assert standing(seats) == (SourceState.CONNECTED, None), "a keyframe may take its time"
    await send(parts, seats, handle, 2)
    parts.clock.now += 2.5
    seats.tick()
    assert standing(seats) == (SourceState.STALLED, None)
    parts.clock.now += 8.0
    seats.tick()
    assert standing(seats) == (SourceState.STALLED, SourceReason.SILENT)
    await send(parts, seats, handle, 1)
    assert standing(seats) == (SourceState.FLOWING, None)


async def test_a_participant_that_comes_another_way_ends_the_connection(parts: Parts, seats: Seats) -> None:
    stopped = asyncio.Event()
    handle = seats.seat("Dora", "Dora")
    await seats.appear(handle, stopped.set)
    await parts.calls.join(call="", participant="Dora", claim="Dora", transport="whip")
    seats.tick()
    assert stopped.is_set()
    assert seats.replaced("Dora")
    assert standing(seats) == (SourceState.ENDED, SourceReason.REPLACED)
    assert [one.transport for one in parts.calls.participants()] == ["whip"]


async def test_a_display_name_takes_no_stream_away_from_anybody(parts: Parts, seats: Seats) -> None:
    handle = seats.seat("Dora", "Dora", "1")
    assert not seats.taken("Dora")
    before = await parts.calls.join(call="", participant="Dora", claim="Dora", transport="whip")
    assert seats.taken("Dora")
    with pytest.raises(Interrupted) as caught:
        await seats.appear(handle)
    assert caught.value.reason is SourceReason.NOT_ADMITTED
    assert [one.key for one in parts.calls.participants()] == [before.key]


async def test_the_operators_name_for_who_is_seen_takes_the_place_of_the_same_participant(parts: Parts) -> None:
    seats = Seats(parts.calls, WhepSpec(name="door", url="http://there"), KEEP, parts.clock)
    former = await parts.calls.join(call="", participant="door", claim="", transport="whip")
    await seats.appear(seats.seat("door", "door"))
    assert not parts.calls.present(former.key)


async def test_who_is_left_alone_is_listed_and_has_no_stream(parts: Parts, seats: Seats) -> None:
    seats.leave_alone("Dora's screen", "Dora's screen", "1", SourceReason.SCREEN)
    assert standing(seats) == (SourceState.CONNECTED, SourceReason.SCREEN)
    assert parts.calls.participants() == []
    seats.lost_all(SourceReason.LOST)
    assert seats.seatings() == ()


async def test_who_is_not_admitted_is_listed_with_the_reason(parts: Parts, seats: Seats) -> None:
    for number in range(4):
        await parts.calls.join(call="", participant=str(number), claim="", transport="grpc")
    with pytest.raises(CapacityError):
        await appeared(seats)
    seats.lost("Dora", SourceReason.NOT_ADMITTED)
    assert standing(seats) == (SourceState.RECONNECTING, SourceReason.NOT_ADMITTED)


async def test_a_room_has_no_end_of_places(parts: Parts, seats: Seats, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SEATS", 2)
    seats.leave_alone("a", "a", "1", SourceReason.SCREEN)
    await appeared(seats, "Dora")
    await appeared(seats, "Berta")
    assert [one.participant for one in seats.seatings()] == ["Dora", "Berta"], "idle ones give way"
    with pytest.raises(CapacityError):
        seats.seat("c", "c")


async def test_what_was_sent_becomes_verdicts_before_a_finished_video_leaves(parts: Parts, seats: Seats) -> None:
    handle = await appeared(seats)
    with parts.feed.watch(lambda _: True) as watcher:
        for number in range(HORIZON + 2):
            await parts.calls.room(parts.calls.participants()[0].key)
            seats.offer(handle, frame(number), parts.clock())
        await seats.finish("Dora")
        parts.feed.end()
        *_, last, left = [update async for update in watcher]
    assert left.event == "LEFT"
    assert last.participant.verdict.sequence >= 3


async def test_what_cannot_be_scored_stays_so_on_the_streams_own_clock(parts: Parts, seats: Seats) -> None:
    handle = await appeared(seats)
    await send(parts, seats, handle, 2)
    seats.lost("Dora")
    assert await appeared(seats) == handle
    (one,) = parts.calls.participants()
    for number in range(HORIZON):
        parts.clock.now += 1 / 25
        blank = replace(frame(number, start=90.0), obstacle=Reason.NO_FACE)
        seats.offer(handle, blank, parts.clock())
        await parts.worker.rest(one.key)
    (one,) = parts.calls.participants()
    assert one.verdict.reason is Reason.NO_FACE


async def test_a_shared_screen_that_nobody_said_is_one_is_told_as_such(parts: Parts, seats: Seats) -> None:
    handle = await appeared(seats)
    seats.offer(handle, replace(frame(0), obstacle=Reason.SCREEN), parts.clock())
    assert standing(seats) == (SourceState.FLOWING, SourceReason.SCREEN)
    seats.offer(handle, frame(1), parts.clock())
    assert standing(seats) == (SourceState.FLOWING, None)


async def test_faces_are_looked_for_once_it_is_known_that_nobody_opted_out(parts: Parts, seats: Seats) -> None:
    handle = seats.seat("Dora", "Dora")
    assert not seats.looks(handle)
    await seats.appear(handle)
    assert seats.looks(handle)
    parts.gallery.set_opt_out("Dora", DEFAULT_TENANT, opted_out=True)
    await parts.calls.claims.refresh()
    assert not seats.looks(handle)
    assert not seats.looks("nobody")


@pytest.mark.parametrize(("display", "decision"), [("Stranger", "NOT_ENROLLED"), ("Shy", "OPTED_OUT")])
async def test_strangers_and_who_opted_out_are_watched_as_such(
    parts: Parts, seats: Seats, display: str, decision: str
) -> None:
    parts.gallery.out.add(("default", "Shy"))
    await send(parts, seats, await appeared(seats, display), HORIZON)
    assert [one.verdict.decision for one in parts.calls.participants()] == [decision]
