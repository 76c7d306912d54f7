"""A file judged like a stream: verdicts in order, and a summary that adds them up."""

from pathlib import Path

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.errors import VideoError
from guard.core.items import Decision, Floats, Verdict
from guard.core.verifier import Verifier
from guard.enrolment.files import full_windows
from guard.gallery.items import Enrolled
from guard.replay import Replay, Summary
from tests.core.fakes import FakeEngine
from tests.core.helpers import settings
from tests.films import film, still

SETTINGS = settings(horizons=(16,), calibration=Calibration(20.0, -10.0))


def own_template(path: Path) -> Floats:
    """The mean embedding of the film itself: nobody can be more alike."""
    windows = full_windows(path, FakeEngine(), SETTINGS, 8, lambda warning: None)
    mean = np.mean([window.embedding for window in windows if window.embedding is not None], axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def replayed(path: Path, template: Floats) -> tuple[list[Verdict], Summary]:
    replay = Replay(path, Verifier(FakeEngine(), SETTINGS), Enrolled(template), lambda warning: None)
    return list(replay), replay.summary()


@pytest.mark.slow
def test_person_in_the_film_is_verified(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 150)
    verdicts, summary = replayed(path, own_template(path))
    # every 5 frames so that frame 16 is one of them: 1, 6, 11 are too few
    assert [round(verdict.time * 25) for verdict in verdicts] == list(range(0, 150, 5))
    scores = [verdict.score for verdict in verdicts if verdict.score is not None]
    assert len(scores) == 27
    assert (summary.frames, summary.seconds, summary.cuts) == (150, 149 / 25, 0)
    assert (summary.windows_scored, summary.unscored) == (27, {"TOO_FEW_FRAMES": 3})
    assert summary.mean_score == sum(scores) / 27
    assert (summary.decision, summary.evidence) == (Decision.VERIFIED, verdicts[-1].evidence)


@pytest.mark.slow
def test_opposite_template_is_suspected(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 150)
    _, summary = replayed(path, -own_template(path))
    assert summary.decision is Decision.IMPOSTOR_SUSPECTED
    assert summary.evidence < 0
    assert summary.mean_score is not None
    assert summary.mean_score < 0


def test_film_that_cannot_be_scored_gives_no_number(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 30, painter=still, codec="ffv1")
    verdicts, summary = replayed(path, np.ones(256, np.float32))
    assert {verdict.score for verdict in verdicts} == {None}
    assert (summary.windows_scored, summary.mean_score, summary.decision) == (0, None, Decision.COLLECTING)
    assert summary.unscored == {"TOO_FEW_FRAMES": 3, "FROZEN": 3}


@pytest.mark.slow
def test_cut_in_the_file_starts_the_window_anew(tmp_path: Path) -> None:
    small, large = film(tmp_path / "s.h264", 20), film(tmp_path / "l.h264", 20, size=(320, 240))
    joined = tmp_path / "joined.h264"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    verdicts, summary = replayed(joined, np.ones(256, np.float32))
    assert summary.cuts == 1
    assert [verdict.reason is None for verdict in verdicts] == [False, False, False, True] * 2


def test_summary_before_anything_was_judged(tmp_path: Path) -> None:
    replay = Replay(
        film(tmp_path / "a.mp4", 5), Verifier(FakeEngine(), SETTINGS), Enrolled(np.ones(256, np.float32)), print
    )
    assert replay.summary() == Summary(0, 0.0, 0, {}, None, Decision.COLLECTING, 0.0, 0)


def test_file_that_is_no_video_is_refused_when_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not exist"):
        replayed(tmp_path / "absent.mp4", np.ones(256, np.float32))
