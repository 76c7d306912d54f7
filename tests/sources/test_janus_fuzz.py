"""A hostile Janus: whatever it says is an interruption with a reason, no traceback, and nothing is left behind."""

import asyncio
import copy
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from hypothesis import given
from hypothesis import strategies as some
from structlog.testing import capture_logs

from guard.core.errors import GuardError
from guard.peers.loopback import allow_loopback
from guard.peers.peer import Peer
from guard.sources.janus import JanusSource
from guard.sources.reach import Reach
from guard.sources.seats import Seats
from guard.sources.specs import AttachSettings, JanusSpec
from guard.sources.states import Interrupted
from tests.peers.senders import offer
from tests.peers.test_whip_fuzz import BAD_LINES, FEW, connections
from tests.service_fakes import Parts, until

pytestmark = pytest.mark.slow

KNOWN = Interrupted, GuardError, OSError, TimeoutError, aiohttp.ClientError
"""What Attached takes for an interruption; anything else is a fault of the guard."""
WITHIN = 10.0
"""Seconds in which a stay in the room has come to its end, the time limits being short here."""
STAY = 0.3
"""Seconds after which Janus hangs up."""
OURS = "Session.", "Room.", "Feed.", "Peer.", "hung_up"
"""Beginnings of the names of what runs for a source."""
CAMERA = {"type": "video", "mid": "0", "codec": "vp8", "simulcast": True, "description": "camera"}
PUBLISHER = {"id": 7, "display": "Dora", "streams": [CAMERA], "metadata": {"screen": False}}
ODD = some.recursive(
    some.sampled_from([None, True, -1, 0, 7, 10**400, 1.5, "", "ok", "7", "a\nb", "\ud800", "x" * 300, [], {}])
    | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.sampled_from(["id", "sdp", "x"]), inner),
    max_leaves=4,
)
RAW = some.sampled_from(["", "hello", "[]", "null", '"janus"', "{", "[" * 100_000, '{"janus": "timeout"}', "1" * 5000])


def plugin(**data: Any) -> dict[str, Any]:
    """A message of the VideoRoom plugin."""
    return {"janus": "event", "plugindata": {"plugin": "janus.plugin.videoroom", "data": data}}


def usual(sdp: str) -> dict[str, dict[str, Any]]:
    """What a Janus answers, and of the last two tells, by what they are about."""
    return {
        "create": {"janus": "success", "data": {"id": 1}},
        "attach": {"janus": "success", "data": {"id": 2}},
        "publisher": plugin(videoroom="joined", publishers=[PUBLISHER]),
        "subscriber": plugin(videoroom="attached") | {"jsep": {"type": "offer", "sdp": sdp}},
        "start": plugin(videoroom="event", started="ok"),
        "configure": plugin(videoroom="event", configured="ok"),
        "left": plugin(videoroom="event", leaving=7, unpublished=7, reason="it went"),
        "came": plugin(videoroom="event", publishers=[PUBLISHER | {"id": 8}]),
    }


class Hostile:
    """Answers by `says`: a message, or a text that need not be one. It hangs up soon after the room is entered."""

    def __init__(self) -> None:
        self.says: Mapping[str, dict[str, Any] | str] = {}
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            asked = frame.json()
            body = asked.get("body", {})
            about = body.get("ptype") or body.get("request") or asked["janus"]
            if about in self.says:
                await self._say(socket, about, {"transaction": asked["transaction"]})
            if about in ("configure", "publisher"):
                await self._say(socket, "left" if about == "configure" else "came", {"sender": 2})
            if about == "publisher":
                asyncio.get_running_loop().call_later(STAY, request.transport.abort)
        return socket

    async def _say(self, socket: web.WebSocketResponse, about: str, to: dict[str, Any]) -> None:
        said = self.says[about]
        text = said if isinstance(said, str) else json.dumps(to | said)
        with suppress(ConnectionError):  # it has heard enough
            await socket.send_str(text)

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()


