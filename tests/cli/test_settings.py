"""`guard config show`: for human eyes, and for programs."""

import json
from pathlib import Path

from guard.config import Settings
from tests.cli.conftest import CommandLine


def test_each_setting_is_a_json_object_with_its_source(guard: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "guard.toml"
    config.write_text("http_port = 1\n")
    result = guard.run("config", "show", "--config", config, "--json")
    shown = {setting["name"]: setting for setting in map(json.loads, result.stdout.splitlines())}
    assert {name.partition(".")[0] for name in shown} == Settings.model_fields.keys()
    assert (shown["http_port"]["value"], shown["http_port"]["source"]) == ("1", "file")
    assert shown["http_host"]["source"] == "default"


def test_people_get_a_table(guard: CommandLine) -> None:
    result = guard.run("config", "show")
    assert result.exit_code == 0
    assert all(word in result.stdout for word in ("http_port", "8080", "default"))


def test_mistakes_are_all_named_and_nothing_is_shown(guard: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "guard.toml"
    config.write_text('http_port = 70000\nlog_level = "loud"\nbandwidth = 1\n')
    line = guard.refusal("config", "show", "--config", config)
    assert all(word in line for word in ("http_port", "log_level", "bandwidth is not a setting"))


def test_a_check_tells_all_that_would_keep_the_service_from_starting(guard: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "guard.toml"
    config.write_text('http_port = 50051\nbundle = "nothing.zip"\n')
    line = guard.refusal("config", "check", "--config", config)
    assert "bundle: nothing.zip" in line
    assert "grpc_port: 50051 is http_port too" in line
    config.write_text('http_port = "many"\nbundle = "nothing.zip"\n[audit]\nlog = "/dev/null/a"\nlogg = "a"\n')
    line = guard.refusal("config", "check", "--config", config)
    for part in ("http_port: ", "bundle: nothing.zip", "audit.log: /dev/null/a", "audit.logg is not a setting"):
        assert part in line
    config.write_text("")
    assert "can work" in guard.run("config", "check", "--config", config).stdout
