"""The examples run as they are written."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.films import film
from tests.service_fakes import serving

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[1] / "examples" / "stream_verify.py"


async def run(*arguments: str) -> tuple[int | None, list[str]]:
    """Exit code and lines of the example."""
    process = await asyncio.create_subprocess_exec(sys.executable, str(EXAMPLE), *arguments, stdout=PIPE)
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode().splitlines()


async def test_stream_verify_prints_verdicts(tmp_path: Path) -> None:
    video = film(tmp_path / "talk.mp4", frames=40)
    async with serving() as guard:
        code, lines = await run(str(video), "--claim", "Dora", "--address", guard.addresses.grpc)
    assert code == 0
    assert "no score: TOO_FEW_FRAMES" in lines[0]
    assert "VERIFIED" in lines[-1]


async def test_stream_verify_tells_why_it_was_refused(tmp_path: Path) -> None:
    video = film(tmp_path / "talk.mp4", frames=10)
    async with serving() as guard:
        code, lines = await run(str(video), "--claim", " bad name ", "--address", guard.addresses.grpc)
    assert code == 1
    assert len(lines) == 1
    assert "(field: claim)" in lines[0]
