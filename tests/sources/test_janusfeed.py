"""What Janus tells of a publisher, and what becomes of it, without a Janus."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from guard.sources.backoff import Backoff
from guard.sources.janusfeed import Feed, Publisher, publisher_of
from guard.sources.seats import Seats
from guard.sources.specs import JanusSpec
from guard.sources.states import SourceReason, SourceState
from tests.peers.senders import offer
from tests.service_fakes import Parts, frame, until
from tests.sources.fakes import FakeJanus, FakePeer

VIDEO = {"type": "video", "mid": "1", "codec": "vp8"}
SPEC = JanusSpec(name="room", url="ws://there", room=1, pin="1234", substream=0)


@pytest.mark.parametrize(
    ("told", "obstacle"),
    [
        ({"streams": [VIDEO]}, None),
        ({"streams": [VIDEO | {"codec": "h264"}]}, None),
        ({"streams": [VIDEO | {"description": "Screen"}, VIDEO]}, None),
        ({"streams": [VIDEO | {"codec": "av1"}]}, SourceReason.CODEC),
        ({"streams": [VIDEO | {"description": "my screen"}]}, SourceReason.SCREEN),
        ({"streams": [VIDEO], "metadata": {"kind": "screen"}}, SourceReason.SCREEN),
        ({"streams": [VIDEO], "metadata": {"screen": False}}, None),
        ({"streams": [{"type": "audio", "mid": "0", "codec": "opus"}]}, SourceReason.CAMERA_OFF),
        ({"streams": [VIDEO | {"disabled": True}]}, SourceReason.CAMERA_OFF),
        ({}, SourceReason.CAMERA_OFF),
    ],
)
def test_the_first_camera_that_can_be_decoded_is_watched(told: dict[str, Any], obstacle: SourceReason | None) -> None:
    publisher = publisher_of({"id": 7, "display": "Ada", **told})
    assert (publisher.number, publisher.name, publisher.obstacle) == (7, "Ada", obstacle)
    assert publisher.mid == ("" if obstacle else "1")


@pytest.mark.parametrize("display", [None, "", "a\nb", "x" * 201, " "])
def test_a_display_name_that_cannot_be_one_gives_way_to_the_number(display: str | None) -> None:
    assert publisher_of({"id": 7, "display": display, "streams": [VIDEO]}).name == "publisher 7"


class Scene:
    """One publisher that is watched."""

    def __init__(self, janus: FakeJanus, publisher: Publisher, spec: JanusSpec = SPEC) -> None:
        self.parts = Parts(max_streams=1)
        self.seats = Seats(self.parts.calls, spec, 30.0, self.parts.clock)
        self.peers: list[FakePeer] = []
        self.feed = Feed(spec, janus, self.seats, self._peer, publisher, lambda: "Ada")

    def _peer(self, key: str, sink: object) -> FakePeer:
        self.peers.append(FakePeer())
        return self.peers[-1]

    def standing(self) -> tuple[SourceState, SourceReason | None]:
        (one,) = self.seats.seatings()
        return one.state, one.reason


ADA = Publisher(7, "Ada", "1", True, None)


async def test_encrypted_video_is_left_alone_with_the_reason_and_not_tried_again() -> None:
    janus = FakeJanus(type="offer", sdp=await offer("video"), e2ee=True)
    scene = Scene(janus, ADA)
    await asyncio.wait_for(scene.feed.watch(), 5)
    assert scene.standing() == (SourceState.CONNECTED, SourceReason.ENCRYPTED)
    assert scene.parts.calls.participants() == []
    assert [handle.detached for handle in janus.handles] == [True]


async def test_an_offer_of_other_codecs_is_left_alone() -> None:
    sdp = (await offer("video")).replace("VP8", "VP9").replace("H264", "VP9")
    scene = Scene(FakeJanus(type="offer", sdp=sdp), ADA)
    await asyncio.wait_for(scene.feed.watch(), 5)
    assert scene.standing() == (SourceState.CONNECTED, SourceReason.CODEC)


async def test_a_simulcast_layer_is_asked_for_at_its_full_rate_and_a_hangup_is_followed_by_another_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("guard.sources.backoff.FIRST", 0.01)
    janus = FakeJanus(type="offer", sdp=await offer("video"))
    scene = Scene(janus, ADA)
    watching = asyncio.create_task(scene.feed.watch())
    await until(lambda: scene.parts.calls.participants())
    joined, started, configured = janus.handles[0].asked
    assert joined == ("join", {"ptype": "subscriber", "room": 1, "streams": [{"feed": 7, "mid": "1"}], "pin": "1234"})
    assert started[0] == "start"
    assert configured == ("configure", {"streams": [{"mid": "0", "substream": 0, "temporal": 2}]})
    (before,) = scene.parts.calls.participants()
    janus.handles[0].events.put_nowait({"janus": "slowlink"})
    janus.handles[0].events.put_nowait({"janus": "hangup"})
    await until(lambda: len(scene.peers) == 2 and scene.standing()[0] is SourceState.CONNECTED)
    assert [one.key for one in scene.parts.calls.participants()] == [before.key]
    assert (scene.peers[0].closed, janus.handles[0].detached) == (True, True)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert (scene.peers[1].closed, janus.handles[1].detached) == (True, True)


async def test_the_lowest_layer_that_shows_the_face_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.sources.layers.PERIOD", 0.01)
    janus = FakeJanus(type="offer", sdp=await offer("video"))
    scene = Scene(janus, ADA, SPEC.model_copy(update={"substream": None}))
    watching = asyncio.create_task(scene.feed.watch())
    await until(lambda: scene.parts.calls.participants())
    handle = scene.seats.seat("Ada", "Ada", "7")
    for number, side in enumerate((300, 140)):
        scene.seats.offer(handle, replace(frame(number), side=side), 0.0)
        await asyncio.sleep(0.1)
    asked = [body["streams"][0] for request, body in janus.handles[0].asked if request == "configure"]
    assert [(one["substream"], one["temporal"]) for one in asked] == [(1, 2), (0, 2)]
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_a_publisher_that_never_sends_is_tried_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each attempt may take long to fail: that is no sign of one that worked."""
    pauses: list[float] = []
    monkeypatch.setattr(Backoff, "pause", lambda _, lasted, retry_after: pauses.append(lasted) or 60.0)
    scene = Scene(FakeJanus(type="offer", sdp=await offer("video")), ADA)
    watching = asyncio.create_task(scene.feed.watch())
    await until(lambda: scene.parts.calls.participants())
    scene.parts.clock.now += 20.0
    scene.peers[0].end()
    await until(lambda: pauses)
    assert pauses == [0.0]
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_a_screen_for_which_no_seat_is_free_is_listed_once_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "pause", lambda *_: 0.01)
    monkeypatch.setattr("guard.sources.seats.MOST_SEATS", 1)
    scene = Scene(FakeJanus(), replace(ADA, obstacle=SourceReason.SCREEN))
    await scene.seats.appear(scene.seats.seat("Dora", "Dora", "6"))
    watching = asyncio.create_task(scene.feed.watch())
    await asyncio.wait({watching}, timeout=0.05)
    assert not watching.done()
    scene.seats.release("Dora")
    await asyncio.wait_for(watching, 5)
    assert scene.standing() == (SourceState.CONNECTED, SourceReason.SCREEN)


async def test_who_finds_no_place_is_listed_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "pause", lambda *_: 0.01)
    scene = Scene(FakeJanus(type="offer", sdp=await offer("video")), ADA)
    first = await scene.parts.calls.join(call="", participant="first", claim="", transport="grpc")
    watching = asyncio.create_task(scene.feed.watch())
    await until(lambda: scene.seats.seatings() and scene.standing()[1] is SourceReason.NOT_ADMITTED)
    assert all(peer.closed for peer in scene.peers[:1])
    scene.parts.calls.leave(first.key)
    await until(lambda: scene.standing() == (SourceState.CONNECTED, None))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
