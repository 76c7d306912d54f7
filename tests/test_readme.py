"""The README's quick starts run as they are written, against a service of their own."""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.demo.stage import free_ports

README = (Path(__file__).parents[1] / "README.md").read_text()
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
(SNIPPET,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)


class Shell:
    """Runs the README's lines in a folder, with its ports replaced by free ones and the environment's own programs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = dict(zip(("8080", "50051"), map(str, free_ports(2)), strict=True))
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = os.environ | {"PATH": programs, "OMP_NUM_THREADS": "1"}
        self._environment["AVATAR_GUARD_GALLERY"] = str(folder / "gallery.sqlite")
        self._environment["AVATAR_GUARD_HTTP_PORT"] = self._ports["8080"]
        self._environment["AVATAR_GUARD_GRPC_PORT"] = self._ports["50051"]
        self._environment["PYTHONUNBUFFERED"] = "1"

    def ported(self, text: str) -> str:
        """The text with the ports that are in use here."""
        for written, used in self._ports.items():
            text = text.replace(written, used)
        return text

    def start(self, command: str) -> subprocess.Popen[str]:
        """The running command; `exec` lets a signal reach it and not the shell."""
        line = f"exec {self.ported(command)}"
        return subprocess.Popen(
            ["bash", "-c", line], cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, text=True
        )

    def run(self, command: str) -> str:
        """What the command printed; it must succeed."""
        line = ["bash", "-ec", self.ported(command)]
        return subprocess.run(
            line, cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with the videos that the README speaks of."""
    shell = Shell(tmp_path)
    for number in (1, 2, 3):
        render = f"python -m trainer.data.world render --clip-seed {number} --seconds 6"
        shell.run(f"{render} --out ada-{number}.mp4")  # one clip three times would not be enrolled
    shutil.copy(tmp_path / "ada-1.mp4", tmp_path / "meeting.mp4")
    return shell


def lines_with(word: str) -> list[str]:
    found = [line for line in COMMANDS if word in line]
    assert found, f"the README has no line with {word!r}"
    return found


@pytest.mark.slow
def test_recordings_are_enrolled_and_verified(shell: Shell) -> None:
    (enrol,) = lines_with("ada-1.mp4")
    (verify,) = lines_with("guard verify")
    shell.run(enrol)
    assert "Ada" in shell.run("guard gallery list")
    *verdicts, summary = shell.run(verify).splitlines()
    assert summary.startswith('{"summary": ')
    assert all(line.startswith('{"t": ') for line in verdicts)


@pytest.fixture
def service(shell: Shell) -> Iterator[None]:
    process = shell.start("guard serve")
    try:
        wait_until_ready(shell.ported("http://127.0.0.1:8080/readyz"), process)
        yield
    finally:
        process.terminate()
        process.communicate()


def wait_until_ready(url: str, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            continue
        return
    pytest.fail("the service ended before it was ready")


@pytest.mark.slow
@pytest.mark.usefixtures("service")
def test_an_avatar_joins_and_the_snippet_sees_it(shell: Shell, tmp_path: Path) -> None:
    (film,) = lines_with("world render")
    (publish,) = lines_with("world avatar")
    shell.run(film)
    (tmp_path / "snippet.py").write_text(shell.ported(SNIPPET))
    avatar, watcher = shell.start(publish), shell.start("python snippet.py")
    try:
        assert watcher.stdout
        events = iter(watcher.stdout.readline, "")
        scored = next(line for line in events if line.startswith("VERDICT") and "None)" not in line)
        assert "whip-" in scored
    finally:
        avatar.terminate()
        watcher.kill()
        avatar.communicate()
        watcher.communicate()
