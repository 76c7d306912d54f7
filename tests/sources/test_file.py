"""Files in real time, and live streams, as participants."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from guard.access.caller import DEFAULT_TENANT, LOCAL
from guard.core.errors import SourceError
from guard.core.items import Cut, Decision, Frame, Gray
from guard.sources.file import pace
from guard.sources.specs import FileSpec
from guard.sources.states import SourceReason, SourceState, Standing
from guard.updates import Event, Update
from tests.films import film, moving, tone
from tests.service_fakes import Clock, Serving, frame, serving, until

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.sources.sources.PERIOD", 0.05)


@pytest.fixture
async def guard(tmp_path: Path) -> AsyncIterator[Serving]:
    (tmp_path / "films").mkdir()
    async with serving(attach={"folders": (tmp_path / "films",)}) as made:
        yield made


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return tmp_path / "films"


def dark(time: float, width: int, height: int) -> Gray:
    """A picture that the engine of these tests takes for Dora."""
    return moving(time, width, height) // 2


def attach(guard: Serving, url: str) -> None:
    guard.service.sources.attach(FileSpec(name="film", url=url, claim="Dora", call="board"), LOCAL)


def source(guard: Serving) -> Standing:
    (one,) = guard.service.sources.listed("default")
    return one


async def test_a_film_is_verified_in_real_time_and_ends(guard: Serving, films: Path) -> None:
    path = film(films / "a.mp4", frames=50, painter=dark, size=(128, 128))
    began = time.monotonic()
    with guard.service.feed.watch(lambda _: True) as watcher:
        attach(guard, str(path))
        await until(lambda: source(guard).state is SourceState.ENDED, 60)
        guard.service.feed.end()
        updates: list[Update] = [update async for update in watcher]
    assert source(guard).reason is SourceReason.FINISHED
    assert time.monotonic() - began >= 49 / 25
    assert [updates[0].event, updates[-1].event] == [Event.JOINED, Event.LEFT]
    last = updates[-1].participant
    assert (last.call, last.participant, last.transport) == ("board", "film", "file")
    assert last.verdict is not None
    assert (last.verdict.decision, last.verdict.cuts) == (Decision.VERIFIED, 0)
    assert last.verdict.time >= 1.7, "all frames became verdicts before it left"


async def test_who_opts_out_while_a_film_runs_is_not_looked_for_any_more(
    guard: Serving, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.claims.REFRESH", 0.1)
    monkeypatch.setattr("guard.core.framing.NO_FACE_CHECKS", (0.1,))
    monkeypatch.setattr("guard.emptyroom.LONGEST", 0.0)
    looks: list[int] = []
    monkeypatch.setattr("guard.framing.find_faces", lambda shown: looks.append(1) or [])
    attach(guard, str(film(films / "a.mp4", frames=200, painter=dark)))
    await until(lambda: len(looks) > 3, 20)
    guard.gallery.set_opt_out("Dora", DEFAULT_TENANT, opted_out=True)
    await until(lambda: guard.service.calls.participants()[0].verdict.decision is Decision.OPTED_OUT)
    before, frames = len(looks), guard.value("guard_frames_received_total", transport="file")
    await until(lambda: guard.value("guard_frames_received_total", transport="file") > frames + 10)
    assert len(looks) == before


async def test_a_film_that_is_detached_stops_at_once(guard: Serving, films: Path) -> None:
    attach(guard, f"file://{film(films / 'a.mp4', frames=200, painter=dark, size=(128, 128))}")
    await until(lambda: guard.value("guard_frames_received_total", transport="file") > 5)
    await guard.service.sources.detach("film", LOCAL)
    assert guard.service.calls.participants() == []
    before = guard.value("guard_frames_received_total", transport="file")
    await asyncio.sleep(0.2)
    assert guard.value("guard_frames_received_total", transport="file") == before


async def test_what_is_no_film_ends_with_the_reason_and_nobody_joins(guard: Serving, films: Path) -> None:
    (films / "empty.mp4").touch()
    (films / "text.mp4").write_text("no film")
    tone(films / "sound.mp4")
    for name, words in (
        ("absent.mp4", "does not exist"),
        ("empty.mp4", "is empty"),
        ("text.mp4", "cannot be read"),
        ("sound.mp4", "only sound"),
    ):
        attach(guard, str(films / name))
        await until(lambda: source(guard).state is SourceState.ENDED)
        assert words in source(guard).detail
        assert str(films) not in source(guard).detail
        assert guard.service.calls.participants() == []


def test_nothing_outside_the_folders_is_read(films: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving() as guard:
            for url in (str(film(tmp_path / "a.mp4", frames=2)), "file:///etc/hosts", "concat:a|b", "pipe:0"):
                with pytest.raises(SourceError):
                    attach(guard, url)

    asyncio.run(scenario())


@asynccontextmanager
async def hosted(folder: Path, live: Handler | None = None) -> AsyncIterator[str]:
    """The address under which a folder is served over HTTP, and a live stream if there is one."""
    app = web.Application()
    app.add_routes([web.get("/live", live)] if live else [])
    app.add_routes([web.static("/", folder)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_pieces_of_hls_are_paced_and_cut_nothing(guard: Serving, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    folder.mkdir()
    film(
        folder / "live.m3u8", frames=75, painter=dark, size=(128, 128), options={"hls_time": "1", "hls_list_size": "0"}
    )
    async with hosted(folder) as address:
        attach(guard, f"{address}/live.m3u8")
        await until(lambda: source(guard).reason is SourceReason.LOST, 60)  # a live stream that ends is tried again
        assert guard.value("guard_frames_received_total", transport="file") >= 70
        assert guard.value("guard_frames_dropped_total", cause="overflow") == 0
        (participant,) = guard.service.calls.participants()
        assert participant.verdict.decision is Decision.VERIFIED


@pytest.mark.parametrize("flags", ["independent_segments", "single_file"], ids=["files", "ranges"])
async def test_hls_is_read_where_hosts_are_named(tmp_path: Path, flags: str) -> None:
    folder = tmp_path / "hls"
    folder.mkdir()
    options = {"hls_time": "1", "hls_list_size": "0", "hls_flags": flags}
    film(folder / "live.m3u8", frames=75, painter=dark, size=(128, 128), options=options)
    async with serving(attach={"hosts": ("127.0.0.1",)}) as guard, hosted(folder) as address:
        attach(guard, f"{address}/live.m3u8")
        await until(lambda: source(guard).reason is SourceReason.LOST, 60)
        assert guard.value("guard_frames_received_total", transport="file") >= 70
        (participant,) = guard.service.calls.participants()
        assert participant.verdict.decision is Decision.VERIFIED
        await guard.service.sources.detach("film", LOCAL)
        attach(guard, f"{address}/absent.m3u8")
        await until(lambda: "answered 404" in source(guard).detail)


async def test_a_playlist_from_outside_opens_no_file(guard: Serving, films: Path, tmp_path: Path) -> None:
    secret = film(tmp_path / "secret.ts", frames=50, painter=dark, size=(128, 128))
    for number, inner in enumerate((f"file://{secret}", str(secret), f"crypto:file:{secret}")):
        listed = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{inner}\n#EXT-X-ENDLIST\n"
        (films / f"{number}.m3u8").write_text(listed)
        async with hosted(films) as address:
            attach(guard, f"{address}/{number}.m3u8")
            await until(lambda: source(guard).reason is not None)
            assert guard.value("guard_frames_received_total", transport="file") == 0
            await guard.service.sources.detach("film", LOCAL)


async def test_a_live_stream_flows_while_it_is_sent_and_is_tried_again_when_it_breaks(
    guard: Serving, tmp_path: Path
) -> None:
    sent = film(tmp_path / "live.ts", frames=75, painter=dark, size=(128, 128)).read_bytes()
    whole = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(sent[: len(sent) // 2])
        await whole.wait()
        await response.write(sent[len(sent) // 2 :])
        return response

    async with hosted(tmp_path, stream) as address:
        attach(guard, f"{address}/live")
        await until(lambda: (one := guard.service.calls.participants()) and one[0].verdict, 60)
        await until(lambda: source(guard).state is SourceState.FLOWING, 60)
        whole.set()
        await until(lambda: source(guard).reason is SourceReason.LOST, 60)
        assert len(guard.service.calls.participants()) == 1, "it keeps its place"


class Alarm(threading.Event):
    """An event that moves a clock instead of waiting."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0.0
        return self.is_set()


def test_frames_are_handed_on_when_they_are_due_and_a_long_delay_makes_no_burst() -> None:
    clock = Clock()
    handed: list[float] = []

    def late() -> Iterator[Frame | Cut]:
        for number in range(8):
            clock.now += {3: 0.1, 6: 0.8}.get(number, 0.0)
            yield frame(number)

    pace(late(), lambda _: handed.append(clock()), Alarm(clock), clock)
    assert np.diff(handed) == pytest.approx([0.04, 0.04, 0.1, 0, 0.02, 0.8, 0.04]), "0.1 s is made up for, 0.8 s is not"


def test_nothing_is_handed_on_once_it_is_stopped() -> None:
    clock = Clock()
    alarm = Alarm(clock)
    handed: list[Frame | Cut] = []

    def hand(event: Frame | Cut) -> None:
        handed.append(event)
        alarm.set()

    pace(iter([frame(0), Cut.DECODER_FAULT, frame(1)]), hand, alarm, clock)
    assert len(handed) == 1
