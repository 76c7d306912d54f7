"""The command line with a small engine in place of the model, a gallery of its own and no settings from outside."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from guard.cli import app, options
from guard.core.calibration import Calibration
from guard.core.items import Thresholds
from guard.core.policy import Operating
from guard.core.verifier import Settings
from guard.enrolment import files
from tests.core.fakes import FakeEngine
from tests.core.helpers import settings
from tests.enrolment.people import LENIENT


@dataclass(frozen=True)
class FakeBundle:
    """What the commands ask of a bundle."""

    model_id: str = "test"
    state_size: int = FakeEngine.state_size

    @property
    def operating(self) -> Operating:
        return Operating()

    @property
    def thresholds(self) -> Thresholds:
        return self.settings().thresholds

    def settings(self) -> Settings:
        return settings(horizons=(8, 16), calibration=Calibration(20.0, -10.0), variety_floor=0.0)


class CommandLine:
    """Runs `guard` as a shell would."""

    def run(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    def objects(self, *arguments: str | Path) -> list[dict[str, Any]]:
        """What a successful command prints with --json."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    def refusal(self, *arguments: str | Path, code: int = 2) -> str:
        """The one line, beside warnings, of a command that fails with this exit code and prints nothing else."""
        result = self.run(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        lines = [line for line in result.stderr.splitlines() if not line.startswith("guard: warning: ")]
        assert len(lines) == 1, result.stderr
        assert lines[0].startswith("guard: ")
        return str(lines[0])


@pytest.fixture
def gallery_path(tmp_path: Path) -> Path:
    return tmp_path / "people" / "gallery.sqlite"


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch, gallery_path: Path) -> Iterator[CommandLine]:
    for name in [name for name in os.environ if name.startswith("AVATAR_GUARD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AVATAR_GUARD_GALLERY", str(gallery_path))
    monkeypatch.setenv("AVATAR_GUARD_FRAMING", "off")  # films of tests show nobody
    monkeypatch.setattr(options, "load_model", lambda path: (FakeBundle(), FakeEngine()))
    monkeypatch.setattr(files, "enroll", partial(files.enroll, needs=LENIENT))
    yield CommandLine()
    structlog.reset_defaults()  # commands that log do so to a stderr of the runner's, which is closed by now
