"""Who is who in a Janus room: by number there, by display name here, whatever comes and goes and comes again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guard.core.items import Decision, Verdict
from guard.sources.janus import Room
from guard.sources.seats import Seats
from guard.sources.specs import JanusSpec
from guard.sources.states import Interrupted, SourceReason
from tests.peers.senders import offer
from tests.service_fakes import HORIZON, Parts, frame, until
from tests.sources.fakes import FakeJanus, FakePeer

SPEC = JanusSpec(name="room", url="ws://there", room=1, claim_display=True)


CAMERA = {"type": "video", "mid": "0", "codec": "vp8"}
SHARED = {"type": "video", "mid": "1", "codec": "vp8", "description": "screen"}


class Scene:
    """A room and the seats of those who publish in it."""

    def __init__(self, sdp: str) -> None:
        self.parts = Parts()
        self.seats = Seats(self.parts.calls, SPEC, 30.0, self.parts.clock)
        self._sdp = sdp
        self.begin_anew()

    def begin_anew(self) -> None:
        """The guard enters the room, again."""
        self.janus = FakeJanus(type="offer", sdp=self._sdp)
        self.room = Room(SPEC, self.janus, self.seats, lambda key, sink: FakePeer())

    def encrypted(self) -> None:
        """Whoever is connected to from now on is encrypted end to end."""
        self.janus.jsep["e2ee"] = True

    def publishes(self, number: int, display: str, **stream: Any) -> None:
        self.tells({"id": number, "display": display, "streams": [CAMERA | stream]})

    def tells(self, publisher: dict[str, Any]) -> None:
        """What Janus says of a publisher."""
        self.room.take({"videoroom": "event", "publishers": [publisher]})

    async def sends(self, participant: str, first: int, count: int = 3 * HORIZON, *, bright: bool = False) -> None:
        """Frames over the connection that the participant has."""
        handle = self.seats.seat(participant, participant, "1")
        (key,) = (one.key for one in self.parts.calls.participants() if one.participant == participant)
        for number in range(first, first + count):
            self.seats.offer(handle, frame(number, bright=bright), self.parts.clock())
            await self.parts.worker.rest(key)

    def verdict(self, participant: str) -> Verdict:
        verdict = next(one.verdict for one in self.parts.calls.participants() if one.participant == participant)
        assert verdict is not None
        return verdict

    def passes(self, seconds: float) -> None:
        self.parts.clock.now += seconds
        self.seats.tick()
        self.parts.calls.tick()

    async def present(self, *participants: str) -> dict[str, str]:
        """Their keys once exactly these have a stream."""
        await until(lambda: {one.participant for one in self.parts.calls.participants()} == set(participants))
        return {one.participant: one.key for one in self.parts.calls.participants()}

    def reason(self, participant: str) -> SourceReason | None:
        return next((one.reason for one in self.seats.seatings() if one.participant == participant), None)

    def detail(self, participant: str) -> str:
        return next(one.detail for one in self.seats.seatings() if one.participant == participant)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene(await offer("video"))
    working = asyncio.create_task(made.parts.worker.run(made.parts.calls.publish))
    yield made
    await made.room.close()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    made.parts.worker.shutdown()


async def test_departures_are_told_twice_and_what_is_told_again_changes_nothing(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    scene.publishes(1, "Dora")
    assert await scene.present("Dora") == before
    for _ in range(2):
        scene.room.take({"unpublished": 1})
        assert scene.reason("Dora") is SourceReason.CAMERA_OFF
    for _ in range(2):
        scene.room.take({"leaving": 1})
        assert await scene.present() == {}


async def test_who_comes_by_the_name_of_one_whose_camera_is_off_has_nothing_of_its_evidence(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    scene.room.take({"unpublished": 1})
    scene.publishes(2, "Dora")
    now = await scene.present("Dora", "Dora (2)")
    assert now["Dora (2)"] not in before.values()
    scene.publishes(1, "Dora")
    await until(lambda: scene.reason("Dora") is None)
    assert await scene.present("Dora", "Dora (2)") == now
    assert now["Dora"] == before["Dora"]


async def test_a_room_that_was_lost_knows_its_publishers_by_number_and_not_by_name(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    scene.publishes(2, "Berta")
    before = await scene.present("Dora", "Berta")
    scene.seats.lost_all(SourceReason.LOST)
    await scene.room.close()
    scene.begin_anew()
    publishers = [(3, "Dora"), (1, "Dora"), (4, "Berta")]
    told = [{"id": number, "display": name, "streams": [{"type": "video", "mid": "0"}]} for number, name in publishers]
    scene.room.take({"videoroom": "joined", "publishers": told})
    await until(lambda: scene.reason("Berta") is None and scene.reason("Dora") is None)
    now = await scene.present("Dora", "Dora (3)", "Berta")
    assert now["Dora"] == before["Dora"]
    assert now["Berta"] != before["Berta"]


async def test_two_of_one_name_are_told_apart(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    scene.publishes(2, "Dora", description="screen")
    scene.publishes(3, "Dora")
    before = await scene.present("Dora", "Dora (3)")
    assert scene.reason("Dora (2)") is SourceReason.SCREEN
    scene.room.take({"leaving": 2})
    assert await scene.present("Dora", "Dora (3)") == before


async def test_a_room_ends_no_stream_of_another_way_into_the_call(scene: Scene) -> None:
    """Neither when somebody comes by its name, nor when that one publishes again, nor when the stream came second."""
    before = await scene.parts.calls.join(call="", participant="Dora", claim="Dora", transport="whip")
    scene.publishes(1, "Dora")
    now = await scene.present("Dora", "Dora (1)")
    assert now["Dora"] == before.key
    scene.publishes(2, "Berta")
    await scene.present("Dora", "Dora (1)", "Berta")
    berta = await scene.parts.calls.join(call="", participant="Berta", claim="Dora", transport="whip")
    scene.seats.tick()
    assert scene.reason("Berta") is SourceReason.REPLACED
    scene.room.take({"unpublished": 2})
    scene.publishes(2, "Berta")
    now = await scene.present("Dora", "Dora (1)", "Berta", "Berta (2)")
    assert (now["Dora"], now["Berta"]) == (before.key, berta.key)
    assert {one.participant for one in scene.seats.seatings()} == {"Dora (1)", "Berta (2)"}


@pytest.mark.slow
async def test_who_comes_another_way_while_a_publisher_is_connected_to_keeps_its_name(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    before = await scene.parts.calls.join(call="", participant="Dora", claim="Dora", transport="whip")
    assert (await scene.present("Dora", "Dora (1)"))["Dora"] == before.key


async def test_two_rooms_in_one_call_keep_people_of_one_name_apart(scene: Scene) -> None:
    other = Seats(scene.parts.calls, SPEC, 30.0, scene.parts.clock)
    room = Room(SPEC, scene.janus, other, lambda key, sink: FakePeer())
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    room.take({"videoroom": "event", "publishers": [{"id": 1, "display": "Dora", "streams": [CAMERA]}]})
    assert (await scene.present("Dora", "Dora (1)"))["Dora"] == before["Dora"]
    await room.close()


async def test_no_display_name_can_stand_for_a_numbered_one(scene: Scene) -> None:
    scene.publishes(1, "Dora (3)")
    scene.publishes(2, "Dora")
    before = await scene.present("Dora (3)", "Dora")
    scene.publishes(3, "Dora")
    now = await scene.present("Dora (3)", "Dora", "Dora (3, 2)")
    assert now["Dora (3)"] == before["Dora (3)"]


async def test_a_numbered_name_is_kept_over_a_stay_in_the_room(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    scene.publishes(3, "Dora")
    before = await scene.present("Dora", "Dora (3)")
    scene.room.take({"leaving": 1})
    scene.seats.lost_all(SourceReason.LOST)
    await scene.room.close()
    scene.begin_anew()
    scene.publishes(3, "Dora")
    await until(lambda: scene.reason("Dora (3)") is None)
    assert await scene.present("Dora (3)") == {"Dora (3)": before["Dora (3)"]}


async def test_other_video_of_a_publisher_is_another_connection_to_the_same_place(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    scene.publishes(1, "Dora", mid="4")
    await until(lambda: scene.reason("Dora") is None)
    assert await scene.present("Dora") == before
    scene.publishes(1, "Dora", codec="av1")
    await until(lambda: scene.reason("Dora") is SourceReason.CODEC)
    assert await scene.present("Dora") == before


DECLARED = {
    "its camera a screen": ({"streams": [CAMERA | {"description": "Screen sharing"}]}, SourceReason.SCREEN),
    "itself a screen": ({"streams": [CAMERA], "metadata": {"screen": True}}, SourceReason.SCREEN),
    "another name": ({"streams": [CAMERA], "display": "Dora's screen"}, SourceReason.SCREEN),
    "another codec": ({"streams": [CAMERA | {"codec": "av1"}]}, SourceReason.CODEC),
    "the camera off beside a screen": ({"streams": [CAMERA | {"disabled": True}, SHARED]}, SourceReason.SCREEN),
    "the camera off": ({"streams": [{"type": "audio", "mid": "2", "codec": "opus"}]}, SourceReason.CAMERA_OFF),
}
"""What a participant's client says of its video, and how that is listed."""


