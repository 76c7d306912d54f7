"""What is told of an attempt that did not come about, in the words of what went wrong."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from guard.access.caller import LOCAL
from guard.sources.adapters import adapters
from guard.sources.attached import Attached
from guard.sources.exchange import Exchange, joined
from guard.sources.reach import Reach
from guard.sources.seats import Seats
from guard.sources.specs import AnySpec, AttachSettings, JanusSpec, WhepSpec
from guard.sources.states import Interrupted, SourceReason
from tests.access.authority import Authority
from tests.service_fakes import Parts
from tests.sources.fakes import FakePeer


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of a server that speaks HTTP in the clear, and has nothing of ours."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.path.strip("/")))

    app = web.Application()
    app.router.add_route("*", "/{status}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def attempt(spec: AnySpec, *, public_only: bool = False) -> Interrupted:
    """How the first attempt ends."""
    parts = Parts()
    adapter = adapters(Reach(AttachSettings(), public_only=public_only), lambda key, sink: FakePeer())(spec)
    seats = Seats(parts.calls, spec, 30.0)
    ended = await Attached(spec, adapter, seats, LOCAL, parts.metrics, lambda update: None)._attempt()
    parts.worker.shutdown()
    assert ended is not None
    return ended


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_a_handshake_that_is_refused_is_told_with_its_status(port: int, status: int) -> None:
    ended = await attempt(JanusSpec(url=f"ws://127.0.0.1:{port}/{status}", room=1))
    assert (ended.reason, ended.final) == (SourceReason.REFUSED, False)
    assert f"answered {status} and opened no WebSocket" in ended.detail


@pytest.mark.parametrize("kind", ["janus", "whep"])
async def test_tls_that_is_not_spoken_there_is_said(port: int, kind: str) -> None:
    address = f"127.0.0.1:{port}/404"
    janus, whep = JanusSpec(url=f"wss://{address}", room=1), WhepSpec(name="ada", url=f"https://{address}")
    ended = await attempt(janus if kind == "janus" else whep)
    assert (ended.reason, ended.final) == (SourceReason.UNREACHABLE, False)
    assert "TLS fails at the address" in ended.detail
    assert "127.0.0.1" not in ended.detail


async def test_a_certificate_that_does_not_hold_is_said(tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*Authority(tmp_path).signed("server", "server"))
    async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=context) as server:
        at = server.sockets[0].getsockname()[1]
        ended = await attempt(WhepSpec(name="ada", url=f"https://127.0.0.1:{at}/whep"))
    assert (ended.reason, ended.final) == (SourceReason.UNREACHABLE, False)
    assert ended.detail == "the certificate at the address does not hold: unable to get local issuer certificate"


@pytest.mark.parametrize("kind", ["janus", "whep"])
async def test_a_name_that_is_refused_is_told_with_what_to_do(port: int, kind: str) -> None:
    address = f"localhost:{port}/404"
    janus, whep = JanusSpec(url=f"ws://{address}", room=1), WhepSpec(name="ada", url=f"http://{address}")
    ended = await attempt(janus if kind == "janus" else whep, public_only=True)
    assert (ended.reason, ended.final) == (SourceReason.NOT_ADMITTED, False)
    assert "private network; name the host in attach.hosts" in ended.detail


class Undoing:
    """An adapter whose undoing fails, which takes the place of its cancellation."""

    async def run(self, seats: Seats, connected: Callable[[], None]) -> None:
        connected()
        try:
            await asyncio.Event().wait()
        finally:
            raise Interrupted(SourceReason.REFUSED, "the goodbye may not be said")


async def test_a_source_whose_undoing_fails_ends_when_cancelled() -> None:
    parts, spec = Parts(), WhepSpec(name="ada", url="http://127.0.0.1/")
    seats = Seats(parts.calls, spec, 30.0)
    attached = Attached(spec, Undoing(), seats, LOCAL, parts.metrics, lambda update: None)
    running = asyncio.create_task(attached.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running}, timeout=5)
    ended = running.done()
    running.cancel()
    parts.worker.shutdown()
    assert ended
    assert attached.ended


async def test_a_session_that_cannot_be_deleted_is_left() -> None:
    async with aiohttp.ClientSession() as http:
        exchange = Exchange(http, Reach(AttachSettings()), "http://127.0.0.1/", "")
        exchange._session = URL(f"http://{'a' * 70}.example/s")
        await exchange._delete()


def test_a_location_whose_host_cannot_be_looked_up_is_refused() -> None:
    with pytest.raises(Interrupted, match="no address"):
        joined(URL("http://127.0.0.1/"), f"http://{'a' * 70}.example/s")
