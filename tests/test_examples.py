"""The examples run as they are written."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from guard.access.caller import Role
from tests.access.authority import Authority
from tests.access.issuer import Issuer
from tests.films import film
from tests.service_fakes import serving

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"


async def run(example: str, *arguments: str) -> tuple[int | None, list[str]]:
    """Exit code and lines of the example, those of errors too."""
    command = [sys.executable, str(EXAMPLES / example), *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode().splitlines()


async def test_stream_verify_prints_verdicts(tmp_path: Path) -> None:
    video = film(tmp_path / "talk.mp4", frames=40, size=(128, 128))
    async with serving() as guard:
        code, lines = await run("stream_verify.py", str(video), "--claim", "Dora", "--address", guard.addresses.grpc)
    assert code == 0
    assert "no score: TOO_FEW_FRAMES" in lines[0]
    assert "VERIFIED" in lines[-1]


async def test_stream_verify_shows_who_it_is(tmp_path: Path) -> None:
    video, authority, issuer = film(tmp_path / "talk.mp4", frames=40, size=(128, 128)), Authority(tmp_path), Issuer()
    certificate, key = authority.signed("server", "guard")
    own, own_key = authority.signed("client", "backend")
    (tmp_path / "token").write_text(issuer.token(Role.OPERATOR, tenant="default") + "\n")
    tls = {"certificate": certificate, "key": key, "client_ca": authority.path}
    async with serving(tls=tls, access={"jwt_keys": issuer.publish(tmp_path / "keys.json")}) as guard:
        reach = ["--address", guard.addresses.grpc, "--ca", authority.path, "--certificate", own, "--key", own_key]
        arguments = [str(video), "--claim", "Dora", *map(str, reach)]
        code, lines = await run("stream_verify.py", *arguments, "--token-file", str(tmp_path / "token"))
        refused = await run("stream_verify.py", *arguments)
    assert code == 0
    assert "VERIFIED" in lines[-1]
    assert refused[0] == 1


@pytest.mark.parametrize("example", ["stream_verify.py", "stream_file.py"])
async def test_it_tells_why_it_was_refused(tmp_path: Path, example: str) -> None:
    video = film(tmp_path / "talk.mp4", frames=10)
    async with serving() as guard:
        code, lines = await run(example, str(video), "--claim", " bad name ", "--address", guard.addresses.grpc)
    assert code == 1
    assert len(lines) == 1
    assert "(field: open.claim)" in lines[0]


@pytest.mark.parametrize("speed", [[], ["--fast"]])
async def test_stream_file_prints_decisions_at_either_speed(tmp_path: Path, speed: list[str]) -> None:
    video = film(tmp_path / "talk.mp4", frames=40, size=(128, 128))
    async with serving() as guard:
        code, lines = await run(
            "stream_file.py", str(video), "--claim", "Dora", "--address", guard.addresses.grpc, *speed
        )
    assert code == 0
    assert "COLLECTING" in lines[0]
    assert "VERIFIED" in lines[-1]


async def test_backend_prints_what_changes_about_each_participant(tmp_path: Path) -> None:
    video = film(tmp_path / "talk.mp4", frames=60, size=(128, 128))
    async with serving() as guard:
        code, lines = await run("backend.py", guard.addresses.grpc, f"Dora={video}", f"Berta={video}")
    assert code == 0
    assert [line.split("s  ")[1] for line in lines if "Dora" in line][-1] == "Dora: VERIFIED"
    assert [line.split("s  ")[1] for line in lines if "Berta" in line][-1] == "Berta: IMPOSTOR_SUSPECTED"


@pytest.mark.parametrize(
    ("example", "arguments", "told"),
    [
        ("stream_file.py", ["nope.mp4", "--claim", "Dora"], "stream_file.py: .* No such file .*nope.mp4"),
        ("stream_verify.py", ["nope.mp4", "--claim", "Dora"], "stream_verify.py: .* No such file .*nope.mp4"),
        ("stream_verify.py", [__file__, "--claim", "Dora", "--token-file", "nope"], ".* No such file .*nope"),
        ("stream_verify.py", [__file__, "--claim", "Dora", "--ca", "nope"], ".* No such file .*nope"),
        ("stream_file.py", [__file__, "--claim", "Dora"], "stream_file.py: .*Invalid data.*"),
        ("backend.py", [], "Verifies the participants of a call over one connection: backend.py .*"),
        ("backend.py", ["127.0.0.1:1"], "Verifies the participants of a call over one connection: backend.py .*"),
        ("backend.py", ["127.0.0.1:1", "Dora=nope.mp4"], "Dora: .* No such file .*nope.mp4"),
    ],
)
async def test_what_cannot_be_read_is_told_in_a_line(example: str, arguments: list[str], told: str) -> None:
    code, lines = await run(example, *arguments)
    assert (code, len(lines)) == (1, 1), lines
    assert re.match(told, lines[0]), lines


async def test_the_backend_tells_of_each_participant_when_no_service_answers(tmp_path: Path) -> None:
    video = film(tmp_path / "talk.mp4", frames=10)
    code, lines = await run("backend.py", "127.0.0.1:1", f"Dora={video}", f"Berta={video}")
    assert code == 1
    assert sorted(line.partition(":")[0] for line in lines) == ["Berta", "Dora"]
    assert all("failed to connect" in line for line in lines)


def test_the_backend_stays_short() -> None:
    assert len((EXAMPLES / "backend.py").read_text().splitlines()) <= 40
