"""What breaks around a running service is a state with a way back: refusals say when to come again, streams go on."""

import os
import resource
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import aiohttp
import grpc
import numpy as np
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_status import rpc_status

from guard.access.caller import DEFAULT_TENANT
from guard.client import GuardClient, LumaFrame
from guard.core.errors import GalleryError
from guard.gallery import Gallery
from guard.gallery.items import Reference
from tests.gallery.people import consent
from tests.service_fakes import HORIZON, MODEL_ID, FakeGallery, Parts, Serving, frame, moving, serving


async def frames(count: int) -> AsyncIterator[LumaFrame]:
    for number in range(count):
        yield LumaFrame(moving(number), number / 25, full_range=True)


async def ready(guard: Serving) -> tuple[int, str]:
    async with aiohttp.ClientSession(guard.addresses.http) as http, http.get("/readyz") as response:
        return response.status, await response.text()


async def test_a_gallery_that_is_away_refuses_claims_and_says_when_to_come_again() -> None:
    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:
        guard.gallery.fault = GalleryError("gallery: connection lost")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            [verdict async for verdict in client.stream_verify(frames(5), participant="seat", claim="Dora")]
        status = rpc_status.from_call(caught.value)
        assert status is not None
        info, retry = ErrorInfo(), RetryInfo()
        assert status.details[0].Unpack(info)
        assert status.details[1].Unpack(retry)
        assert (caught.value.code(), info.reason) == (grpc.StatusCode.UNAVAILABLE, "GALLERY")
        assert retry.retry_delay.seconds == 5
        assert guard.value("guard_gallery_up") == 0
        assert guard.value("guard_streams_refused_total", cause="gallery") == 1
        assert [v async for v in client.stream_verify(frames(5), participant="guest", claim="")]


async def test_the_service_stays_ready_and_says_what_is_wrong_until_the_gallery_is_back() -> None:
    async with serving() as guard:
        joined = await guard.service.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        guard.gallery.fault = GalleryError("gallery: connection lost")
        await guard.service.calls.claims.refresh()
        assert await ready(guard) == (
            200,
            "ready, but the gallery cannot be read: streams that claim a name are refused\n",
        )
        for number in range(HORIZON):
            guard.service.calls.offer(joined.key, frame(number), 0.0)
        await guard.service.worker.rest(joined.key)
        newest = guard.service.calls.newest(joined.key)
        assert newest is not None
        assert newest.score == pytest.approx(1.0)
        guard.gallery.fault = None
        await guard.service.calls.claims.refresh()
        assert await ready(guard) == (200, "ready\n")
        assert guard.value("guard_gallery_up") == 1


async def test_a_gallery_is_found_to_be_back_when_nobody_is_there() -> None:
    gallery = FakeGallery()
    parts = Parts(gallery)
    gallery.fault = GalleryError("gallery: is away")
    with pytest.raises(GalleryError):
        await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
    await parts.calls.claims.refresh()
    assert not parts.calls.templates.up
    gallery.fault = None
    await parts.calls.claims.refresh()
    assert parts.calls.templates.up


def enrolled(path: Path) -> Gallery:
    """A gallery in which Dora is."""
    gallery = Gallery(path)
    put(gallery, "Dora")
    return gallery


def put(gallery: Gallery, name: str) -> None:
    one = Reference(np.eye(1, 256, dtype=np.float32), 1.0, "once")
    gallery.put(DEFAULT_TENANT, name, MODEL_ID, [one], consent())


@contextmanager
def full_disk(_: Path) -> Iterator[None]:
    """No file can grow past a kilobyte: the nearest thing to a disk without room that needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing in the folder can be written, nor added to it; root, whom modes do not stop, is somebody else."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.iterdir())}
    root = os.geteuid() == 0
    for path in modes:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that somebody else may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="guard-faults-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [full_disk, read_only])
async def test_what_cannot_be_written_refuses_enrolment_takes_no_template_from_a_stream_and_may_be_put_right(
    folder: Path, fault: Callable[[Path], AbstractContextManager[None]]
) -> None:
    gallery = enrolled(folder / "gallery.sqlite")
    parts = Parts(gallery)
    joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
    with fault(folder):
        with pytest.raises(GalleryError, match="cannot write"):
            put(gallery, "Later")
        await parts.calls.claims.refresh()
        assert parts.calls.enrolled(joined.key)
    await parts.calls.claims.refresh()
    assert parts.calls.templates.up
    put(gallery, "Later")
    later = await parts.calls.join(call="", participant="other", claim="Later", transport="grpc")
    assert parts.calls.enrolled(later.key)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["removed", "overwritten"])
async def test_a_gallery_file_that_goes_and_comes_back_needs_no_restart(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "gallery.sqlite"
    parts = Parts(enrolled(path))
    joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
    kept = path.read_bytes()
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(b"no database" * 1000)
    with pytest.raises(GalleryError):
        await parts.calls.join(call="", participant="other", claim="Dora", transport="grpc")
    await parts.calls.claims.refresh()
    assert parts.calls.enrolled(joined.key)
    path.write_bytes(kept)
    await parts.calls.claims.refresh()
    assert parts.calls.templates.up
    await parts.calls.join(call="", participant="other", claim="Dora", transport="grpc")