@pytest.mark.slow
@pytest.mark.parametrize("declared", DECLARED)
async def test_nothing_that_a_client_declares_ends_an_accusation(scene: Scene, declared: str) -> None:
    told, reason = DECLARED[declared]
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    await scene.sends("Dora", 0, bright=True)
    assert scene.verdict("Dora").decision is Decision.IMPOSTOR_SUSPECTED
    evidence = scene.verdict("Dora").evidence
    scene.tells({"id": 1, "display": "Dora"} | told)
    await until(lambda: scene.reason("Dora") is reason)
    for _ in range(4):  # for longer than others keep their place
        scene.passes(10.0)
    assert await scene.present("Dora") == before
    await until(lambda: scene.verdict("Dora").decision is Decision.STALE)
    assert scene.verdict("Dora").evidence == evidence
    scene.publishes(1, "Dora")
    await until(lambda: scene.reason("Dora") is None)
    await scene.sends("Dora", 5000, HORIZON + 10, bright=True)
    assert await scene.present("Dora") == before
    assert scene.verdict("Dora").decision is Decision.IMPOSTOR_SUSPECTED
    scene.room.take({"leaving": 1})
    assert await scene.present() == {}


async def test_who_is_not_accused_and_shares_a_screen_keeps_the_place_for_a_while_and_is_listed_then(
    scene: Scene,
) -> None:
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    await scene.sends("Dora", 0)
    scene.publishes(1, "Dora", description="screen")
    await until(lambda: scene.reason("Dora") is SourceReason.SCREEN)
    assert await scene.present("Dora") == before
    scene.passes(31.0)
    assert await scene.present() == {}
    assert scene.reason("Dora") is SourceReason.SCREEN
    scene.passes(31.0)
    assert scene.reason("Dora") is SourceReason.SCREEN
    scene.room.take({"leaving": 1})
    assert scene.seats.seatings() == ()


