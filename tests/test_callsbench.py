"""The benchmark of calls: how it counts, and once for real. Never how fast."""

import asyncio
import os
import time
from pathlib import Path

import av
import numpy as np
import pytest

from guard.callsbench import Load, Observed, Reading, divided, measure_calls, rise, settled, summed
from guard.callsender import Encoded, encoded
from guard.cli.benchservice import FINE
from guard.cli.service import checked_size
from guard.core.errors import SettingsError
from guard.core.screens import is_screen
from guard.faces import find_faces
from guard.peers.assembly import is_keyframe
from guard.picture import plane_pixels
from guard.scrape import latency_ms
from guard.usage import Usage, used
from tests.peers.senders import MovingPicture, publishing
from tests.service_fakes import serving, until

BUCKETS = {"0.05": 0.0, "+Inf": 0.0}


def reading(at: float, frames: int, scored: int, cpu: float, rss: float, cut: int = 0) -> Reading:
    samples = {
        'guard_frames_received_total{transport="whip"}': float(frames),
        'guard_frames_received_total{transport="grpc"}': 0.0,
        "guard_windows_scored_total": float(scored),
        'guard_runs_cut_total{cut="GAP"}': float(cut),
        **{f'guard_verdict_latency_seconds_bucket{{le="{edge}"}}': float(scored) for edge in BUCKETS},
    }
    return Reading(at, samples, Usage(cpu, cpu / 2, rss))


def test_scores_are_due_for_the_frames_that_are_sent_not_for_those_that_came() -> None:
    seen = Observed(
        empty=reading(0.0, 0, 0, 1.0, 100.0),
        begun=reading(10.0, 700, 100, 2.0, 130.0),
        ended=reading(20.0, 1190, 190, 7.0, 140.0, cut=3),
        left=reading(25.0, 1190, 190, 7.0, 120.0),
        cycled=reading(30.0, 1190, 190, 7.0, 121.0),
        refused=1,
    )
    facts = summed(Load(3, "vp8", "640x360", 10.0, 5), seen, stride=5)
    assert (facts["frames_due"], facts["frames_decoded"]) == (500, 490)
    assert (facts["scores_due"], facts["scores"], facts["frames_scored"]) == (100, 90, 0.9)
    assert facts["cores_receiving"] == 0.25
    assert (facts["cores_per_stream"], facts["cores_per_stream_receiving"]) == (0.25, 0.125)
    assert (facts["cores_used"], facts["cpu_ms_per_frame"]) == (0.5, pytest.approx(5000 / 490, abs=0.001))
    assert facts["rss_mib"] == {"empty": 100.0, "streaming": 140.0, "left": 120.0, "cycled": 121.0}
    assert (facts["mib_per_stream"], facts["cuts"], facts["streams_refused"]) == (20.0, {"GAP": 3}, 1)
    assert facts["latency_from_arrival_ms"] == {"p50": 50.0, "p99": 50.0}


def test_a_metric_rises_by_all_its_series() -> None:
    before, after = {'a{x="1"}': 1.0, "b": 9.0}, {'a{x="1"}': 3.0, 'a{x="2"}': 4.0, "b": 20.0}
    assert rise(before, after, "a") == 6


def test_senders_have_processors_of_their_own() -> None:
    assert divided({7, 2, 5}, 2) == ({2, 5}, {7})
    with pytest.raises(SettingsError, match="cores: 2 of 2 processors"):
        divided({0, 1}, 2)


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_the_guard_finds_the_face_that_is_sent(codec: str) -> None:
    decoder = av.CodecContext.create(codec, "r")
    pictures = [one for data in encoded(codec, 320, 180)[:60] for one in decoder.decode(av.Packet(data))]
    for picture in pictures[::20]:
        shown = plane_pixels(picture)
        assert not is_screen(shown)
        assert len(find_faces(shown)) == 1


@pytest.mark.parametrize("size", ["640", "640x361", "0x0", "axb", "640x360x1"])
def test_impossible_sizes_are_refused(size: str) -> None:
    with pytest.raises(SettingsError, match="size: "):
        checked_size(size)


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_each_second_begins_with_a_keyframe_and_packets_come_in_time(codec: str) -> None:
    packets = encoded(codec, 128, 96)
    assert [number for number, data in enumerate(packets) if is_keyframe(data)] == list(range(0, 400, 25))
    track, began = Encoded(packets), asyncio.get_running_loop().time()
    stamps = [(await track.recv()).pts for _ in range(4)]
    assert (stamps, track.sent) == ([0, 1, 2, 3], 4)
    assert asyncio.get_running_loop().time() - began >= 3 / 25 - 0.01