class Target:
    """One guard for many examples, on a loop that runs while an example does."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.hostile = Hostile()
        self.unheeded: list[str] = []  # what asyncio tells of exceptions that nobody took
        runner.get_loop().set_exception_handler(lambda _, context: self.unheeded.append(str(context)))
        runner.run(self.hostile.start())
        self.parts = runner.run(self._made())
        self.usual = usual(runner.run(offer("video")))

    async def _made(self) -> Parts:
        return Parts()

    def enter(self, says: Mapping[str, dict[str, Any] | str]) -> BaseException:
        """What ends a stay in a room of a Janus that says this."""
        self.hostile.says = says
        with capture_logs() as logs:
            ended = self._runner.run(self._enter())
        assert [one for one in logs if one["log_level"] == "error"] == []
        return ended

    async def _enter(self) -> BaseException:
        spec = JanusSpec(name="room", url=self.hostile.url, room=1, claim_display=True)
        seats = Seats(self.parts.calls, spec, 30.0)
        source = JanusSource(spec, Reach(AttachSettings()), Peer)
        before = len(self.unheeded)
        try:
            async with asyncio.timeout(WITHIN):
                await source.run(seats, lambda: None)
        except BaseException as error:
            return error
        finally:
            seats.release_all()
            await until(lambda: not ours())
            assert self.unheeded[before:] == []
        raise AssertionError("a stay never simply returns")


def ours() -> list[str]:
    """What runs for a source."""
    names = [one.get_coro().__qualname__ for one in asyncio.all_tasks()]
    return [name for name in names if name.startswith(OURS)]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    allow_loopback(always=True)
    before = {id(one) for one in connections()}
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr("guard.sources.janusapi.ANSWERS_WITHIN", 0.3)
        patch.setattr("guard.peers.peer.CONNECT_TIMEOUT", 0.2)
        made = Target(runner)
        yield made
        runner.run(made.hostile.stop())
        made.parts.worker.shutdown()
    leaked = [one for one in connections() if id(one) not in before and one.connectionState != "closed"]
    assert leaked == [], "connections that nobody closed"
    assert not [thread for thread in threading.enumerate() if thread.name == "video-decoder"]


def places(told: Any) -> list[tuple[Any, Any]]:
    """Every table or list within a message, with each of its keys or positions."""
    keys = list(told) if isinstance(told, dict) else list(range(len(told))) if isinstance(told, list) else []
    return [(told, key) for key in keys] + [place for key in keys for place in places(told[key])]


def spoil(data: some.DataObject, message: dict[str, Any]) -> None:
    """Take something out of a message, or put something odd in its place."""
    table, key = data.draw(some.sampled_from(places(message)))
    change = data.draw(some.sampled_from(["remove", "odd", "line"]))
    if change == "remove":
        del table[key]
    elif change == "line" and key == "sdp":
        table[key] += data.draw(BAD_LINES) + "\r\n"
    else:
        table[key] = data.draw(ODD)


@FEW
@given(data=some.data())
def test_whatever_is_said_is_an_interruption(target: Target, data: some.DataObject) -> None:
    says: dict[str, dict[str, Any] | str] = copy.deepcopy(target.usual)
    for about in data.draw(some.lists(some.sampled_from(list(says)), min_size=1, max_size=2, unique=True)):
        message = says[about]
        assert isinstance(message, dict)
        spoil(data, message)
        if data.draw(some.integers(0, 9)) == 0:
            says[about] = data.draw(RAW)
    ended = target.enter(says)
    assert isinstance(ended, KNOWN), repr(ended)


@pytest.mark.parametrize(
    ("about", "said", "named"),
    [
        ("create", {"janus": "success", "data": {}}, "data.id"),
        ("attach", {"janus": "success"}, "data.id"),
        ("create", {"janus": "success", "data": {"id": "1"}}, "data.id"),
        ("publisher", plugin(publishers=None), "plugindata.data.publishers"),
        ("publisher", plugin(publishers=[{"display": "Dora"}]), "plugindata.data.publishers.0.id"),
        ("publisher", plugin(leaving=[7]), "plugindata.data.leaving"),
        ("came", plugin(publishers=[{"id": {}}]), "plugindata.data.publishers.0.id"),
        ("create", "hello", "no JSON"),
        ("create", "[]", ""),
    ],
)
def test_what_is_not_understood_is_named(target: Target, about: str, said: dict[str, Any] | str, named: str) -> None:
    ended = target.enter({**target.usual, about: said})
    assert isinstance(ended, Interrupted)
    assert ended.detail.startswith("Janus is not understood: ")
    assert named in ended.detail


def test_what_janus_says_is_told_as_one_line(target: Target) -> None:
    ended = target.enter(target.usual | {"create": {"janus": "error", "error": {"reason": "a\n\ud800" + "x" * 5000}}})
    assert isinstance(ended, Interrupted)
    assert ended.detail.startswith(r"Janus said: a\n\ud800xxx")
    assert len(ended.detail) < 250
