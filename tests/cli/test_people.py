"""enroll and gallery: one person in, one person out, and nothing lost on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from guard.gallery import Gallery
from tests.cli.conftest import CommandLine
from tests.films import film, still
from tests.gallery.people import enrol_vector

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_enrolled_person_is_in_the_gallery(guard: CommandLine, gallery_path: Path, tmp_path: Path) -> None:
    clips = [film(tmp_path / f"{n}.mp4", 120) for n in range(2)]
    assert guard.objects("enroll", "Ada", *clips, "--consent-by", "Grace") == [
        {"name": "Ada", "model_id": "test", "windows": 28, "seconds": 9.6, "clips": 2, "refused": {}}
    ]
    (entry,) = guard.objects("gallery", "list")
    assert datetime.fromisoformat(entry.pop("created_at")).tzinfo is not None
    until = datetime.fromisoformat(entry.pop("consent_until"))
    assert timedelta(days=364) < until - datetime.now(UTC) < timedelta(days=365)
    assert entry == {"name": "Ada", "model_id": "test", "windows": 28, "seconds": 9.6, "clips": 2, "opted_out": False}
    assert Gallery(gallery_path).template("Ada", "test") is not None


def test_short_output_for_people(guard: CommandLine, tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", 200)
    result = guard.run("enroll", "Ada [bold]", clip, "--consent-by", "Grace")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Ada [bold] is enrolled: 24 windows of 8.0 s of video\n"
    assert "Ada [bold]" in guard.run("gallery", "list").stdout
    assert guard.run("gallery", "remove", "Ada [bold]").stdout == "Ada [bold] is removed\n"
    assert guard.run("gallery", "list").stdout == "Nobody is enrolled.\n"


def test_little_video_is_enrolled_with_a_warning(guard: CommandLine, tmp_path: Path) -> None:
    result = guard.run("enroll", "Ada", film(tmp_path / "a.mp4", 40), "--consent-by", "Grace", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["windows"] == 4
    assert result.stderr.startswith("guard: warning: only 4 windows")
    assert result.stderr.count("\n") == 1


def test_gallery_option_wins_over_the_environment(guard: CommandLine, gallery_path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    guard.objects("enroll", "Ada", film(tmp_path / "a.mp4", 200), "--consent-by", "Grace", "--gallery", other)
    assert [person.name for person in Gallery(other).people()] == ["Ada"]
    assert not gallery_path.exists()


def test_gallery_is_in_the_users_data_folder_by_default(
    guard: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AVATAR_GUARD_GALLERY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert guard.objects("gallery", "list") == []
    assert (tmp_path / "data" / "avatar-guard" / "gallery.sqlite").is_file()


def test_remove_forgets_one_person(guard: CommandLine, gallery_path: Path) -> None:
    for name in ("Ada", "Bob"):
        enrol_vector(gallery_path, name, np.ones(256, np.float32), "test")
    assert guard.objects("gallery", "remove", "Ada") == [{"removed": "Ada"}]
    assert [entry["name"] for entry in guard.objects("gallery", "list")] == ["Bob"]


def test_nobody_is_enrolled_without_saying_who_obtained_consent(guard: CommandLine, tmp_path: Path) -> None:
    line = guard.refusal("enroll", "Ada", tmp_path / "absent.mp4")
    assert line.startswith("guard: --consent-by: is needed; say who asked the person")


def test_recorded_consent_need_not_be_given_again(guard: CommandLine, tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", 200)
    guard.objects("enroll", "Ada", clip, "--consent-by", "Grace", "--purpose", "a board", "--expires", "7")
    before = guard.objects("gallery", "list")
    guard.objects("enroll", "Ada", clip, "--add")
    (after,) = guard.objects("gallery", "list")
    assert (before[0]["clips"], after["clips"]) == (1, 2)
    assert after["consent_until"] == before[0]["consent_until"]


def test_a_gallery_that_was_not_there_is_told_to_who_looks_into_it(guard: CommandLine, gallery_path: Path) -> None:
    warning = f"guard: warning: there was no gallery at {gallery_path}: an empty one has been made\n"
    assert guard.run("gallery", "list").stderr == warning
    assert guard.run("gallery", "list").stderr == ""


def test_unknown_name_cannot_be_removed(guard: CommandLine) -> None:
    assert guard.refusal("gallery", "remove", "Eve") == "guard: name: is not enrolled"


@pytest.mark.parametrize("name", ["", "a\tb", "x" * 201])
def test_name_that_cannot_be_one(guard: CommandLine, tmp_path: Path, name: str) -> None:
    assert "name: must be 1 to 200 printable characters" in guard.refusal("enroll", name, tmp_path / "absent.mp4")


def test_file_that_is_no_video(guard: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no video " * 100)
    assert "a.txt: cannot be read as a video" in guard.refusal(
        "enroll", "Ada", tmp_path / "a.txt", "--consent-by", "Grace"
    )
    assert guard.objects("gallery", "list") == []


def test_video_without_motion(guard: CommandLine, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 60, painter=still, codec="ffv1")
    result = guard.run("enroll", "Ada", path, "--consent-by", "Grace")
    assert result.exit_code == 2
    warning, error = result.stderr.splitlines()
    assert warning.endswith("nothing in it can be used (FROZEN 6)")
    assert "0 usable windows of 0.0 s where 2 of 0.9 s are needed (FROZEN 6)" in error


def test_gallery_that_is_none(guard: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no gallery " * 100)
    assert "file is not a database" in guard.refusal("gallery", "list", "--gallery", tmp_path / "a.txt", code=1)


def test_bundle_that_is_not_there(guard: CommandLine, tmp_path: Path) -> None:
    line = guard.refusal("enroll", "Ada", tmp_path / "a.mp4", "--consent-by", "G", "--bundle", tmp_path / "absent")
    assert line == f"guard: --bundle: {tmp_path / 'absent'} does not exist"


ENROLLER = """
import sys
from functools import partial
from guard.cli import app, options
from guard.enrolment import files
from tests.cli.conftest import FakeBundle
from tests.core.fakes import FakeEngine
from tests.enrolment.people import LENIENT

files.enroll = partial(files.enroll, needs=LENIENT)
options.load_model = lambda path: (FakeBundle(), FakeEngine())
for n in range(1000):
    try:
        app(["enroll", f"person {n}", sys.argv[1], "--consent-by", "Grace", "--json"])
    except SystemExit as end:
        assert end.code == 0
"""


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.05, 0.11])
def test_killed_enrolment_loses_nobody_who_was_enrolled(guard: CommandLine, tmp_path: Path, moment: float) -> None:
    """From decoding to the commit, wherever the kill falls: who was reported as enrolled is enrolled."""
    command = [sys.executable, "-W", "ignore", "-c", ENROLLER, str(film(tmp_path / "a.mp4", 24, size=(64, 64)))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    said = [process.stdout.readline(), process.stdout.readline()]
    time.sleep(moment)
    os.kill(process.pid, signal.SIGKILL)
    said += process.communicate()[0].splitlines()
    reported = {json.loads(line)["name"] for line in said if line.endswith(("}", "}\n"))}
    listed = {entry["name"] for entry in guard.objects("gallery", "list")}
    assert listed >= reported >= {"person 0", "person 1"}
    assert len(guard.objects("enroll", "after", film(tmp_path / "b.mp4", 60), "--consent-by", "Grace")) == 1
