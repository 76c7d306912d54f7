"""Answers that try to lead the service elsewhere than it may: a Location, a redirect, a playlist."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import web

from guard.core.errors import SourceError, VideoError
from guard.daemoncalls import DaemonCalls
from guard.sources.exchange import Exchange
from guard.sources.fetching import Fetching
from guard.sources.file import FileSource
from guard.sources.janusapi import session
from guard.sources.reach import Reach
from guard.sources.resolving import ASKED_AGAIN, PRIVATE
from guard.sources.specs import AttachSettings, FileSpec, JanusSpec
from guard.sources.states import Interrupted, SourceReason
from tests.sources.fakes import FakePeer

NAMED = Reach(AttachSettings(hosts=("localhost",)))
STANDING_IN = Reach(AttachSettings(), [JanusSpec(url="ws://localhost/", room=1)], public_only=True)
"""Lets hosts of the internet be reached alone, and one of this machine that stands in for them."""
EVERYWHERE = Reach(AttachSettings())
Answer = Callable[[], web.Response]


@asynccontextmanager
async def served(answer: Answer) -> AsyncIterator[tuple[int, list[str]]]:
    """A server's port, and what it was asked for."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {request.path}")
        return answer()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1], asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("token", ["", "secret"])
async def test_no_session_is_deleted_where_the_service_may_not_reach(token: str) -> None:
    async with served(web.Response) as (inner, asked):
        there = {"Location": f"http://127.0.0.1:{inner}/admin/thing"}
        async with (
            served(lambda: web.Response(status=201, text="v=0\r\n", headers=there)) as (outer, _),
            aiohttp.ClientSession(connector=EVERYWHERE.connector()) as http,
        ):
            exchange = Exchange(http, NAMED, f"http://localhost:{outer}/whep", token)
            with pytest.raises(SourceError, match=r"attach\.hosts"):
                async with exchange.playing(FakePeer):
                    pass
        assert asked == []


