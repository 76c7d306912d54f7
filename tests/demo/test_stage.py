"""The demo's processes: failures are told in the process's own words, and nothing outlives the stage."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from guard.bundle import Bundle
from guard.core.errors import GuardError
from guard.demo import stage as module
from guard.demo.stage import GUARD, Stage, free_ports
from guard.policy import PolicySettings, chosen

PYTHON = sys.executable
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def words(log: Path) -> str:
    return log.read_text()


async def test_failure_carries_the_last_words(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with pytest.raises(GuardError, match=r"^render ended with code 1: no such driver$"):
        await stage.complete("render", PYTHON, "-c", "print('rendering'); raise SystemExit('no such driver\\n')")


async def test_success_is_silent(tmp_path: Path) -> None:
    await Stage(tmp_path).complete("render", PYTHON, "-c", "print('done')")
    assert (tmp_path / "render.log").read_text() == "done\n"


async def test_an_early_end_is_noticed_whichever_process_it_is(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    await stage.start("serve", PYTHON, "-c", "import time; time.sleep(60)")
    await stage.start("avatar", PYTHON, "-c", "print('lost the call')")
    assert str(await stage.ended("serve", "avatar")) == "avatar ended with code 0: lost the call"
    await stage.close()


async def test_a_service_that_dies_before_it_is_ready_is_an_error(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    await stage.start("serve", PYTHON, "-c", "raise SystemExit('port in use')")
    with pytest.raises(GuardError, match="serve ended with code 1: port in use"):
        await stage.ready("serve")


async def test_close_leaves_no_process_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.2)
    stage = Stage(tmp_path)
    polite = await stage.start("polite", PYTHON, "-c", "import time; time.sleep(60)")
    stubborn = await stage.start("stubborn", PYTHON, "-c", STUBBORN)
    while not words(tmp_path / "stubborn.log"):  # noqa: ASYNC110 (another process writes them)
        await asyncio.sleep(0.02)
    await stage.close()
    assert not alive(polite.pid)
    assert not alive(stubborn.pid)


async def test_processes_do_not_get_the_users_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUARD_GALLERY", "/somebody/elses")
    monkeypatch.setenv("AVATAR_GUARD_MAX_STREAMS", "1")
    monkeypatch.setenv("AVATAR_GUARD_BUNDLE", "other.zip")
    stage = Stage(tmp_path)
    show = "import os; [print(k, v) for k, v in sorted(os.environ.items()) if k.startswith('AVATAR_GUARD_')]"
    await stage.complete("show", PYTHON, "-c", show)
    assert (tmp_path / "show.log").read_text().splitlines() == [
        "AVATAR_GUARD_BUNDLE other.zip",
        f"AVATAR_GUARD_GALLERY {tmp_path / 'gallery.sqlite'}",
        f"AVATAR_GUARD_GRPC_PORT {stage.grpc_port}",
        f"AVATAR_GUARD_HTTP_PORT {stage.http_port}",
    ]


@pytest.mark.slow
async def test_the_packaged_bundle_may_accuse_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AVATAR_GUARD_BUNDLE", raising=False)
    monkeypatch.setenv("AVATAR_GUARD_POLICY__FALSE_ACCUSATIONS", "2")
    stage = Stage(tmp_path)
    await stage.complete("policy", *GUARD, "policy", "explain")
    told = (tmp_path / "policy.log").read_text()
    shipped, explained = Bundle.default().thresholds, chosen(Bundle.default(), PolicySettings(false_accusations=16))
    assert f"change = {explained.thresholds.change:.2f} (policy)" in told
    assert explained.thresholds.change < shipped.change
    assert explained.thresholds.suspect > shipped.suspect


def test_free_ports_differ_and_can_be_taken() -> None:
    ports = free_ports(2)
    assert len(set(ports)) == 2
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()
