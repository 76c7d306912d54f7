"""Broken HTTP and broken descriptions at the WHIP endpoint: refused by 4xx, no traceback, and nothing is left."""

import asyncio
import gc
import logging
import threading
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiortc import RTCPeerConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from guard.peers.loopback import allow_loopback
from tests.peers.senders import offer
from tests.service_fakes import Serving, serving, until

pytestmark = pytest.mark.slow

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
PATHS = some.sampled_from(
    ["/whip", "/whip/", "/whip/none", "/whip/none/more", "/whip?claim=%00", "/whip?call=a%0ab", "/"]
)
METHODS = some.sampled_from(["POST", "PATCH", "PUT", "DELETE", "OPTIONS", "GET", "HEAD", "BREW"])
TYPES = some.sampled_from(["application/sdp", "application/sdp; charset=latin-1", "text/plain", "", "a/b/c", "\u00fc"])
BAD_LINES = some.sampled_from(
    [
        "m=video 9 UDP/TLS/RTP/SAVPF 999",
        "m=video -1 UDP/TLS/RTP/SAVPF 96",
        "m=video 9 RTP/AVP 96",
        "m=",
        "a=rtpmap:96 VP8/0",
        "a=rtpmap:96",
        "a=fmtp:97 apt=96;=;;x",
        "a=candidate:1 1 UDP 1 999.999.999.999 1 typ host",
        "a=candidate:1 1 UDP x ::1 70000 typ srflx raddr",
        "a=fingerprint:sha-256 00",
        "a=fingerprint:md5 00:11",
        "a=setup:passive",
        "a=setup:holdconn",
        "a=group:BUNDLE 0 1 2 3",
        "a=mid:",
        "a=extmap:0 urn:x",
        "a=ssrc:x cname:y",
        "a=ssrc-group:FID 1",
        "a=rtcp:9 IN IP4",
        "a=ice-options:trickle",
        "c=IN IP6 ::g",
        "o=- x",
        "",
        "\x00\x01",
    ]
)


class Refusals(logging.Handler):
    """Keeps what is logged as an error, tracebacks among it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage() + str(record.exc_info or ""))


class Target:
    """One service for many examples, on a loop that runs while an example does."""

    def __init__(self, runner: asyncio.Runner, guard: Serving, errors: Refusals) -> None:
        self._runner = runner
        self.guard = guard
        self.errors = errors
        self.good = runner.run(offer("video"))

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer; whatever was begun is ended, and nothing stays."""
        return self._runner.run(self._request(method, path, body, headers))

    async def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        async with aiohttp.ClientSession(self.guard.addresses.http) as http:
            async with http.request(method, path, data=body, headers=headers) as response:
                status, location = response.status, response.headers.get("Location")
                await response.read()
            if location:
                async with http.delete(location) as response:
                    assert response.status == 200
        await self._gone()
        return status

    def send(self, raw: bytes) -> bytes:
        """What is answered to these bytes."""
        return self._runner.run(self._send(raw))

    async def _send(self, raw: bytes) -> bytes:
        host, _, port = self.guard.addresses.http.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await self._gone()
        return answer

    async def _gone(self) -> None:
        service = self.guard.service
        await until(lambda: not service.whip.serving and not service.calls.participants())
        assert self.errors.texts == []


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    allow_loopback(always=True)
    errors = Refusals()
    logging.getLogger().addHandler(errors)
    before = {id(one) for one in connections()}
    with asyncio.Runner() as runner:
        service = serving()
        yield Target(runner, runner.run(service.__aenter__()), errors)
        runner.run(service.__aexit__(None, None, None))
    logging.getLogger().removeHandler(errors)
    leaked = [one for one in connections() if id(one) not in before and one.connectionState != "closed"]
    assert leaked == [], "connections that nobody closed"
    assert not [thread for thread in threading.enumerate() if thread.name == "video-decoder"]


def connections() -> list[RTCPeerConnection]:
    gc.collect()
    # Their types, for isinstance asks the object itself, and some of other libraries warn when asked anything.
    return [one for one in gc.get_objects() if type(one) is RTCPeerConnection]


@FEW
@given(method=METHODS, path=PATHS, kind=TYPES, body=some.binary(max_size=200))
def test_any_request_is_answered_without_a_fault(
    target: Target, method: str, path: str, kind: str, body: bytes
) -> None:
    status = target.request(method, path, body, {"Content-Type": kind} if kind else {})
    served = status < 300 and (method == "OPTIONS" or path == "/")
    assert served or 400 <= status < 500, f"{method} {path}: {status}"


@FEW
@given(data=some.data())
def test_a_description_with_broken_lines_is_refused_or_met(target: Target, data: some.DataObject) -> None:
    lines = target.good.splitlines()
    for _ in range(data.draw(some.integers(1, 5))):
        at = data.draw(some.integers(1, len(lines) - 1))
        broken: Any = some.one_of(
            BAD_LINES.map(lambda line: [line]),
            BAD_LINES.map(lambda line, kept=lines[at]: [kept, line]),
            some.just([]),
            some.just([lines[at][: len(lines[at]) // 2]]),
            some.text(max_size=30).map(lambda text: ["a=" + text]),
        )
        lines[at : at + 1] = data.draw(broken)
    body = "\r\n".join([*lines, ""]).encode("utf-8", "replace")
    status = target.request("POST", "/whip?claim=Dora", body, {"Content-Type": "application/sdp"})
    assert status in (201, 400), status


@FEW
@given(
    start=some.sampled_from(
        [b"POST /whip HTTP/1.1", b"POST /whip HTTP/9.9", b"PO ST /whip HTTP/1.1", b"", b"\x16\x03\x01"]
    ),
    header=some.sampled_from(
        [
            b"Content-Length: -1",
            b"Content-Length: 9999",
            b"Content-Length: x",
            b"Transfer-Encoding: chunked",
            b"A" * 9000,
        ]
    ),
    body=some.binary(max_size=100),
)
def test_what_is_no_http_is_refused(target: Target, start: bytes, header: bytes, body: bytes) -> None:
    answer = target.send(b"\r\n".join([start, b"Host: guard", header, b"", body]))
    assert answer == b"" or answer.split(b" ", 2)[1].startswith(b"4"), answer[:200]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_the_endpoint_has_no_other_methods(target: Target, method: str) -> None:
    assert target.request(method, "/whip", b"", {}) == 405
