"""A hostile WHEP endpoint: whatever it answers is an interruption with a reason, soon, and nothing is left behind."""

import asyncio
import threading
from collections.abc import Iterator

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as some

from guard.core.errors import GuardError
from guard.peers.loopback import allow_loopback
from guard.peers.peer import Peer
from guard.sources.exchange import LARGEST
from guard.sources.reach import Reach
from guard.sources.seats import Seats
from guard.sources.specs import AttachSettings, WhepSpec
from guard.sources.states import Interrupted
from guard.sources.whep import WhepSource
from tests.peers.senders import offer
from tests.peers.test_whip_fuzz import BAD_LINES, FEW, connections
from tests.service_fakes import Parts
from tests.sources.whep_server import MovingPlayer

pytestmark = pytest.mark.slow

KNOWN = Interrupted, GuardError, OSError, TimeoutError, aiohttp.ClientError
"""What Attached takes for an interruption; anything else is a fault of the guard."""
WITHIN = 10.0
"""Seconds in which a session has come to its end, the time limits of the client being short here."""
STATUSES = some.sampled_from([200, 201, 204, 302, 307, 308, 400, 401, 406, 409, 415, 500, 503, 999])
LOCATIONS = some.sampled_from(
    [
        *("", "/session", "session", "//", "?", "#", "/%zz", "http://", "http://[", "http://[::g]/", "http://:99999/"),
        *("file:///etc/passwd", "ftp://there/", "http://nowhere.invalid/", "javascript:x", "/whep", "\u00fc", "a b"),
    ]
)
RETRY_AFTER = some.sampled_from(["", "0", "1", "-5", "x", "9" * 400, "\u0663", "Thu, 26 Nov 2026 00:00:00 GMT"])
FRAMINGS = some.sampled_from(["whole", "short", "chunked", "broken chunks", "endless", "nothing"])


class Hostile:
    """Answers every request with the same bytes, or with the next of several."""

    def __init__(self) -> None:
        self.answers: list[tuple[bytes, bool]] = []  # and whether the connection then goes on for ever
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/whep"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            answer, endless = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer)
            await writer.drain()
            if not endless:
                writer.close()
                await writer.wait_closed()
            while endless:
                writer.write(b"a=x\r\n" * 1000)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()  # what the client has not read by now it never will

    async def stop(self) -> None:
        """Listen no more, and let those go who are still served."""
        self._server.close()
        await asyncio.sleep(0.1)


def response(status: int, location: str, retry_after: str, framing: str, body: bytes) -> tuple[bytes, bool]:
    """An HTTP response, and whether its body has no end."""
    head = [f"HTTP/1.1 {status} There", "Content-Type: application/sdp", "Connection: close"]
    head += [f"Location: {location}"] if location else []
    head += [f"Retry-After: {retry_after}"] if retry_after else []
    lengths = {"whole": f"Content-Length: {len(body)}", "short": f"Content-Length: {len(body) + 9}"}
    head.append(lengths.get(framing, "Transfer-Encoding: chunked" if "chunk" in framing else "X-Length: none"))
    sent = {"chunked": b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), "broken chunks": b"zz\r\n" + body}
    raw = "\r\n".join([*head, "", ""]).encode() + sent.get(framing, body)
    return (b"" if framing == "nothing" else raw), framing == "endless"


class Target:
    """One client for many examples, on a loop that runs while an example does."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.hostile = Hostile()
        runner.run(self.hostile.start())
        self.parts = runner.run(self._made())
        self.answer, self.offer = runner.run(self._descriptions())

    async def _made(self) -> Parts:
        return Parts()

    async def _descriptions(self) -> tuple[str, str]:
        """An answer to our offer of a sender that has gone, and an offer of its own."""
        ours = Peer("key", None)
        theirs = MovingPlayer()
        answer = await theirs.answer(await ours.offer())
        await theirs.close()
        await ours.close()
        return answer, await offer("video")

    def play(self, *answers: tuple[bytes, bool]) -> BaseException:
        """What ends a session with an endpoint that answers so."""
        self.hostile.answers = list(answers)
        return self._runner.run(self._play())

    async def _play(self) -> BaseException:
        spec = WhepSpec(name="ada", url=self.hostile.url, claim="Dora")
        seats = Seats(self.parts.calls, spec, 30.0)
        source = WhepSource(spec, Reach(AttachSettings(hosts=("127.0.0.1",))), Peer)
        try:
            async with asyncio.timeout(WITHIN):
                await source.run(seats, lambda: None)
        except BaseException as error:
            return error
        finally:
            seats.release_all()
        raise AssertionError("a session never simply returns")


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    allow_loopback(always=True)
    before = {id(one) for one in connections()}
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr("guard.sources.whep.TIMEOUT", aiohttp.ClientTimeout(total=1.0))
        patch.setattr("guard.sources.exchange.GOODBYE", aiohttp.ClientTimeout(total=0.3))
        patch.setattr("guard.peers.peer.CONNECT_TIMEOUT", 0.2)
        made = Target(runner)
        yield made
        runner.run(made.hostile.stop())
        made.parts.worker.shutdown()
    leaked = [one for one in connections() if id(one) not in before and one.connectionState != "closed"]
    assert leaked == [], "connections that nobody closed"
    assert not [thread for thread in threading.enumerate() if thread.name == "video-decoder"]


def mangled(data: some.DataObject, description: str) -> bytes:
    """The description with some of its lines broken, doubled or left out."""
    lines = description.splitlines()
    for _ in range(data.draw(some.integers(0, 4))):
        at = data.draw(some.integers(0, len(lines) - 1))
        instead = some.one_of(some.just([]), BAD_LINES.map(lambda line, kept=lines[at]: [kept, line]))
        lines[at : at + 1] = data.draw(some.one_of(instead, BAD_LINES.map(lambda line: [line])))
    return "\r\n".join([*lines, ""]).encode("utf-8", "replace")


@FEW
@given(data=some.data())
def test_whatever_is_answered_is_an_interruption(target: Target, data: some.DataObject) -> None:
    answers = []
    for _ in range(data.draw(some.integers(1, 3))):
        kind = data.draw(some.sampled_from(["answer", "offer", "bytes", "nothing", "much"]))
        described = target.answer if kind == "answer" else target.offer
        body = {"bytes": data.draw(some.binary(max_size=100)), "nothing": b"", "much": b"v=0\r\n" * LARGEST}.get(kind)
        body = mangled(data, described) if body is None else body
        facts = [data.draw(one) for one in (STATUSES, LOCATIONS, RETRY_AFTER, FRAMINGS)]
        answers.append(response(*facts, body))
    ended = target.play(*answers)
    assert isinstance(ended, KNOWN), repr(ended)


@pytest.mark.parametrize("location", ["http://[", "http://[::g]/", "http://:99999/", "//", "http://there:99999/"])
@pytest.mark.parametrize("status", [201, 307])
def test_a_location_that_is_none_is_a_refusal(target: Target, status: int, location: str) -> None:
    ended = target.play(response(status, location, "", "whole", target.answer.encode()))
    assert isinstance(ended, KNOWN), repr(ended)


def test_redirects_in_a_circle_and_bodies_without_end_come_to_an_end(target: Target) -> None:
    circle = target.play(response(307, "/whep", "", "whole", b""))
    assert isinstance(circle, Interrupted)
    assert "redirects more than 3 times" in circle.detail
    endless = target.play(response(201, "/session", "", "endless", target.answer.encode()))
    assert isinstance(endless, KNOWN)