async def test_a_service_is_measured_once_its_processes_have_come_up(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter([100.0, 150.0, 220.0, 220.3, 500.0])
    monkeypatch.setattr("guard.callsbench.used", lambda pid: Usage(0.0, 0.0, next(sizes)))
    monkeypatch.setattr("guard.callsbench.scraped", lambda _: {})
    monkeypatch.setattr("guard.callsbench.SETTLED_FOR", 0.0)
    assert (await settled({"http": "", "pid": "1"})).usage.rss == 220.3
    assert next(sizes) == 500.0


async def test_what_children_use_is_counted_too() -> None:
    before = used(os.getpid())
    child = await asyncio.create_subprocess_exec("sleep", "60")
    for _ in range(1000):  # it has to become another program first
        with_child = used(os.getpid())
        if with_child.rss > before.rss:
            break
        await asyncio.sleep(0.01)
    assert with_child.rss > before.rss
    assert with_child.children < with_child.cpu
    child.kill()
    await child.wait()
    began = time.process_time()
    while time.process_time() - began < 0.05:
        pass
    assert used(os.getpid()).cpu > before.cpu


def test_latencies_are_told_to_half_a_millisecond() -> None:
    steps = np.diff((0.0, *FINE))
    assert steps[:200] == pytest.approx(0.0005)
    assert steps[200:] == pytest.approx(0.005)
    measured = np.random.default_rng(0).gamma(4.0, 0.006, 3000)
    edges = [*FINE, float("inf")]
    after = {f'guard_verdict_latency_seconds_bucket{{le="{edge}"}}': float((measured <= edge).sum()) for edge in edges}
    told = latency_ms(dict.fromkeys(after, 0.0), after)
    for share, value in ((50, told["p50"]), (99, told["p99"])):
        assert 0 <= value - 1e3 * float(np.percentile(measured, share, method="inverted_cdf")) <= 0.55


@pytest.mark.slow
async def test_who_came_and_went_leaves_nothing_behind() -> None:
    """Thirty senders, three at a time: afterwards no peer, no socket and no thread of theirs is there."""
    async with serving(ingest_processes=1, max_streams=16) as guard:
        await until(lambda: guard.service.ingest.running)
        (remote,) = guard.service.ingest.running
        proc = Path(f"/proc/{remote.process.pid}")

        async def come_and_go(name: str) -> None:
            for number in range(10):
                url = f"{guard.addresses.http}/whip?claim=Dora&participant={name}{number}"
                async with publishing(url, MovingPicture()) as sender:
                    await until(lambda: sender.peer.connectionState == "connected", 20)
                    await asyncio.sleep(0.1)

        async def gone() -> None:
            await until(lambda: not guard.service.calls.participants() and not guard.service.whip.serving, 20)
            await until(lambda: not remote.peers)

        await come_and_go("first")  # what is opened once stays open
        await gone()
        before = [len(list((proc / kind).iterdir())) for kind in ("fd", "task")]
        await asyncio.gather(*map(come_and_go, ("a", "b", "c")))
        await gone()
        await until(lambda: [len(list((proc / kind).iterdir())) for kind in ("fd", "task")] <= before, 20)
        assert guard.value("guard_ingest_restarts_total") == 0


@pytest.mark.slow
@pytest.mark.long
async def test_memory_is_back_after_two_hundred_who_came_and_went() -> None:
    facts = await measure_calls(None, Load(2, "vp8", "640x360", 5.0, 200), cores=1)
    print(facts["rss_mib"])
    assert facts["rss_mib"]["cycled"] <= 1.05 * facts["rss_mib"]["left"]


@pytest.mark.long
async def test_real_streams_are_decoded_and_scored() -> None:
    facts = await measure_calls(None, Load(2, "h264", "320x240", 5.0, 2), cores=1)
    assert (facts["streams_refused"], facts["codec"]) == (0, "h264")
    assert facts["frames_decoded"] > 0
    assert facts["scores"] > 0
    assert facts["cores_used"] > facts["cores_receiving"] > 0
    assert facts["latency_from_arrival_ms"]["p50"] > 0
