"""The webcam's figures: people who are easy to tell apart, and what is filmed of one."""

import numpy as np
import pytest

from guard.core.items import Floats
from tests.core.fakes import FakeEngine
from tests.core.helpers import settings
from trainer import webcam
from trainer.data.world.world import World
from trainer.webcam import Seen, film, rows, shift


def windows(person: int, turned: float, seed: int, spread: float = 0.2) -> Floats:
    """Directions about a person's axis, turned towards one that all who wear an avatar share."""
    around = np.eye(256)[person] + turned * np.eye(256)[200]
    found = around + spread / 16 * np.random.default_rng(seed).normal(size=(5, 256))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def seen(person: int, turned: float) -> Seen:
    clips = range(webcam.CLIPS)
    avatars = [[windows(person, turned, 100 * face + clip) for clip in clips] for face in (1, 2)]
    return Seen([windows(person, 0.0, clip) for clip in clips], avatars)


def test_people_who_are_alike_to_themselves_alone_are_told_apart_in_every_row() -> None:
    found = rows([seen(person, turned=1.0) for person in range(8)])
    assert [row.auc.value for row in found] == [1.0] * 4
    assert len({row.name for row in found}) == 4


def test_what_avatars_share_shows_as_a_shift_of_cosines_and_of_templates() -> None:
    people = [seen(person, turned=1.0) for person in range(8)]
    webcam_row, avatar_row, across_row, _ = rows(people)
    assert webcam_row.genuine == pytest.approx(avatar_row.genuine, abs=0.03)
    assert across_row.genuine == pytest.approx(0.5**0.5, abs=0.05)  # half a right angle
    assert avatar_row.impostor == pytest.approx(0.5, abs=0.05)
    assert across_row.impostor == pytest.approx(0.0, abs=0.05)
    across, within = shift(people)
    assert across == pytest.approx(0.5**0.5, abs=0.02)
    assert within == pytest.approx(1.0, abs=0.02)


def test_nobody_is_told_apart_whose_windows_are_all_alike() -> None:
    people = [Seen([windows(0, 0.0, 9 * one + clip) for clip in range(3)], seen(0, 0.0).avatars) for one in range(6)]
    assert all(0.3 < row.auc.value < 0.7 for row in rows(people))


@pytest.mark.slow
def test_a_driver_is_filmed_before_a_webcam_and_on_every_face(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam, "SECONDS", 1)
    world, rng = World(split="validation"), np.random.default_rng(1)
    faces = [world.looks.some(rng) for _ in range(2)]
    one = film(world, faces, FakeEngine(), settings(horizons=(16,)), rng)
    clips = [*one.webcam, *one.avatars[0], *one.avatars[1]]
    assert len(clips) == 3 * webcam.CLIPS
    assert {clip.shape for clip in clips} == {(2, 256)}
