"""WHIP over a real server, with real peers and with offers that are none."""

import asyncio
import threading
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from aiortc.mediastreams import AudioStreamTrack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from guard.core.errors import ServiceError
from guard.core.items import Cut, Decision, Frame
from guard.peers.loopback import allow_loopback
from guard.picture import Reducer
from guard.updates import Event, Link
from tests.peers.senders import SDP, MovingPicture, offer, publishing
from tests.service_fakes import Serving, serving, until

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def loopback() -> None:
    """These tests must run on a machine without a network."""
    allow_loopback(always=True)


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def http(guard: Serving) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(guard.addresses.http) as session:
        yield session


def url(guard: Serving, query: str = "?claim=Dora&participant=seat") -> str:
    return f"{guard.addresses.http}/whip{query}"


def decisions(guard: Serving) -> dict[str, Decision]:
    return {one.participant: one.verdict.decision for one in guard.service.calls.participants() if one.verdict}


async def gone(guard: Serving) -> None:
    """Nothing of any sender is left: no participant, no connection, no thread that decodes."""
    await until(lambda: not guard.service.calls.participants() and not guard.service.whip.serving)
    await until(lambda: not [one for one in threading.enumerate() if one.name == "video-decoder"])


async def test_senders_are_verified_each_for_itself(guard: Serving) -> None:
    honest = publishing(url(guard, "?claim=Dora&participant=honest"), MovingPicture())
    other = publishing(url(guard, "?claim=Dora&participant=other"), MovingPicture(bright=True))
    async with honest, other:
        expected = {"honest": Decision.VERIFIED, "other": Decision.IMPOSTOR_SUSPECTED}
        await until(lambda: decisions(guard) == expected)
        (newest, _) = (one.verdict for one in guard.service.calls.participants())
    assert newest.cuts == 0
    await gone(guard)


async def test_delete_ends_the_session(guard: Serving, http: aiohttp.ClientSession) -> None:
    async with publishing(url(guard), MovingPicture()) as sender:
        await until(lambda: decisions(guard))
        async with http.delete(sender.session) as response:
            assert response.status == 200
        await gone(guard)
        async with http.delete(sender.session) as response:
            assert response.status == 404


async def test_a_sender_that_closes_its_connection_leaves(guard: Serving) -> None:
    async with publishing(url(guard), MovingPicture()) as sender:
        await until(lambda: decisions(guard))
        await sender.peer.close()
        await gone(guard)


async def test_a_change_of_resolution_cuts_the_run(guard: Serving) -> None:
    track = MovingPicture(320)
    async with publishing(url(guard), track):
        await until(lambda: track.sent > 15)
        track.width = 240
        await until(lambda: guard.value("guard_runs_cut_total", cut="PICTURE_CHANGED") == 1)
        assert guard.service.calls.participants()[0].verdict.last_cut in (None, Cut.PICTURE_CHANGED)


