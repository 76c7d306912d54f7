"""The files for containers and systemd: well-formed, and about settings and files that exist."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from guard.config import each_field, variable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "container" / "Dockerfile"
COMPOSE = DEPLOY / "container" / "compose.yml"
UNIT = DEPLOY / "systemd" / "avatar-guard.service"
INSTRUCTIONS = {"FROM", "COPY", "RUN", "USER", "ENV", "VOLUME", "ENTRYPOINT", "CMD"}
"""Those of Docker's that are of use here."""
SYSTEMD = shutil.which("systemd-analyze")


def instructions() -> list[tuple[str, str]]:
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line and line[0] != "#")]


def test_the_dockerfile_is_well_formed() -> None:
    found = instructions()
    assert found[0][0] == "FROM"
    assert {name for name, _ in found} <= INSTRUCTIONS
    assert all(rest.strip() for _, rest in found)
    started = {name: json.loads(rest) for name, rest in found if name in ("ENTRYPOINT", "CMD")}
    assert started == {"ENTRYPOINT": ["guard"], "CMD": ["serve"]}


def test_the_container_can_reach_a_server_and_does_not_run_as_root() -> None:
    run = dict(instructions())
    assert "/src[postgres]" in run["RUN"]
    assert run["USER"] == "guard"


def test_what_compose_names_is_there_and_pinned() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    build = services["guard"]["build"]
    assert (COMPOSE.parent / build["context"] / build["dockerfile"]).samefile(DOCKERFILE)
    assert re.search(r":v\d+\.\d+\.\d+$", services["prometheus"]["image"])
    (mount,) = services["prometheus"]["volumes"]
    assert (COMPOSE.parent / mount.partition(":")[0] / "prometheus.yml").is_file()


@pytest.mark.parametrize("path", [DOCKERFILE, COMPOSE, UNIT], ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    known = {variable(name) for name, _ in each_field()}
    found = set(re.findall(r"AVATAR_GUARD_[A-Z_]+", path.read_text()))
    assert found
    assert found <= known


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is missing (Debian package: systemd)")
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    assert SYSTEMD
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/avatar-guard/bin/guard", sys.executable))
    outcome = subprocess.run([SYSTEMD, "verify", "--man=no", str(unit)], capture_output=True, text=True)
    said = [line for line in outcome.stderr.splitlines() if UNIT.name in line]
    assert (said, outcome.returncode) == ([], 0), outcome.stderr
    unit.write_text(unit.read_text().replace("DynamicUser=yes", "DynamicUser=perhaps"))
    outcome = subprocess.run([SYSTEMD, "verify", "--man=no", str(unit)], capture_output=True, text=True)
    assert "perhaps" in outcome.stderr  # it does look
