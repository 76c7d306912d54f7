"""Logs say what happened and name nobody."""

import asyncio
import json
from collections.abc import Iterator

import pytest
import structlog

from guard.log import configure
from tests.service_fakes import HORIZON, Parts, frame


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
    assert [line["event"] for line in lines] == ["stream opened", "stream closed"]
    assert {line["stream"] for line in lines} == {joined.key}
    for name in ("Dora", "seat", "board"):
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