@pytest.mark.parametrize("reach", [NAMED, STANDING_IN, EVERYWHERE], ids=["named", "public", "all"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_websocket_is_not_redirected(reach: Reach, status: int) -> None:
    async with served(web.Response) as (inner, asked):
        there = {"Location": f"http://127.0.0.1:{inner}/admin/thing"}
        async with served(lambda: web.Response(status=status, headers=there)) as (outer, _):
            with pytest.raises(Interrupted) as caught:
                async with session(f"ws://localhost:{outer}/janus", "", "", reach.connector()):
                    pass
        assert asked == []
    assert caught.value.reason is SourceReason.REFUSED
    assert f"answered {status}: it leads elsewhere" in caught.value.detail


PLAYLISTS = {
    "segment": "#EXTINF:2,\n{there}/latest.ts\n",
    "key": '#EXT-X-KEY:METHOD=AES-128,URI="{there}/key"\n#EXTINF:2,\n/own.ts\n',
    "encrypted segment": '#EXT-X-KEY:METHOD=AES-128,URI="/key"\n#EXTINF:2,\n{there}/latest.ts\n',
    "map": '#EXT-X-MAP:URI="{there}/init.mp4"\n#EXTINF:2,\n/own.m4s\n',
    "playlist": "#EXT-X-STREAM-INF:BANDWIDTH=1\n{there}/other.m3u8\n",
}
PIPED = "tcp", "httpproxy", "crypto+http", "concat"


async def opened(url: str, reach: Reach) -> None:
    """Open a live stream as the source does."""
    threads = DaemonCalls(1)
    try:
        source = FileSource(FileSpec(url=url, name="film"), reach, threads)
        async with Fetching(reach) as fetching:
            container = await threads.run(lambda: source._opened(fetching))
            container.close()
    finally:
        threads.close()


@pytest.mark.parametrize("reach", [NAMED, STANDING_IN], ids=["named", "public"])
@pytest.mark.parametrize("listed", [*PLAYLISTS, *PIPED, "redirect"])
async def test_a_playlist_leads_only_to_where_the_service_may_reach(reach: Reach, listed: str) -> None:
    async with served(web.Response) as (inner, asked):
        there = f"http://127.0.0.1:{inner}"
        lines = PLAYLISTS.get(listed, f"#EXTINF:2,\n{there.replace('http', listed)}/a.ts\n").format(there=there)
        text = f"#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:2\n{lines}#EXT-X-ENDLIST\n"

        def answer() -> web.Response:
            if listed == "redirect":
                return web.Response(status=302, headers={"Location": f"{there}/a.ts"})
            return web.Response(text=text, content_type="application/vnd.apple.mpegurl")

        async with served(answer) as (outer, of_playlist):
            with pytest.raises((VideoError, Interrupted)):
                await opened(f"http://localhost:{outer}/x.m3u8", reach)
        assert of_playlist
        assert asked == []


async def test_what_a_playlist_may_not_name_is_said() -> None:
    text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://10.0.0.1/a.ts\n#EXT-X-ENDLIST\n"
    async with served(lambda: web.Response(text=text, content_type="application/x-mpegurl")) as (port, _):
        for reach, said in (
            (NAMED, "at a host that is not allowed here; see attach.hosts"),
            (STANDING_IN, f"{PRIVATE.removeprefix('is ')}; name the host in attach.hosts"),
        ):
            with pytest.raises(Interrupted, match=said) as caught:
                await opened(f"http://localhost:{port}/x.m3u8", reach)
            assert caught.value.reason is SourceReason.NOT_ADMITTED
            assert (caught.value.final, caught.value.retry_after) == (False, ASKED_AGAIN)


async def test_a_name_of_a_private_network_is_asked_for_again_after_a_while() -> None:
    """As behind WHEP and Janus."""
    elsewhere = Reach(AttachSettings(), public_only=True)
    with pytest.raises(Interrupted, match="the host is at an address of this machine") as caught:
        await opened("http://localhost:9/film.mp4", elsewhere)
    assert caught.value.reason is SourceReason.NOT_ADMITTED
    assert (caught.value.final, caught.value.retry_after) == (False, ASKED_AGAIN)


async def test_encrypted_segments_are_not_read_and_that_is_said() -> None:
    lines = '#EXT-X-KEY:METHOD=AES-128,URI="/key"\n#EXTINF:2,\n/own.ts\n'
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{lines}#EXT-X-ENDLIST\n"
    async with served(lambda: web.Response(text=text, content_type="application/x-mpegurl")) as (port, asked):
        with pytest.raises(VideoError, match="has encrypted segments"):
            await opened(f"http://localhost:{port}/x.m3u8", NAMED)
        assert "GET /own.ts" not in asked


@pytest.mark.parametrize("reach", [NAMED, STANDING_IN], ids=["named", "public"])
async def test_a_row_of_pictures_is_not_looked_for_where_a_redirect_leads(reach: Reach) -> None:
    """FFmpeg asks for the first pictures of such a row by itself, before anybody is asked to open them."""
    async with served(web.Response) as (inner, asked):
        there = {"Location": f"http://127.0.0.1:{inner}/admin/thing"}
        async with served(lambda: web.Response(status=302, headers=there)) as (outer, _):
            spec = FileSpec(name="x", url=f"http://localhost:{outer}/admin?do=%d.jpg")
            source = FileSource(spec, reach, DaemonCalls(1))
            async with Fetching(reach) as fetching:
                with pytest.raises(VideoError):
                    await asyncio.to_thread(source._opened, fetching)
        assert asked == []


async def test_a_file_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.sources.fetching.WITHIN", 1.0)

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(bytes.fromhex("00000010667479706d70343200000000") + bytes.fromhex("7fffffff66726565"))
        with suppress(ConnectionError):
            while True:
                await response.write(b"a")
                await asyncio.sleep(0.05)
        return response

    app = web.Application()
    app.router.add_get("/film.mp4", drip)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        with pytest.raises(VideoError, match="within 1 s"):
            await opened(f"http://localhost:{runner.addresses[0][1]}/film.mp4", NAMED)
    finally:
        await runner.cleanup()


async def test_all_of_a_file_does_not_pass_for_a_piece_of_it() -> None:
    async with served(lambda: web.Response(body=b"AAAABBBB")) as (port, _), Fetching(NAMED) as fetching:
        url = f"http://localhost:{port}/a.ts"
        with pytest.raises(VideoError, match="answered 200"):
            await asyncio.to_thread(fetching.open, url, 0, {"offset": "4", "end_offset": "8"})


async def test_no_answer_stays_open_that_ffmpeg_gave_up() -> None:
    async with served(lambda: web.Response(body=bytes(1 << 20))) as (port, _):
        async with Fetching(NAMED) as fetching:
            fetched = await asyncio.to_thread(fetching.open, f"http://localhost:{port}/film.mp4", 0, {})
            assert not fetched._response.closed
        assert fetched._response.closed
        fetched.close()
