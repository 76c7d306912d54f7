"""Logs say what happened and name nobody."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import grpc
import pytest
import structlog

from guard.client import Consent, GuardClient, LumaFrame
from guard.log import configure
from tests.service_fakes import HORIZON, Parts, frame, moving, serving


@pytest.fixture
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_restored")
async def test_a_stream_leaves_lines_without_any_name(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug")
    parts = Parts()
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    joined = await parts.calls.join(call="board", participant="seat one", claim="Dora", transport="whip")
    for number in range(HORIZON + 10):
        await parts.calls.room(joined.key)
        parts.calls.offer(joined.key, frame(number), 0.0)
    await parts.calls.finish(joined.key)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    parts.worker.shutdown()

    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == ["stream opened", "link", "link", "stream closed"]
    assert {line["stream"] for line in lines} == {joined.key}
    for name in ("Dora", "seat", "board"):
        assert name not in text


@pytest.mark.usefixtures("_restored")
async def test_an_enrolment_leaves_lines_without_any_name(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug")
    now = datetime.now(UTC)
    consent = Consent("Grace", now, "board", now + timedelta(days=1))

    async def film(count: int) -> AsyncIterator[LumaFrame]:
        for number in range(count):
            yield LumaFrame(moving(number), number / 25, full_range=True)

    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:
        guard.gallery.templates.clear()
        with pytest.raises(grpc.aio.AioRpcError):
            [one async for one in client.enroll("Dora", film(20), consent=consent, session="office")]
        [one async for one in client.enroll("Dora", film(60), consent=consent, session="office")]
        await client.opt_out("Dora")
        await client.renew("Dora")
        await client.remove("Dora")

    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == [
        "call refused",
        "enrolled",
        "opt-out set",
        "templates renewed",
        "person erased",
    ]
    for name in ("Dora", "Grace", "board", "office"):
        assert name not in text


@pytest.mark.usefixtures("_restored")
def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning")
    structlog.get_logger().info("not this")
    structlog.get_logger().warning("but this")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["but this"]


@pytest.mark.usefixtures("_restored")
def test_a_fault_shows_no_variables_on_a_terminal_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def join(claim: str) -> None:
        raise RuntimeError("cannot join")

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    configure("info")
    try:
        join("Dora")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    text = capsys.readouterr().err
    assert "cannot join" in text
    assert text.count("Dora") == 1, "the line of code that this file holds, and not the value of `claim`"
