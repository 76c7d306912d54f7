"""The demo as a person starts it: real processes, a real call, real verdicts, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# A shell that runs the tests in the background lets them, and so the demo, ignore SIGINT: that is undone.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
DEMO = [sys.executable, "-c", f"{LISTEN}; from guard.cli import app; app()", "demo", "--json"]
SEED = 104
"""Two people whom the shipped model tells apart with room to spare; it does not so with everybody."""


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The running demo, whose temporary files go to `folder`; ended if the test fails."""
    environment = os.environ | {"TMPDIR": str(folder)}
    with subprocess.Popen(
        [*DEMO, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes that work with files in `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            environment = (entry / "environ").read_bytes() if entry.name.isdigit() else b""
            command = (entry / "cmdline").read_bytes().decode().replace("\0", " ") if environment else ""
        except OSError:  # it has ended, or is somebody else's
            continue
        if str(folder).encode() in environment:
            found.append(command)
    return found


@pytest.mark.slow
def test_a_swap_in_a_real_call_is_reported_nobody_else_accused_and_nothing_left_behind(tmp_path: Path) -> None:
    with demo(tmp_path, "--seed", str(SEED)) as process:
        output, errors = process.communicate()
    events: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
    summary = events[-1]
    assert process.returncode == 0, (summary, errors)
    assert summary["event"] == "summary"
    assert summary["passed"]
    assert summary["problems"] == []
    assert summary["seed"] == SEED
    assert summary["delay"] > 0
    scored = {event["participant"] for event in events if event["event"] == "verdict" and event["score"] is not None}
    assert len(scored) == 2
    assert list(tmp_path.iterdir()) == []
    assert processes_in(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    with demo(tmp_path) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["event"] == "start"
        while len(processes_in(tmp_path)) < 4:  # itself, the service and two that film
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors == "demo: interrupted\n"
    assert list(tmp_path.iterdir()) == []
    assert processes_in(tmp_path) == []
