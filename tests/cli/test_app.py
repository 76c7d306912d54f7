"""The command as a whole: help, version, and errors that are one line."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from guard.cli import app, people
from guard.cli.output import explained
from guard.core.errors import BundleError, EngineError, GalleryError, VideoError
from tests.cli.conftest import CommandLine


def test_version(guard: CommandLine) -> None:
    assert guard.run("--version").stdout == f"guard {version('avatar-guard')}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_names_every_command(guard: CommandLine, arguments: list[str]) -> None:
    result = guard.run(*arguments)
    assert result.exit_code == 0
    for command in ("enroll", "gallery", "verify", "embed", "serve", "demo", "bench"):
        assert command in result.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["verfiy"], "No such command 'verfiy'"),
        (["gallery"], "Missing command"),
        (["enroll"], "Missing argument 'NAME'"),
        (["enroll", "Ada"], "Missing argument 'VIDEO...'"),
        (["verify", "a.mp4"], "Missing option '--claim'"),
        (["embed", "a.mp4", "--every", "0"], "--every"),
        (["embed", "a.mp4", "--evry", "1"], "--evry"),
        (["serve", "--http-port", "many"], "--http-port"),
    ],
)
def test_mistakes_in_the_command_line_take_one_line(guard: CommandLine, arguments: list[str], problem: str) -> None:
    assert problem in guard.refusal(*arguments)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VideoError("a.mp4", "is empty"), 2),
        (BundleError("weights.bin", "sha256 differs"), 1),
        (GalleryError("gallery: locked"), 1),
        (EngineError("no memory"), 1),
    ],
)
def test_exit_code_tells_the_users_mistake_from_other_failures(error: Exception, code: int) -> None:
    assert explained(error) == (str(error), code)


def test_unexpected_failure_is_one_line_too(guard: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: object) -> None:
        raise RuntimeError("line one\nline two")

    monkeypatch.setattr(people, "open_gallery", broken)
    line = guard.refusal("gallery", "list", code=1)
    assert line == "guard: internal error: RuntimeError: line one line two"


def test_interrupt_is_no_failure_to_explain(guard: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(people, "open_gallery", interrupted)
    result = guard.run("gallery", "list")
    assert (result.exit_code, result.output) == (130, "")


def test_command_starts_without_loading_what_it_does_not_need() -> None:
    script = "import sys, guard.cli; print([m for m in %r if m in sys.modules])"
    heavy = ["onnxruntime", "av", "sqlalchemy", "aiortc", "grpc", "pydantic", "numpy"]
    done = subprocess.run([sys.executable, "-c", script % heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_app_is_what_the_console_script_calls() -> None:
    assert callable(app)