async def test_a_screen_beside_the_camera_changes_nothing(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    scene.tells({"id": 1, "display": "Dora", "streams": [SHARED, CAMERA]})
    scene.tells({"id": 2, "display": "Dora's screen", "streams": [SHARED]})
    await until(lambda: scene.reason("Dora's screen") is SourceReason.SCREEN)
    await until(lambda: scene.reason("Dora") is None)
    await scene.sends("Dora", 0)
    assert await scene.present("Dora") == before
    assert scene.verdict("Dora").decision is Decision.VERIFIED


async def test_an_accused_one_who_is_encrypted_when_coming_back_keeps_the_place(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    await scene.sends("Dora", 0, bright=True)
    scene.encrypted()
    scene.publishes(1, "Dora", mid="4")
    await until(lambda: scene.reason("Dora") is SourceReason.ENCRYPTED)
    scene.passes(31.0)
    assert await scene.present("Dora") == before


async def test_a_camera_off_with_the_sound_on_keeps_that_publishers_place_for_a_while(scene: Scene) -> None:
    told = {"id": 1, "display": "Dora", "streams": [{"type": "audio", "mid": "1", "codec": "opus"}]}
    scene.publishes(1, "Dora")
    before = await scene.present("Dora")
    scene.room.take({"videoroom": "event", "publishers": [told]})
    await until(lambda: scene.detail("Dora") == "publishes no video")
    assert await scene.present("Dora") == before
    scene.publishes(1, "Dora")
    await until(lambda: scene.reason("Dora") is None)
    assert await scene.present("Dora") == before
    scene.room.take({"videoroom": "event", "publishers": [told]})
    scene.parts.clock.now += 31.0
    scene.seats.tick()
    assert await scene.present() == {}
    scene.room.take({"videoroom": "event", "publishers": [told | {"id": 2, "display": "Ada"}]})
    await until(lambda: scene.reason("Ada") is SourceReason.CAMERA_OFF)
    assert await scene.present() == {}


async def test_somebody_whose_id_is_ok_puts_nobody_out_of_the_room(scene: Scene) -> None:
    scene.room.take({"publishers": [{"id": "ok", "display": "Mallory", "streams": []}]})
    scene.room.take({"unpublished": "ok"})
    scene.room.take({"leaving": "ok"})
    assert scene.room._watched == {}


async def test_who_is_kicked_is_gone(scene: Scene) -> None:
    scene.publishes(1, "Dora")
    await scene.present("Dora")
    scene.room.take({"kicked": 1})
    assert await scene.present() == {}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"leaving": "ok", "reason": "kicked"}, SourceReason.REFUSED),
        ({"destroyed": 1}, SourceReason.LOST),
    ],
)
async def test_a_room_that_is_no_more_is_an_interruption(
    scene: Scene, event: dict[str, Any], reason: SourceReason
) -> None:
    with pytest.raises(Interrupted) as caught:
        scene.room.take(event)
    assert caught.value.reason is reason
    scene.room.take({"joining": {"id": 9}})
    scene.room.take({})


@pytest.mark.parametrize("number", ["e" * 300, "a\u200bb"])
@pytest.mark.parametrize("display", ["", "Eve"])
async def test_an_id_that_makes_no_name_ends_nothing(scene: Scene, number: str, display: str) -> None:
    scene.publishes(1, "Eve")
    scene.tells({"id": number, "display": display, "streams": [CAMERA]})
    await until(lambda: len(scene.parts.calls.participants()) == 2)