async def test_a_sender_who_says_that_its_pictures_are_mirrored_has_them_turned_back(
    guard: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LeftIsBright(MovingPicture):
        def _pixels(self, number: int) -> np.ndarray:
            dark = super()._pixels(number)
            dark[:, : self.width // 2] += 120
            return dark

    shown: dict[str, Frame] = {}
    offer = guard.service.calls.offer
    monkeypatch.setattr(
        guard.service.calls, "offer", lambda key, one, at: shown.update({key: one}) or offer(key, one, at)
    )
    for query, bright in (("&mirrored=1", np.s_[:, 64:]), ("&mirrored=0", np.s_[:, :64]), ("", np.s_[:, :64])):
        shown.clear()
        async with publishing(url(guard, f"?participant=seat{query}"), LeftIsBright()):
            await until(lambda: shown)
            (frame,) = shown.values()
            assert frame.pixels[bright].mean() > frame.pixels.mean() + 40


async def test_sound_is_refused_and_video_received(guard: Serving) -> None:
    async with publishing(url(guard), AudioStreamTrack(), MovingPicture()) as sender:
        await until(lambda: decisions(guard))
    audio, video = sender.answer.split("m=")[1:]
    assert "a=inactive" in audio
    assert "a=recvonly" in video
    await gone(guard)


async def test_the_answer_asks_for_bandwidth_and_names_loopback(guard: Serving) -> None:
    async with publishing(url(guard), MovingPicture()) as sender:
        assert "x-google-start-bitrate=1500" in sender.answer
        assert " 127.0.0.1 " in sender.answer


async def test_who_comes_back_goes_on_with_the_evidence(guard: Serving, http: aiohttp.ClientSession) -> None:
    async with publishing(url(guard), MovingPicture()) as first:
        await until(lambda: decisions(guard) == {"seat": Decision.VERIFIED})
        (before,) = guard.service.calls.participants()
        async with publishing(url(guard), MovingPicture()) as second:
            await until(lambda: len(guard.service.whip.serving) == 1)
            (after,) = guard.service.calls.participants()
            assert after.key == before.key
            assert after.verdict.sequence >= before.verdict.sequence
            assert after.verdict.decision is Decision.VERIFIED
            await until(lambda: (now := guard.service.calls.participants()[0]).verdict.score and now.verdict.cuts == 1)
            assert guard.service.calls.participants()[0].verdict.last_cut is Cut.GAP
            assert (await http.delete(first.session)).status == 404
            assert (await http.delete(second.session)).status == 200
            await gone(guard)


async def test_who_comes_back_as_somebody_else_begins_anew(guard: Serving) -> None:
    async with publishing(url(guard), MovingPicture()):
        await until(lambda: decisions(guard))
        (before,) = guard.service.calls.participants()
        async with publishing(url(guard, "?claim=Berta&participant=seat"), MovingPicture()):
            (after,) = guard.service.calls.participants()
            assert after.key != before.key
            await until(lambda: len(guard.service.whip.serving) == 1)


async def test_an_offer_that_cannot_be_met_leaves_the_session_that_is_there(
    guard: Serving, http: aiohttp.ClientSession
) -> None:
    broken = (await offer("video")).replace("VP8", "AV1").replace("H264", "H266")
    async with publishing(url(guard), MovingPicture()) as sender:
        await until(lambda: decisions(guard))
        async with http.post("/whip?claim=Dora&participant=seat", data=broken, headers=SDP) as response:
            assert response.status == 400
        assert guard.service.calls.participants()[0].link is Link.FLOWING
        async with http.delete(sender.session) as response:
            assert response.status == 200
    await gone(guard)


async def test_participants_without_a_name_get_one_each(guard: Serving) -> None:
    async with publishing(url(guard, ""), MovingPicture()), publishing(url(guard, ""), MovingPicture()):
        first, second = guard.service.calls.participants()
    assert first.participant != second.participant
    assert first.claim == ""


async def test_over_capacity_is_refused_with_the_time_to_wait(guard: Serving, http: aiohttp.ClientSession) -> None:
    for number in range(4):
        await guard.service.calls.join(call="", participant=str(number), claim="", transport="grpc")
    async with http.post("/whip", data=await offer("video"), headers=SDP) as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "5"
    assert not guard.service.whip.serving


async def test_browsers_may_publish_from_any_page(http: aiohttp.ClientSession) -> None:
    async with http.options("/whip") as response:
        assert response.status == 204
        assert response.headers["Accept-Post"] == "application/sdp"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        allowed = response.headers["Access-Control-Allow-Methods"].split(", ")
        assert {"POST", "DELETE", "PATCH"} <= set(allowed), "a page may not even read the refusal of another one"
    async with http.post("/whip", data="", headers=SDP) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_trickle_is_refused(http: aiohttp.ClientSession) -> None:
    async with http.patch("/whip/anything", data="a=candidate") as response:
        assert response.status == 405
        assert "all candidates" in await response.text()


async def refused(
    guard: Serving, http: aiohttp.ClientSession, body: str | bytes, headers: dict[str, str]
) -> tuple[int, str]:
    """Status and text of a refusal, after which nothing is left."""
    async with http.post("/whip?claim=Dora", data=body, headers=headers) as response:
        status, text = response.status, await response.text()
    await gone(guard)
    assert 400 <= status < 500
    assert text.count("\n") <= 1, "one line"
    return status, text


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        ("", SDP, 400, "offer: is empty"),
        ("hello", SDP, 400, "offer: is no session description"),
        (b"\xff\xfe", SDP, 400, "offer: is not UTF-8"),
        ("v=0\r\nm=video nonsense\r\n", SDP, 400, "offer: "),
        ("v=0\r\n", SDP, 400, "offer: has no video"),
        ("v=0\r\n" + "m=video 9 RTP/AVP 96\r\na=sendonly\r\n" * 9, SDP, 400, "offer: has 9 media sections"),
        ("v=0\r\n", {"Content-Type": "application/json"}, 415, "Content-Type"),
        ("v=0\r\n" + "a=x\r\n" * 20_000, SDP, 413, "size"),
    ],
)
async def test_what_is_no_offer_is_refused(
    guard: Serving, http: aiohttp.ClientSession, body: str, headers: dict[str, str], status: int, words: str
) -> None:
    got, text = await refused(guard, http, body, headers)
    assert (got, words in text) == (status, True), text


