"""From files to a template: which windows count, and what happens when there are too few."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import ClaimError, EngineError, QualityError, VideoError
from guard.core.items import Floats, Frame, Gray, Measurement, Reason
from guard.core.scoring import make_template
from guard.core.verifier import Settings
from guard.enrolment.files import Enrolled, enroll, full_windows
from guard.gallery import Gallery
from guard.video import events
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import settings
from tests.enrolment.people import LENIENT
from tests.films import film, moving, still
from tests.gallery.people import consent

pytestmark = pytest.mark.slow

HORIZON = 16
SETTINGS = settings(horizons=(8, HORIZON), variety_floor=0.0)


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "gallery.sqlite")


@pytest.fixture
def warnings() -> list[str]:
    return []


def put(gallery: Gallery, warnings: list[str], *paths: Path, name: str = "Ada", used: Settings = SETTINGS) -> Enrolled:
    return enroll(name, paths, FakeEngine(), used, gallery, warnings.append, consent=consent(), needs=LENIENT)


def windows(path: Path, every: int = 8, used: Settings = SETTINGS) -> list[Measurement]:
    return list(full_windows(path, FakeEngine(), used, every, lambda warning: None))


def offline(path: Path, every: int) -> Iterator[Floats]:
    """Embeddings of the same windows, each computed whole from the decoded pictures of a 25 fps film."""
    pictures = np.stack([event.pixels for event in events(path, print) if isinstance(event, Frame)])
    for last in range(HORIZON - 1, len(pictures), every):
        yield whole_clip(pictures[last - HORIZON + 1 : last + 1])


def test_pictures_are_kept_when_that_is_asked_for(tmp_path: Path, gallery: Gallery) -> None:
    path = film(tmp_path / "talk.mp4", 60)
    for keep_crops in (False, True):
        enroll(
            "Ada",
            [path],
            FakeEngine(),
            SETTINGS,
            gallery,
            print,
            consent=consent(),
            needs=LENIENT,
            keep_crops=keep_crops,
        )
        assert [len(one.times) for one in gallery.crops("Ada")] == [60] * keep_crops


def test_template_is_that_of_the_windows_of_all_clips(tmp_path: Path, gallery: Gallery, warnings: list[str]) -> None:
    long, short = film(tmp_path / "long.mp4", 300), film(tmp_path / "short.mp4", 40)
    embeddings = np.stack([*offline(long, 8), *offline(short, 8)])
    enrolled = put(gallery, warnings, long, short)
    assert enrolled == Enrolled("Ada", "test", 40, (16 + 35 * 8 + 16 + 3 * 8) / 25, 2, {})
    assert warnings == []
    stored = gallery.template("Ada", "test")
    assert stored is not None
    np.testing.assert_allclose(stored, make_template(embeddings, None), atol=1e-6)
    (kept,) = gallery.person("Ada").templates
    assert (kept.windows, kept.seconds, kept.references, kept.sessions) == (40, pytest.approx(enrolled.seconds), 2, 2)


def test_centre_of_the_bundle_is_taken_off(tmp_path: Path, gallery: Gallery, warnings: list[str]) -> None:
    clip = film(tmp_path / "a.mp4", 60)
    centre = np.linspace(-0.05, 0.05, 256, dtype=np.float32)
    put(gallery, warnings, clip, used=replace(SETTINGS, centre=centre))
    stored = gallery.template("Ada", "test")
    assert stored is not None
    np.testing.assert_allclose(stored, make_template(np.stack(list(offline(clip, 8))), centre), atol=1e-6)


def test_few_windows_are_enrolled_with_advice(tmp_path: Path, gallery: Gallery, warnings: list[str]) -> None:
    assert put(gallery, warnings, film(tmp_path / "a.mp4", 24)).windows == 2
    assert len(warnings) == 1
    assert "only 2 windows" in warnings[0]


def test_too_few_windows_are_refused_with_advice(tmp_path: Path, gallery: Gallery, warnings: list[str]) -> None:
    with pytest.raises(
        QualityError, match=r"clips: 1 usable windows of 0\.6 s where 2 of 0\.9 s .*; give 10 s or more"
    ):
        put(gallery, warnings, film(tmp_path / "a.mp4", 23))
    assert gallery.people() == []


def test_clip_shorter_than_a_window_says_how_long_one_is(tmp_path: Path, gallery: Gallery, warnings: list[str]) -> None:
    with pytest.raises(QualityError, match=r"a window takes 16 frames, 0\.64 s"):
        put(gallery, warnings, film(tmp_path / "a.mp4", 15))


def test_clip_that_gives_nothing_is_named_and_the_others_count(
    tmp_path: Path, gallery: Gallery, warnings: list[str]
) -> None:
    frozen = film(tmp_path / "frozen.mp4", 40, painter=still, codec="ffv1", options={"strict": "-2"})
    enrolled = put(gallery, warnings, frozen, film(tmp_path / "a.mp4", 200))
    assert (enrolled.windows, enrolled.clips, enrolled.refused) == (24, 1, {"FROZEN": 4})
    assert warnings == [f"{frozen}: nothing in it can be used (FROZEN 4)"]


def test_face_that_does_not_move_is_refused_with_the_reason(
    tmp_path: Path, gallery: Gallery, warnings: list[str]
) -> None:
    def trembling(time: float, width: int, height: int) -> Gray:
        return moving(time / 100, width, height)

    with pytest.raises(QualityError, match=r"0 usable windows .*NO_MOTION"):
        put(gallery, warnings, film(tmp_path / "a.mp4", 60, painter=trembling), used=replace(SETTINGS, motion_floor=1))


@pytest.mark.parametrize("bad", ["missing", "empty"])
def test_one_unreadable_file_leaves_the_gallery_as_it_was(
    tmp_path: Path, gallery: Gallery, warnings: list[str], bad: str
) -> None:
    good = film(tmp_path / "a.mp4", 60)
    put(gallery, warnings, good)
    before = gallery.template("Ada", "test")
    if bad == "empty":
        (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match=bad):
        put(gallery, warnings, film(tmp_path / "b.mp4", 120), tmp_path / f"{bad}.mp4")
    assert before is not None
    np.testing.assert_array_equal(gallery.template("Ada", "test"), before)


def test_engine_that_fails_enrols_nobody(tmp_path: Path, gallery: Gallery) -> None:
    engine = FakeEngine()
    engine.fail_step = RuntimeError("no memory")
    with pytest.raises(EngineError, match="no memory"):
        enroll("Ada", [film(tmp_path / "a.mp4", 60)], engine, SETTINGS, gallery, print)
    assert gallery.people() == []


def test_name_is_checked_before_any_file_is_read(tmp_path: Path, gallery: Gallery, warnings: list[str]) -> None:
    with pytest.raises(ClaimError):
        put(gallery, warnings, tmp_path / "absent.mp4", name="")


def test_same_file_twice_counts_once(tmp_path: Path, gallery: Gallery, warnings: list[str]) -> None:
    clip = film(tmp_path / "a.mp4", 60)
    assert put(gallery, warnings, clip, clip).windows == put(gallery, warnings, clip).windows


@pytest.mark.parametrize("every", [1, 5, 8, 50])
def test_windows_come_every_so_many_frames_from_the_first_full_one(tmp_path: Path, every: int) -> None:
    path = film(tmp_path / "a.mp4", 60)
    found = windows(path, every)
    assert [round(window.time * 25) for window in found] == list(range(15, 60, every))
    assert {window.horizon for window in found} == {HORIZON}
    embeddings = np.stack([window.embedding for window in found if window.embedding is not None])
    np.testing.assert_allclose(embeddings, np.stack(list(offline(path, every))), atol=1e-6)


@pytest.mark.parametrize("fps", [24, Fraction(30000, 1001), 50, 60])
def test_other_frame_rates_give_the_windows_of_their_seconds(tmp_path: Path, fps: Fraction | int) -> None:
    """Four seconds of the same motion: as many windows, and embeddings near those of 25 fps."""
    plain = windows(film(tmp_path / "plain.mkv", 100), 8)
    other = windows(film(tmp_path / "other.mkv", round(4 * fps), fps), 8)
    assert len(other) in (len(plain) - 1, len(plain))
    for one, two in islice(zip(plain, other, strict=False), 1, None):
        assert one.time == pytest.approx(two.time, abs=0.001)
        assert one.embedding is not None
        assert two.embedding is not None
        assert float(one.embedding @ two.embedding) > 0.9


def test_frame_rate_that_is_too_low_gives_the_reason(tmp_path: Path) -> None:
    found = windows(film(tmp_path / "a.mp4", 60, 12))
    assert found
    assert {window.reason for window in found} <= {Reason.TOO_MUCH_FILLER, Reason.LOW_FRAME_RATE}
    assert found[-1].reason is Reason.LOW_FRAME_RATE


def test_no_window_reaches_across_a_cut(tmp_path: Path) -> None:
    small, large = film(tmp_path / "s.h264", 30), film(tmp_path / "l.h264", 30, size=(320, 240))
    joined = tmp_path / "joined.h264"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    assert [(window.run, window.slot) for window in windows(joined, 5)] == [
        (run, slot) for run in (0, 1) for slot in (15, 20, 25)
    ]


def test_a_file_that_is_refused_is_named_and_enrols_nobody(tmp_path: Path, gallery: Gallery) -> None:
    clips = [film(tmp_path / f"{number}.mp4", 60) for number in range(2)]
    needs = replace(LENIENT, agreement=11.0)  # no cosine reaches it
    with pytest.raises(QualityError) as caught:
        enroll("Ada", clips, FakeEngine(), SETTINGS, gallery, print, consent=consent(), needs=needs)
    assert caught.value.field in map(str, clips)
    assert gallery.people() == []
