"""The page, its data, metrics and health over HTTP."""

import re
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.service_fakes import HORIZON, Serving, frame, serving


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def http(guard: Serving) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(guard.addresses.http) as session:
        yield session


async def verify(guard: Serving, participant: str, claim: str, frames: int = HORIZON + 10) -> None:
    calls = guard.service.calls
    joined = await calls.join(call="board", participant=participant, claim=claim, transport="grpc")
    for number in range(frames):
        await calls.room(joined.key)
        calls.offer(joined.key, frame(number), time.monotonic())
    await guard.service.worker.rest(joined.key)


async def test_participants_as_data(guard: Serving, http: aiohttp.ClientSession) -> None:
    await verify(guard, "seat 1", "Dora")
    await verify(guard, "seat 2", "", frames=0)
    async with http.get("/v1/participants") as response:
        body = await response.json()
    first, second = body["participants"]
    assert body["model_id"] == "fake"
    assert (first["participant"], first["claim"], first["call"]) == ("seat 1", "Dora", "board")
    assert first["verdict"]["decision"] == "VERIFIED"
    assert first["verdict"]["score"] == pytest.approx(1.0)
    assert second["verdict"] is None
    async with http.get("/v1/participants?call=other") as response:
        assert (await response.json())["participants"] == []


async def test_a_page_of_another_origin_cannot_read_names(http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/participants", headers={"Origin": "http://elsewhere.example"}) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_the_page_needs_nothing_from_elsewhere(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as response:
        page = await response.text()
        assert response.content_type == "text/html"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assets = re.findall(r'(?:src|href)="(/page/[^"]+)"', page)
    assert len(assets) == 2
    for asset in assets:
        async with http.get(asset) as response:
            assert response.status == 200
            page += await response.text()
    # the name of the SVG namespace is an identifier, nothing is fetched from there
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "innerHTML" not in page


@pytest.mark.parametrize("path", ["/page/missing.js", "/page/..%2Fapp.py", "/nothing"])
async def test_nothing_else_is_served(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as response:
        assert response.status == 404


async def test_metrics_hold_no_name_of_anybody(guard: Serving, http: aiohttp.ClientSession) -> None:
    await verify(guard, "seat 1", "Dora")
    async with http.get("/metrics") as response:
        text = await response.text()
        assert response.status == 200
    assert 'guard_frames_received_total{transport="grpc"} 26.0' in text
    assert 'guard_streams_open{transport="grpc"} 1.0' in text
    assert "process_cpu_seconds_total" in text
    for name in ("Dora", "seat", "board"):
        assert name not in text


async def test_health_and_readiness(guard: Serving, http: aiohttp.ClientSession) -> None:
    for path in ("/healthz", "/readyz"):
        async with http.get(path) as response:
            assert response.status == 200
    guard.service.worker._engine.began = time.monotonic() - 60
    async with http.get("/readyz") as response:
        assert response.status == 503
        assert await response.text() == "the engine does not answer\n"
    async with http.get("/healthz") as response:
        assert response.status == 200
