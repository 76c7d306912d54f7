"""serve, demo and bench: how the command line hands over to them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from guard import app, bench, demo
from guard.config import Settings
from guard.core.errors import SettingsError
from tests.cli.conftest import CommandLine

Serve = Callable[[Settings], object]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that the service was started with."""
    seen: list[Settings] = []

    async def serve(settings: Settings) -> int:
        seen.append(settings)
        return 0

    monkeypatch.setattr(app, "serve", serve)
    return seen


def test_serve_takes_options_before_environment_before_file(
    guard: CommandLine, served: list[Settings], tmp_path: Path, gallery_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "guard.toml"
    config.write_text('http_port = 1\ngrpc_port = 2\nmax_streams = 3\ngallery = "elsewhere"\n')
    monkeypatch.setenv("AVATAR_GUARD_GRPC_PORT", "20")
    result = guard.run("serve", "--config", config, "--http-port", "100", "--http-host", "127.0.0.2")
    assert result.exit_code == 0, result.stderr
    (settings,) = served
    assert (settings.http_host, settings.http_port) == ("127.0.0.2", 100)
    assert (settings.grpc_port, settings.max_streams, settings.gallery) == (20, 3, str(gallery_path))


def test_every_mistake_in_the_settings_in_one_line(guard: CommandLine, served: list[Settings]) -> None:
    line = guard.refusal("serve", "--http-port", "70000", "--log-level", "loud")
    assert "http_port" in line
    assert "log_level" in line
    assert served == []


def test_serve_tells_files_beside_wrong_values_as_a_check_does(guard: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "guard.toml"
    config.write_text('http_port = "many"\nbundle = "nothing.zip"\n[audit]\nlog = "/dev/null/a"\nlogg = "a"\n')
    line = guard.refusal("serve", "--config", config, "--log-level", "loud")
    for part in ("log_level: ", "http_port: ", "bundle: nothing.zip", "audit.log: /dev/null/a", "audit.logg is not"):
        assert part in line
    assert guard.refusal("serve", "--config", config) == guard.refusal("config", "check", "--config", config)


def test_port_in_use_is_the_users_to_put_right(guard: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(_settings: Settings) -> int:
        raise SettingsError("http_port", "127.0.0.1:8080 is in use")

    monkeypatch.setattr(app, "serve", serve)
    assert guard.refusal("serve") == "guard: http_port: 127.0.0.1:8080 is in use"


@pytest.mark.parametrize("code", [0, 1])
def test_exit_codes_of_service_and_demo_are_passed_on(
    guard: CommandLine, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    asked: list[tuple[int | None, bool]] = []

    async def serve(_settings: Settings) -> int:
        return code

    def run(seed: int | None, json_: bool) -> int:
        asked.append((seed, json_))
        return code

    monkeypatch.setattr(app, "serve", serve)
    monkeypatch.setattr(demo, "run", run)
    assert guard.run("serve").exit_code == code
    assert guard.run("demo").exit_code == code
    assert guard.run("demo", "--seed", "7", "--json").exit_code == code
    assert asked == [(None, False), (7, True)]


def test_bench_prints_what_was_measured(guard: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = {"model_id": "test", "step_ms": 2.0, "clip_ms": 100.0, "ratio": 50.0}
    monkeypatch.setattr(bench, "measure", lambda engine, settings: costs)
    result = guard.run("bench", "--json")
    assert json.loads(result.stdout) == costs
    assert guard.run("bench").stdout.splitlines()[-1].split() == ["ratio", "50.0"]
