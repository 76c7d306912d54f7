"""What callers may make the service open."""

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from guard.access.binding import guarded
from guard.config import Settings
from guard.core.errors import SourceError
from guard.daemoncalls import DaemonCalls
from guard.sources.file import FileSource
from guard.sources.reach import Reach
from guard.sources.specs import AttachSettings, FileSpec, JanusSpec
from guard.sources.states import Interrupted, SourceReason

GUARDED = Reach(AttachSettings(), public_only=True)
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",  # where clouds tell their machines secrets
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[fd00::1]",
    "[fe80::1%25eth0]",
    "[::ffff:10.0.0.1]",
    "[2002:0a00:0001::]",
]


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("whep", "file:///etc/passwd"),
        ("whep", "ws://there/"),
        ("janus", "http://there/"),
        ("file", "gopher://there/"),
        ("file", "concat:a|b"),
        ("whep", "http:///whep"),
        ("whep", "http://[::1"),
        ("whep", "http://there:port/"),
        ("whep", ""),
    ],
)
def test_addresses_that_no_source_is_at(kind: str, url: str) -> None:
    with pytest.raises(SourceError, match="url"):
        Reach(AttachSettings()).check_url(kind, url)


def test_schemes_and_hosts_can_be_limited() -> None:
    reach = Reach(AttachSettings(schemes=("https", "WSS"), hosts=("Media.example",)))
    reach.check_url("whep", "https://media.example/a")
    reach.check_url("whep", "HTTPS://MEDIA.EXAMPLE:8443/a")
    reach.check_url("janus", "wss://media.example")
    for url in ("http://media.example/a", "https://media.example.evil/a", "https://media.example@evil/a"):
        with pytest.raises(SourceError, match=r"attach\."):
            reach.check_url("whep", url)


def test_no_file_is_read_unless_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"attach\.folders"):
        Reach(AttachSettings()).file(str(tmp_path / "a.mp4"))


def test_files_lie_below_an_allowed_folder_whatever_way_leads_there(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link.mp4").symlink_to(outside / "secret.mp4")
    (inside / "folder").symlink_to(outside)
    reach = Reach(AttachSettings(folders=(inside,)))
    assert reach.file(str(inside / "a" / ".." / "b.mp4")) == inside / "b.mp4"
    for path in (
        outside / "secret.mp4",
        inside / ".." / "out" / "secret.mp4",
        inside / "link.mp4",
        inside / "folder" / "secret.mp4",
        f"{inside}-twin/a.mp4",
        "\0",
        "",
    ):
        with pytest.raises(SourceError):
            reach.file(str(path))


@pytest.mark.parametrize("host", PRIVATE)
def test_callers_who_are_asked_who_they_are_do_not_reach_private_networks(host: str) -> None:
    url = f"http://{host}:8088/whep"
    with pytest.raises(SourceError, match=r"private network; name the host in attach\.hosts"):
        GUARDED.check_url("whep", url)
    Reach(AttachSettings()).check_url("whep", url)
    Reach(AttachSettings(hosts=(host.strip("[]"),)), public_only=True).check_url("whep", url)


def test_the_internet_and_hosts_of_configured_sources_are_reached() -> None:
    for host in ("8.8.8.8", "[2001:4860:4860::8888]", "media.example"):
        GUARDED.check_url("whep", f"https://{host}/whep")
    configured = JanusSpec(url="ws://10.0.0.5:8188", room=1)
    reach = Reach(AttachSettings(), [configured, FileSpec(url="/films/a.mp4")], public_only=True)
    reach.check_url("janus", "ws://10.0.0.5:8188/other")
    with pytest.raises(SourceError):
        reach.check_url("janus", "ws://10.0.0.6:8188")


async def test_a_name_that_leads_into_a_private_network_is_not_connected_to() -> None:
    async def told(request: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = web.Application()
    app.router.add_get("/", told)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    at = [JanusSpec(url="ws://localhost", room=1)]
    for reach in (Reach(AttachSettings()), Reach(AttachSettings(), at, public_only=True)):
        async with aiohttp.ClientSession(connector=reach.connector()) as http:
            assert await (await http.get(f"http://localhost:{port}/")).text() == "secret"
    async with aiohttp.ClientSession(connector=GUARDED.connector()) as http:
        with pytest.raises(Interrupted, match=r"private network; name the host in attach\.hosts") as caught:
            await http.get(f"http://localhost:{port}/")
    assert (caught.value.reason, caught.value.final) == (SourceReason.NOT_ADMITTED, False)
    await runner.cleanup()


@pytest.mark.parametrize(
    ("reach", "url"),
    [
        (GUARDED, "http://127.0.0.1:1/"),
        (GUARDED, "ws://[::1]:1/"),
        (Reach(AttachSettings(hosts=("media.example",))), "http://127.0.0.1:1/"),
        (Reach(AttachSettings(hosts=("media.example",))), "http://other.example/"),
        (Reach(AttachSettings(schemes=("https",))), "http://127.0.0.1:1/"),
    ],
)
async def test_no_request_leaves_for_where_no_source_may_be(reach: Reach, url: str) -> None:
    async with aiohttp.ClientSession(connector=reach.connector()) as http:
        with pytest.raises(SourceError, match="url"):
            await http.get(url)


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "rtmp", "rtmps"])
def test_ffmpeg_opens_connections_of_its_own_to_named_hosts_alone(scheme: str) -> None:
    described, threads = FileSpec(url=f"{scheme}://camera.example/a"), DaemonCalls(1)
    with pytest.raises(SourceError, match=r"hosts that are named; name the host in attach\.hosts"):
        FileSource(described, GUARDED, threads)
    for reach in (
        Reach(AttachSettings()),
        Reach(AttachSettings(hosts=("camera.example",)), public_only=True),
        Reach(AttachSettings(), [described], public_only=True),
    ):
        FileSource(described, reach, threads)


def test_one_host_may_be_spelled_in_several_ways() -> None:
    reach = Reach(AttachSettings(hosts=("B\u00fccher.example", "::1")))
    for host in ("xn--bcher-kva.example", "b\u00fccher.example", "[0:0:0:0:0:0:0:1]"):
        reach.check_url("whep", f"http://{host}/whep")


def test_a_service_that_asks_callers_who_they_are_is_guarded(tmp_path: Path) -> None:
    assert not guarded(Settings())
    assert guarded(Settings(access={"jwt_keys": tmp_path / "keys.json"}))


@pytest.mark.parametrize("url", [" rtsp://camera.example/a", "rt\tsp://camera.example/a", "http://media.example/a b"])
def test_an_address_with_a_space_or_a_tab_is_refused(url: str) -> None:
    with pytest.raises(SourceError, match="holds a space"):
        Reach(AttachSettings()).check_url("file", url)
