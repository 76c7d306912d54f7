import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guard.gallery import Gallery
from guard.incidents.store import Incidents
from tests.cli.conftest import CommandLine
from tests.incidents.people import incident

ID = "a" * 32


@pytest.fixture
def kept(gallery_path: Path) -> None:
    Incidents(Gallery(gallery_path), 30).keep(replace(incident(), happened_at=datetime.now(UTC)))


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_an_incident_is_listed_reported_and_disposed_of_on_the_record(guard: CommandLine, tmp_path: Path) -> None:
    (listed,) = guard.objects("incidents", "list")
    assert (listed["id"], listed["kind"], listed["disposition"]) == (ID, "IMPOSTOR_SUSPECTED", "OPEN")
    log, out = tmp_path / "audit.log", tmp_path / "report.html"
    (told,) = guard.objects("incidents", "dispose", ID, "false", "--audit", log)
    assert told["disposition"] == "FALSE"
    assert told["by"].startswith("command line: ")
    assert '"incident.dispose"' in log.read_text()
    assert guard.run("incidents", "report", ID, "--out", out).exit_code == 0
    assert out.read_text().startswith("<!doctype html>")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(guard.run("incidents", "report", ID).stdout)["disposition"] == "FALSE"
    assert f"{ID}  " in guard.run("incidents", "list").stdout


def test_what_is_not_kept_is_refused(guard: CommandLine) -> None:
    assert guard.run("incidents", "list").stdout == ""
    assert "is not kept" in guard.refusal("incidents", "report", ID)
    assert "is not kept" in guard.refusal("incidents", "dispose", ID, "confirmed")
    assert "perhaps" in guard.refusal("incidents", "dispose", ID, "perhaps")
