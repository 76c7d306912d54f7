"""The client enrols people and looks after them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from guard.client import Consent, GuardClient, LumaFrame, NextClip, Person, Progress, field_of
from guard.client_sync import SyncGuardClient
from guard.core.errors import ConsentError, FrameError, LockedError
from tests.service_fakes import Serving, moving, serving

NOW = datetime.now(UTC)
CONSENT = Consent("HR", NOW - timedelta(days=1), "calls", NOW + timedelta(days=365))


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        made.gallery.templates.clear()
        yield made


@pytest.fixture
async def client(guard: Serving) -> AsyncIterator[GuardClient]:
    async with GuardClient(guard.addresses.grpc) as made:
        yield made


def picture(number: int) -> LumaFrame:
    return LumaFrame(moving(number), number / 25, full_range=True)


async def film(count: int, clips: int = 1) -> AsyncIterator[LumaFrame | NextClip]:
    for clip in range(clips):
        if clip:
            yield NextClip("office")
        for number in range(count):
            yield picture(number)


@pytest.mark.slow
async def test_frames_become_progress_and_the_person(client: GuardClient) -> None:
    *steps, person = [one async for one in client.enroll("Ada", film(60, clips=3), consent=CONSENT)]
    assert isinstance(person, Person)
    assert (person.name, person.consent, person.opted_out) == ("Ada", CONSENT, False)
    (template,) = person.templates
    assert (template.references, template.sessions, template.windows) == (3, 2, 18)
    assert all(isinstance(step, Progress) for step in steps)
    assert steps[-1].windows >= 16
    assert await client.people() == [person]
    assert await client.person("Ada") == person


async def test_clips_that_do_not_suffice_are_refused(client: GuardClient) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        [one async for one in client.enroll("Ada", film(20), consent=CONSENT)]
    assert (caught.value.code(), field_of(caught.value)) == (grpc.StatusCode.FAILED_PRECONDITION, "clips")


async def test_a_beginning_that_is_refused_says_why(client: GuardClient) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        [one async for one in client.enroll("", film(100), consent=CONSENT)]
    assert field_of(caught.value) == "begin.name"


@pytest.mark.parametrize("part", ["given_at", "expires_at"])
async def test_consent_by_a_clock_of_no_zone_is_refused_at_once(client: GuardClient, part: str) -> None:
    naive = replace(CONSENT, **{part: getattr(CONSENT, part).replace(tzinfo=None)})
    with pytest.raises(ConsentError, match=rf"consent\.{part}: has no time zone; give it one, as in datetime.now"):
        [one async for one in client.enroll("Ada", film(100), consent=naive)]


async def test_a_film_without_pictures_is_told_as_one(client: GuardClient) -> None:
    with pytest.raises(FrameError, match="frames: hold no picture; give at least one LumaFrame"):
        [one async for one in client.enroll("Ada", film(0), consent=CONSENT)]


async def test_a_fault_of_the_frames_is_raised_and_enrols_nobody(guard: Serving, client: GuardClient) -> None:
    async def breaking() -> AsyncIterator[LumaFrame]:
        for number in range(60):
            yield picture(number)
        raise OSError("the camera is gone")

    with pytest.raises(OSError, match="the camera is gone"):
        [one async for one in client.enroll("Ada", breaking(), consent=CONSENT)]
    assert await client.people() == []
    assert guard.gallery.references == {}


async def test_an_enrolment_that_is_left_early_enrols_nobody(guard: Serving, client: GuardClient) -> None:
    enrolling = client.enroll("Ada", film(1000), consent=CONSENT)
    assert isinstance(await anext(enrolling), Progress)
    await enrolling.aclose()
    async with asyncio.timeout(10):
        while not await enrolled(client, "Bob"):
            pass
    assert [tenant_and_name[1] for tenant_and_name in guard.gallery.references] == ["Bob"]


async def enrolled(client: GuardClient, name: str) -> bool:
    """Whether there was a place for the enrolment, which then came to its end."""
    try:
        return [one async for one in client.enroll(name, film(60), consent=CONSENT)] != []
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return False


async def test_a_person_opts_out_is_exported_renewed_and_removed(client: GuardClient) -> None:
    await enrolled(client, "Ada")
    await client.opt_out("Ada")
    assert (await client.person("Ada")).opted_out
    await client.opt_out("Ada", False)
    assert not (await client.renew("Ada")).opted_out
    assert await client.export("Ada") == b'{"name": "Ada"}'
    await client.remove("Ada")
    assert await client.people() == []


async def test_everybody_is_listed_over_several_pages(guard: Serving, client: GuardClient) -> None:
    names = [f"person {number:03}" for number in range(101)]
    for name in names:
        guard.gallery.set_opt_out(name, "default", False)
    assert [person.name for person in await client.people()] == names


async def test_the_same_without_an_event_loop(guard: Serving) -> None:
    def use() -> None:
        with SyncGuardClient(guard.addresses.grpc) as client:
            *_, person = client.enroll("Ada", map(picture, range(60)), consent=CONSENT)
            assert isinstance(person, Person)
            assert client.people() == [client.person("Ada")]
            client.opt_out("Ada")
            client.opt_out("Ada", False)
            assert client.renew("Ada").name == "Ada"
            assert client.export("Ada")
            client.remove("Ada")
            assert client.people() == []

    await asyncio.to_thread(use)


async def test_an_admin_lifts_the_lock_on_a_name(guard: Serving, client: GuardClient) -> None:
    async def claim() -> None:
        joined = await guard.service.calls.join(call="", participant="seat", claim="Nobody", transport="grpc")
        guard.service.calls.leave(joined.key)

    for _ in range(4):
        await claim()
    with pytest.raises(LockedError):
        await claim()
    assert await client.lift_lock("Nobody") == 1
    await claim()
    with await asyncio.to_thread(SyncGuardClient, guard.addresses.grpc) as sync:
        assert await asyncio.to_thread(sync.lift_lock, "Nobody") == 1
