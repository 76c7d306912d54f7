"""`guard serve` as a process: it says where it listens, serves, and stops in order."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import aiohttp
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from guard import reopening
from guard.app import swept
from guard.audit.audit import Audit
from guard.audit.settings import AuditSettings
from guard.bundle import Bundle, write_bundle
from guard.client import Event, GuardClient, LumaFrame, Update, Verdict
from guard.config import Settings
from guard.core.errors import AuditError
from guard.gallery import Gallery
from guard.stores import GalleryStores
from tests.service_fakes import moving, until

pytestmark = pytest.mark.slow

GUARD = (sys.executable, "-c", "from guard.cli import app; app()", "serve")
FRAMES = 77


async def start(folder: Path, *options: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *GUARD, "--gallery", str(folder / "gallery.sqlite"), *options, stdout=PIPE, stderr=PIPE
    )


@asynccontextmanager
async def running(folder: Path, *options: str) -> AsyncIterator[tuple[Process, dict[str, str]]]:
    """The process and what it said about its addresses; killed should a test leave it behind."""
    process = await start(folder, "--http-port", "0", "--grpc-port", "0", *options)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            while (line := json.loads(await process.stderr.readline()))["event"] != "listening":
                pass
        yield process, line
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def endless() -> AsyncIterator[LumaFrame]:
    """Frames, and then a sender that stays."""
    for number in range(FRAMES):
        yield LumaFrame(moving(number), number / 25, full_range=True)
    await asyncio.Event().wait()


async def verify(client: GuardClient, verdicts: list[Verdict]) -> grpc.StatusCode:
    """How a stream of `endless` ends; its verdicts go to the list."""
    try:
        async for verdict in client.stream_verify(endless(), participant="seat", claim=""):
            verdicts.append(verdict)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def follow(client: GuardClient, updates: list[Update]) -> grpc.StatusCode:
    """How watching ends; what was seen goes to the list."""
    try:
        async for update in client.watch():
            updates.append(update)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_the_service(
    tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reopening, "ATTEMPTS", 0)
    verdicts: list[Verdict] = []
    updates: list[Update] = []
    async with running(tmp_path) as (process, addresses), GuardClient(addresses["grpc"]) as client:
        async with grpc.aio.insecure_channel(addresses["grpc"]) as channel:
            health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
            assert (await health.read()).status == health_pb2.HealthCheckResponse.SERVING
            ends = asyncio.gather(verify(client, verdicts), follow(client, updates))
            await until(lambda: len(verdicts) >= FRAMES // 5, seconds=60)
            process.send_signal(number)
            assert (await health.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            assert await ends == [grpc.StatusCode.UNAVAILABLE] * 2
        assert await asyncio.wait_for(process.wait(), 30) == 0
    # All that had come was judged, and whoever watched has seen the same.
    assert [verdict.sequence for verdict in verdicts] == list(range(1, len(verdicts) + 1))
    seen = [update.participant.verdict for update in updates if update.event is Event.VERDICT]
    assert seen[-1] == verdicts[-1]
    assert updates[-1].event is Event.LEFT


async def live() -> AsyncIterator[LumaFrame]:
    """A camera that does not stop."""
    began = asyncio.get_running_loop().time()
    for number in count():
        await asyncio.sleep(began + number / 25 - asyncio.get_running_loop().time())
        yield LumaFrame(moving(number % 50), number / 25, full_range=True)


async def watch_live(client: GuardClient, seat: str, verdicts: list[Verdict]) -> grpc.StatusCode:
    """How a live stream ends; its verdicts go to the list."""
    try:
        async for verdict in client.stream_verify(live(), participant=seat, claim=""):
            verdicts.append(verdict)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_senders_that_go_on_do_not_keep_it_from_ending_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reopening, "ATTEMPTS", 0)
    seats: list[list[Verdict]] = [[] for _ in range(8)]
    async with running(tmp_path) as (process, addresses), GuardClient(addresses["grpc"]) as client:
        ends = [asyncio.create_task(watch_live(client, f"seat {n}", seat)) for n, seat in enumerate(seats)]
        await until(lambda: sum(map(len, seats)) > 40, seconds=60)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), Settings().drain_seconds) == 0
        codes = await asyncio.gather(*ends)
    # A machine that is busy with other work admits some of them only.
    assert set(codes) - {grpc.StatusCode.RESOURCE_EXHAUSTED} == {grpc.StatusCode.UNAVAILABLE}
    for seat in seats:
        assert [verdict.sequence for verdict in seat] == list(range(1, len(seat) + 1))


async def test_sighup_reads_the_bundle_again_and_streams_go_on(tmp_path: Path) -> None:
    bundle, shipped, verdicts = tmp_path / "bundle", Bundle.default(), list[Verdict]()

    def put(model_id: str) -> None:
        manifest = {key: value for key, value in shipped.manifest.items() if key != "files"}
        write_bundle(bundle, manifest | {"model_id": model_id}, shipped.contents, lambda _: None)

    put("first")
    options = ("--bundle", str(bundle))
    async with running(tmp_path, *options) as (process, addresses), GuardClient(addresses["grpc"]) as client:
        ending = asyncio.create_task(watch_live(client, "seat", verdicts))
        await until(lambda: len(verdicts) > 3, seconds=60)
        put("second")
        process.send_signal(signal.SIGHUP)
        await until(lambda: verdicts[-1].model_id == "second", seconds=60)
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)
    assert {verdict.model_id for verdict in verdicts} == {"first", "second"}
    assert verdicts[-1].cuts == 0
    assert [verdict.sequence for verdict in verdicts] == list(range(1, len(verdicts) + 1))


async def test_it_is_ready_once_it_says_that_it_listens(tmp_path: Path) -> None:
    async with running(tmp_path) as (_, addresses), aiohttp.ClientSession(addresses["http"]) as http:
        async with http.get("/readyz") as response:
            assert response.status == 200
        assert addresses["http"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("option", ["--http-port", "--grpc-port"])
async def test_a_port_in_use_is_one_line_and_exit_code_2(tmp_path: Path, option: str) -> None:
    other = {"--http-port": "--grpc-port", "--grpc-port": "--http-port"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await start(tmp_path, option, port, other, "0")
        _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    setting = option.removeprefix("--").replace("-", "_")
    assert said.decode() == f"guard: {setting}: cannot listen on 127.0.0.1:{port}; is it in use?\n"


def test_the_service_erases_nobody_without_a_record(tmp_path: Path) -> None:
    log, gallery = tmp_path / "audit.jsonl", Gallery(tmp_path / "gallery.sqlite")
    stores = GalleryStores.of(gallery, Settings())
    assert swept(gallery, Audit(AuditSettings(log=log)), stores) == 0
    assert [json.loads(line)["action"] for line in log.read_text().splitlines()] == ["people.sweep"]
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    with pytest.raises(AuditError):
        swept(gallery, Audit(AuditSettings(log=blocked)), stores)
