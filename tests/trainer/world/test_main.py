import av
import pytest
from typer.testing import CliRunner

from trainer.data.world.__main__ import app
from trainer.data.world.prior import Prior


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def facts(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return float(stream.average_rate), stream.width, stream.height, sum(1 for _ in container.decode(stream))


def test_render_writes_the_video_asked_for(tmp_path):
    out = tmp_path / "clip.mp4"
    done = run(
        "render", "--driver-seed", 3, "--face-seed", 4, "--seconds", 0.4, "--size", 65, "--fps", 30, "--out", out
    )
    assert done.exit_code == 0
    assert facts(out) == (30.0, 64, 64, 12)


def test_render_from_real_tracks_and_portraits(tmp_path, motion_file, targets_file):
    out = tmp_path / "clip.webm"
    real = ("--motion", motion_file, "--clip", 1, "--targets", targets_file, "--face-seed", 2)
    assert run("render", *real, "--seconds", 0.4, "--size", 64, "--out", out).exit_code == 0
    assert facts(out)[1:] == (64, 64, 10)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--out", "clip.avi"),
        ("--motion", "nowhere.npz", "--out", "clip.mp4"),
        ("--targets", "nowhere.npz", "--out", "clip.mp4"),
        ("--out", "nowhere/clip.mp4"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    done = run("render", "--seconds", 0.1, "--size", 64, *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("world: ")
    assert done.stderr.count("\n") == 1


def test_an_avatar_without_a_service_says_so():
    done = run("avatar", "--whip", "http://127.0.0.1:9/whip", "--size", 64, "--seconds", 1)
    assert done.exit_code == 2
    assert "cannot be reached" in done.stderr


@pytest.mark.slow
def test_the_prior_can_be_fitted_anew(tmp_path, motion_file):
    assert run("fit-prior", "--motion", motion_file, "--out", tmp_path / "prior.npz").exit_code == 0
    assert run("fit-prior", "--motion", motion_file, "--out", tmp_path / "prior.npz", "--fold", 4).exit_code == 0
    assert Prior.load(tmp_path / "prior.npz").shape.shape == (478, 3)
