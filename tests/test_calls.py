"""The registry: names, capacity, replacement, the clock and the gallery."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from guard.access.caller import DEFAULT_TENANT
from guard.access.settings import FREE
from guard.core.errors import CapacityError, ClaimError, DrainingError, GalleryError, LockedError, ReplacedError
from guard.core.items import Cut, Decision, Reason, Verdict
from guard.updates import Event, Participant
from tests.service_fakes import BRIGHT_PERSON, DARK_PERSON, HORIZON, Parts, frame, until


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    made = Parts(max_streams=2)
    working = asyncio.create_task(made.worker.run(made.calls.publish))
    yield made
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    made.worker.shutdown()


async def join(parts: Parts, participant: str = "seat", claim: str = "Dora", call: str = "") -> Participant:
    return await parts.calls.join(call=call, participant=participant, claim=claim, transport="grpc")


async def send(parts: Parts, key: str, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        await parts.calls.room(key)
        parts.calls.offer(key, frame(number), parts.clock())
    await parts.worker.rest(key)


async def test_a_participant_is_listed_with_its_newest_verdict_until_it_leaves(parts: Parts) -> None:
    joined = await join(parts)
    assert joined.call == "default"
    assert parts.calls.participants() == [joined]
    await send(parts, joined.key, HORIZON + 10)
    (listed,) = parts.calls.participants("default")
    assert listed.verdict is not None
    assert listed.verdict.decision is Decision.VERIFIED
    assert parts.calls.participants("another") == []
    parts.calls.leave(joined.key)
    assert parts.calls.participants() == []
    parts.calls.leave(joined.key)


async def test_watchers_hear_of_joins_verdicts_and_departures_in_order(parts: Parts) -> None:
    with parts.feed.watch(lambda _: True) as watcher:
        joined = await join(parts)
        await send(parts, joined.key, 6)
        parts.calls.leave(joined.key)
        parts.feed.end()
        events = [update.event async for update in watcher]
    assert events == [Event.JOINED, Event.LINK, Event.VERDICT, Event.VERDICT, Event.LEFT]


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("participant", {"participant": ""}),
        ("participant", {"participant": "a\nb"}),
        ("call", {"call": "x" * 201}),
        ("claim", {"claim": "\x00"}),
    ],
)
async def test_a_name_that_cannot_be_used_is_refused_by_its_field(
    parts: Parts, field: str, names: dict[str, str]
) -> None:
    with pytest.raises(ClaimError) as caught:
        await join(parts, **names)
    assert caught.value.field == field
    assert parts.calls.participants() == []


async def test_a_claim_without_a_template_is_watched_as_not_enrolled(parts: Parts) -> None:
    joined = await join(parts, claim="Unknown")
    assert not parts.calls.enrolled(joined.key)
    await send(parts, joined.key, HORIZON)
    assert parts.calls.participants()[0].verdict.decision is Decision.NOT_ENROLLED
    nobody = await join(parts, "other seat", claim="")
    assert nobody.claim == ""


async def test_no_more_streams_than_there_is_capacity_for(parts: Parts) -> None:
    await join(parts, "one")
    second = await join(parts, "two")
    with pytest.raises(CapacityError):
        await join(parts, "three")
    assert parts.value("guard_streams_open", transport="grpc") == 2
    parts.calls.leave(second.key)
    await join(parts, "three")


async def test_who_joins_again_replaces_the_older_stream_even_when_full(parts: Parts) -> None:
    older = await join(parts, "one")
    await join(parts, "two")
    with parts.feed.watch(lambda one: one.participant.key == older.key) as watcher:
        newer = await join(parts, "one")
        parts.feed.end()
        (left,) = [update async for update in watcher]
    assert left.event is Event.LEFT
    assert isinstance(left.cause, ReplacedError)
    assert newer.key != older.key
    assert len(parts.calls.participants()) == 2
    same_name_elsewhere = parts.calls.participants("other call")
    assert same_name_elsewhere == []


async def test_frames_are_counted_also_those_lost_at_the_source(parts: Parts) -> None:
    joined = await join(parts)
    await send(parts, joined.key, 3)
    parts.calls.cut(joined.key, Cut.OVERFLOW, lost=16)
    parts.calls.leave(joined.key)
    parts.calls.offer(joined.key, frame(9), parts.clock())
    assert parts.value("guard_frames_received_total", transport="grpc") == 19
    assert parts.value("guard_frames_dropped_total", cause="overflow") == 16


async def test_a_silent_stream_goes_stale_by_the_clock_of_arrival(parts: Parts) -> None:
    joined = await join(parts)
    await send(parts, joined.key, HORIZON + 10)
    parts.calls.tick()
    parts.clock.now += 15.0
    parts.calls.tick()
    await parts.worker.rest(joined.key)
    (listed,) = parts.calls.participants()
    assert listed.verdict.decision is Decision.STALE
    assert listed.verdict.time == pytest.approx(15.0 + (HORIZON + 9) / 25, abs=0.05)
    assert parts.value("guard_participants", decision="STALE") == 1


async def test_a_stream_that_never_sent_is_not_told_any_time(parts: Parts) -> None:
    await join(parts)
    parts.clock.now += 60.0
    parts.calls.tick()
    await asyncio.sleep(0.01)
    assert parts.calls.participants()[0].verdict is None


async def test_an_enrolment_and_a_removal_reach_streams_that_run(parts: Parts) -> None:
    joined = await join(parts, claim="Later")
    parts.gallery.templates["Later"] = DARK_PERSON
    await parts.calls.claims.refresh()
    assert parts.calls.enrolled(joined.key)
    await send(parts, joined.key, HORIZON + 10)
    assert parts.calls.participants()[0].verdict.decision is Decision.VERIFIED
    parts.gallery.templates["Later"] = BRIGHT_PERSON
    await parts.calls.claims.refresh()
    await send(parts, joined.key, HORIZON, start=HORIZON + 10)
    assert parts.calls.participants()[0].verdict.score == pytest.approx(0.0, abs=1e-6)
    del parts.gallery.templates["Later"]
    await parts.calls.claims.refresh()
    assert not parts.calls.enrolled(joined.key)


async def test_who_has_opted_out_is_watched_and_not_verified(parts: Parts) -> None:
    parts.gallery.set_opt_out("Dora", DEFAULT_TENANT, True)
    joined = await join(parts)
    await send(parts, joined.key, HORIZON + 10)
    told = parts.calls.participants()[0].verdict
    assert (told.decision, told.score) == (Decision.OPTED_OUT, None)


async def test_an_opt_out_reaches_streams_that_run_and_so_does_taking_it_back(parts: Parts) -> None:
    joined = await join(parts)
    await send(parts, joined.key, HORIZON + 10)
    assert parts.calls.participants()[0].verdict.decision is Decision.VERIFIED
    parts.gallery.set_opt_out("Dora", DEFAULT_TENANT, True)
    await parts.calls.claims.refresh()
    await send(parts, joined.key, 10, start=HORIZON + 10)
    told = parts.calls.participants()[0].verdict
    assert (told.decision, told.score, told.evidence) == (Decision.OPTED_OUT, None, 0.0)
    parts.gallery.set_opt_out("Dora", DEFAULT_TENANT, False)
    await parts.calls.claims.refresh()
    await send(parts, joined.key, HORIZON + 10, start=HORIZON + 20)
    assert parts.calls.participants()[0].verdict.decision is Decision.VERIFIED


async def test_an_unreadable_gallery_refuses_newcomers_and_leaves_others_alone(parts: Parts) -> None:
    joined = await join(parts)
    parts.gallery.fault = GalleryError("gallery: cannot read")
    await parts.calls.claims.refresh()
    assert parts.calls.enrolled(joined.key)
    with pytest.raises(GalleryError):
        await join(parts, "other")


async def test_draining_scores_what_has_come_closes_all_and_takes_nobody_new(parts: Parts) -> None:
    joined = await join(parts)
    parts.engine.gate.clear()
    for number in range(HORIZON):
        parts.calls.offer(joined.key, frame(number), parts.clock())
    with parts.feed.watch(lambda _: True) as watcher:
        draining = asyncio.create_task(parts.calls.drain(5.0))
        await until(lambda: parts.worker.step_began is not None)
        parts.engine.gate.set()
        await draining
        parts.feed.end()
        seen = [update async for update in watcher]
    assert seen[-1].event is Event.LEFT
    assert isinstance(seen[-1].cause, DrainingError)
    assert seen[-1].participant.verdict.score == pytest.approx(1.0)
    with pytest.raises(DrainingError):
        await join(parts)


async def test_finishing_waits_for_the_last_verdicts(parts: Parts) -> None:
    joined = await join(parts)
    for number in range(HORIZON):
        parts.calls.offer(joined.key, frame(number), parts.clock())
    with parts.feed.watch(lambda _: True) as watcher:
        await parts.calls.finish(joined.key)
        parts.feed.end()
        scores = [update.participant.verdict.score async for update in watcher if update.participant.verdict]
    assert scores[-1] == pytest.approx(1.0)


async def test_the_gauge_of_participants_follows_their_decisions(parts: Parts) -> None:
    joined = await join(parts)
    assert parts.value("guard_participants", decision="COLLECTING") == 1
    await send(parts, joined.key, HORIZON + 10)
    assert parts.value("guard_participants", decision="VERIFIED") == 1
    assert parts.value("guard_participants", decision="COLLECTING") == 0
    parts.calls.leave(joined.key)
    assert parts.value("guard_participants", decision="VERIFIED") == 0


async def test_tenants_do_not_see_replace_or_claim_one_another() -> None:
    parts = Parts()
    mine = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
    theirs = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc", tenant="other")
    assert parts.calls.participants() == [mine]
    assert parts.calls.participants(tenant="other") == [theirs]
    assert parts.calls.enrolled(mine.key)
    assert not parts.calls.enrolled(theirs.key)


async def test_names_that_are_not_enrolled_cannot_be_tried_for_ever(parts: Parts) -> None:
    for _ in range(4):
        parts.calls.leave((await join(parts, claim="Nobody")).key)
    with pytest.raises(LockedError) as caught:
        await join(parts, claim="Nobody")
    assert caught.value.retry_after == 2
    assert parts.value("guard_streams_refused_total", cause="locked") == 1
    await join(parts, claim="Dora")
    parts.clock.now += 2
    await join(parts, claim="Nobody", participant="another")


async def test_who_is_enrolled_for_another_model_is_told_so_and_fails_nothing(parts: Parts) -> None:
    parts.gallery.elsewhere.add("Ada")
    for _ in range(10):
        parts.calls.leave((await join(parts, claim="Ada")).key)
    joined = await join(parts, claim="Ada")
    await send(parts, joined.key, 5)
    (listed,) = parts.calls.participants()
    assert listed.verdict is not None
    assert (listed.verdict.decision, listed.verdict.reason) == (Decision.NOT_ENROLLED, Reason.NEEDS_REENROLMENT)
    parts.gallery.elsewhere.clear()
    await parts.calls.claims.refresh()
    await send(parts, joined.key, 5, start=5)
    (listed,) = parts.calls.participants()
    assert listed.verdict is not None
    assert listed.verdict.reason is Reason.NOT_ENROLLED


@pytest.mark.slow
async def test_streams_judged_to_be_an_impostors_lock_their_claim_and_a_verified_one_frees_it(parts: Parts) -> None:
    async def play(claim: str, bright: bool) -> None:
        joined = await join(parts, claim=claim)
        for number in range(HORIZON + 10):
            await parts.calls.room(joined.key)
            parts.calls.offer(joined.key, frame(number, bright=bright), parts.clock())
        await parts.calls.finish(joined.key)

    for _ in range(3):
        await play("Dora", bright=True)
    await play("Dora", bright=False)
    for _ in range(4):
        await play("Dora", bright=True)
    with pytest.raises(LockedError):
        await join(parts, claim="Dora")


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["leaves", "claims another"])
async def test_who_ends_a_claim_before_the_accusation_is_told_has_failed_it(parts: Parts, ends: str) -> None:
    for _ in range(FREE + 1):
        joined = await join(parts, claim="Berta")
        for number in range(4 * HORIZON):
            parts.calls.offer(joined.key, frame(number), parts.clock())
            await parts.worker.rest(joined.key)
            if (newest := parts.calls.newest(joined.key)) and newest.mirror_check_pending:
                break
        assert newest is not None
        assert newest.mirror_check_pending
        if ends == "claims another":
            await parts.calls.claims.set_claim(joined.key, "")
        parts.calls.leave(joined.key)
    with pytest.raises(LockedError):
        await join(parts, claim="Berta")


@pytest.mark.parametrize(("transport", "locked"), [("grpc", True), ("whip", True), ("janus", False)])
async def test_who_is_found_by_a_source_does_not_escape_by_failing_often(
    parts: Parts, transport: str, locked: bool
) -> None:
    for _ in range(8):
        parts.clock.now += 600.0
        joined = await parts.calls.join(call="", participant="seat", claim="Unknown", transport=transport)
        parts.calls.leave(joined.key)
    if locked:
        with pytest.raises(LockedError):
            await parts.calls.join(call="", participant="seat", claim="Unknown", transport=transport)
    else:
        await parts.calls.join(call="", participant="seat", claim="Unknown", transport=transport)
        await parts.calls.join(call="", participant="seat", claim="Unknown", transport="grpc")


async def test_a_claim_that_is_locked_cannot_be_made_by_a_stream_that_is_open(parts: Parts) -> None:
    joined = await join(parts, claim="")
    for _ in range(8):
        parts.clock.now += 600.0
        await parts.calls.claims.set_claim(joined.key, "Unknown")
        await parts.calls.claims.set_claim(joined.key, "")
    with pytest.raises(LockedError):
        await parts.calls.claims.set_claim(joined.key, "Unknown")
    with pytest.raises(LockedError):
        await join(parts, "another seat", "Unknown")
    assert (await parts.calls.claims.set_claim(joined.key, "Dora")).claim == "Dora"


@pytest.mark.slow
async def test_each_claim_of_a_stream_fails_by_itself(parts: Parts) -> None:
    joined = await join(parts, claim="Berta")
    for number in range(8):
        await send(parts, joined.key, 4 * HORIZON, start=number * 4 * HORIZON)
        assert parts.calls.participants()[0].verdict.decision is Decision.IMPOSTOR_SUSPECTED
        parts.clock.now += 60.0
        if number < 7:
            await parts.calls.claims.set_claim(joined.key, "Berta")
    with pytest.raises(LockedError):
        await parts.calls.claims.set_claim(joined.key, "Berta")


async def test_what_was_measured_for_one_claim_is_not_said_of_the_next() -> None:
    """A verdict that is on its way when a backend sets another claim would accuse, or verify, the wrong person."""
    parts = Parts(max_streams=2)
    joined = await join(parts, claim="Dora")
    (verdict,) = [await one_verdict(parts, joined.key)]
    await parts.calls.claims.set_claim(joined.key, "Berta")
    parts.calls.publish(joined.key, verdict)  # of a step that began before
    (listed,) = parts.calls.participants()
    assert (listed.claim, listed.verdict) == ("Berta", None)
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    await send(parts, joined.key, HORIZON + 10, start=HORIZON + 10)
    (listed,) = parts.calls.participants()
    assert listed.verdict is not None
    assert listed.verdict.decision is not Decision.VERIFIED  # who moves is Dora
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    parts.worker.shutdown()


async def one_verdict(parts: Parts, key: str) -> Verdict:
    """The newest verdict of a stream that has shown Dora for a window."""
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    await send(parts, key, HORIZON + 10)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    verdict = parts.calls.newest(key)
    assert verdict is not None
    assert verdict.decision is Decision.VERIFIED
    return verdict
