"""A PostgreSQL server that goes, or hangs, under a running service: a state with a way back."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import make_url

from guard import lookups
from guard.core.errors import GalleryError
from guard.gallery import Gallery
from guard.gallery.protection import new_key
from tests.gallery.people import put
from tests.gallery.postgres import binaries, server
from tests.service_fakes import MODEL_ID, Parts

pytestmark = pytest.mark.slow

PROGRAMS = binaries()


class Wire:
    """A relay to the server that can be cut, or held so that nothing comes through."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    @asynccontextmanager
    async def laid(self) -> AsyncIterator["Wire"]:
        listening = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = listening.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listening.close()
            for writer in self._writers:
                writer.transport.abort()
            self._writers.clear()

    def hold(self) -> None:
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, back}
        await asyncio.gather(self._relay(reader, back), self._relay(there, writer))

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
        writer.close()


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    if PROGRAMS is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    monkeypatch.setenv("LOST_SERVER_KEYS", base64.b64encode(new_key()).decode())
    with server(PROGRAMS) as url:
        yield Wire(make_url(url).port or 5432)


async def opened(wire: Wire) -> Gallery:
    """The gallery behind the wire, with Dora in it."""
    url = f"postgresql+psycopg://guard@127.0.0.1:{wire.port}/postgres"
    gallery = await asyncio.to_thread(Gallery, url, "env:LOST_SERVER_KEYS")
    await asyncio.to_thread(put, gallery, "Dora", model_id=MODEL_ID)
    return gallery


async def join(parts: Parts, seat: str) -> str:
    return (await parts.calls.join(call="", participant=seat, claim="Dora", transport="grpc")).key


async def test_a_server_that_goes_and_comes_back_needs_no_restart(wire: Wire) -> None:
    async with wire.laid():
        gallery = await opened(wire)
        parts = Parts(gallery)
        stays = await join(parts, "one")
    with pytest.raises(GalleryError):
        await join(parts, "two")
    await parts.calls.claims.refresh()
    assert parts.calls.enrolled(stays)
    assert parts.value("guard_gallery_up") == 0
    async with wire.laid():
        await parts.calls.claims.refresh()
        assert parts.value("guard_gallery_up") == 1
        assert parts.calls.enrolled(await join(parts, "two"))
        gallery.database.close()


async def test_a_server_that_hangs_refuses_in_time_and_answers_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire.laid():
        gallery = await opened(wire)
        parts = Parts(gallery)
        stays = await join(parts, "one")
        wire.hold()
        monkeypatch.setattr(lookups, "ANSWERS_WITHIN", 0.1)
        with pytest.raises(GalleryError, match="does not answer"):
            await join(parts, "two")
        assert parts.calls.enrolled(stays)
        monkeypatch.undo()
        wire.let_go()
        await parts.calls.claims.refresh()
        assert parts.value("guard_gallery_up") == 1
        assert parts.calls.enrolled(await join(parts, "two"))
        gallery.database.close()