async def test_offers_that_cannot_be_met_are_refused(guard: Serving, http: aiohttp.ClientSession) -> None:
    assert await refused(guard, http, await offer("audio"), SDP) == (
        400,
        "offer: has no video to receive; add a video section that is sendonly or sendrecv\n",
    )
    good = await offer("video")
    for broken in (
        good.replace("a=sendrecv", "a=recvonly"),
        "".join(line for line in good.splitlines(keepends=True) if "ice-ufrag" not in line),
        "".join(line for line in good.splitlines(keepends=True) if "rtcp-mux" not in line),
        good.replace("VP8", "AV1").replace("H264", "H266"),
    ):
        status, text = await refused(guard, http, broken, SDP)
        assert (status, text.startswith("offer: ")) == (400, True)


async def test_a_codec_that_is_not_decoded_is_named(guard: Serving, http: aiohttp.ClientSession) -> None:
    vp9 = (await offer("video")).replace("VP8", "VP9").replace("H264", "VP9")
    assert await refused(guard, http, vp9, SDP) == (400, "offer: VP9 cannot be decoded here; send VP8 or H.264\n")


async def test_a_shared_screen_is_refused(guard: Serving, http: aiohttp.ClientSession) -> None:
    status, text = await refused(guard, http, await offer("video") + "a=content:slides\r\n", SDP)
    assert (status, text[:31]) == (400, "offer: is of a shared screen (a")


async def test_a_fault_of_ours_keeps_the_stream_and_is_told_if_nobody_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(resume_seconds=0.5) as guard:
        with guard.service.feed.watch(lambda update: update.event in (Event.LINK, Event.LEFT)) as watcher:
            async with publishing(url(guard), MovingPicture()):
                await until(lambda: decisions(guard))
                monkeypatch.setattr(Reducer, "reduce", None)
                await until(lambda: not guard.service.calls.participants(), 20)
            guard.service.feed.end()
            *links, left = [update async for update in watcher]
    assert links[-1].participant.link is Link.RECONNECTING
    assert isinstance(left.cause, ServiceError)


async def test_a_name_that_cannot_be_used_is_refused(guard: Serving, http: aiohttp.ClientSession) -> None:
    async with http.post("/whip?claim=%00", data=await offer("video"), headers=SDP) as response:
        assert response.status == 400
        assert (await response.text()).startswith("claim: ")
    await gone(guard)


async def test_a_sender_that_never_connects_is_given_up(
    guard: Serving, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.peers.peer.CONNECT_TIMEOUT", 0.2)
    async with http.post("/whip", data=await offer("video"), headers=SDP) as response:
        assert response.status == 201
    await gone(guard)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=some.data())
def test_mangled_offers_are_answered_or_refused_and_leave_nothing(data: some.DataObject) -> None:
    async def scenario() -> None:
        lines = (await offer("video")).splitlines()
        for _ in range(data.draw(some.integers(1, 4))):
            at = data.draw(some.integers(1, len(lines) - 1))
            mangled = [[], [lines[at]] * 2, [lines[at][:-3]], [data.draw(some.text(max_size=20))]]
            lines[at : at + 1] = data.draw(some.sampled_from(mangled))
        async with serving() as guard, aiohttp.ClientSession(guard.addresses.http) as http:
            async with http.post("/whip", data="\r\n".join(lines).encode("utf-8", "replace"), headers=SDP) as response:
                assert response.status in (201, 400), await response.text()
                location = response.headers.get("Location")
            if location:
                await (await http.delete(location)).release()
            await gone(guard)

    asyncio.run(scenario())
