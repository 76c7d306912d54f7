"""Who appears as whom, and what a guard measures of them."""

from dataclasses import replace

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.items import FPS, Frame
from guard.core.judge import Judge
from guard.core.verifier import Extractor
from guard.core.window import EDGE
from tests.core.fakes import FakeEngine
from tests.core.helpers import feed, noise, settings
from trainer.attacks import filming
from trainer.attacks.disguises import HONEST, Disguise, blended
from trainer.attacks.filming import Person, aims, appearances, cast, watched
from trainer.attacks.judging import claims
from trainer.data.world.world import World

SETTINGS = settings(horizons=(16,), calibration=Calibration(10.0, 0.0))
COPIED = Disguise("blended with footage", "all", footage=lambda own, footage: blended(1.0, own, footage))


def standing_on(face: int) -> Person:
    return Person(face, np.zeros(256), 1, np.zeros((1, 478, 3)), np.zeros((1, 478, 3)), None, 0)  # type: ignore[arg-type]


def test_impostors_with_footage_aim_at_others_of_their_face_in_turn() -> None:
    people = [standing_on(face) for face in (0, 1, 0, 1, 0, 0, 1)]
    assert [aims(people, who, COPIED) for who in (0, 2, 5, 1, 6)] == [[2, 4], [4, 5], [0, 2], [3, 6], [1, 3]]
    assert aims(people, 0, HONEST) == [None]


def test_streams_together_are_measured_as_each_on_its_own() -> None:
    clips = [noise(30, seed) for seed in range(3)]
    together = watched(clips, FakeEngine(), SETTINGS)
    for clip, seen in zip(clips, together, strict=True):
        alone = Extractor(
            FakeEngine(), [16], SETTINGS.verdict_stride, SETTINGS.motion_floor, SETTINGS.least_fps, edge=EDGE
        )
        sent = [Frame(picture, number / FPS) for number, picture in enumerate(clip)]
        for one, two in zip(feed(alone, alone.open(), sent), seen, strict=True):
            assert (one.time, one.horizon, one.reason, one.motion) == (two.time, two.horizon, two.reason, two.motion)
            np.testing.assert_array_equal(one.embedding, two.embedding)  # None equals None


@pytest.mark.slow
def test_who_copies_the_footage_looks_as_the_person_does_and_claims_to_be_no_one_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filming, "FRAMES", 60)
    monkeypatch.setattr(filming, "FACES", 1)
    engine = FakeEngine()
    people = list(cast(World(split="validation"), 2, engine, SETTINGS, np.random.default_rng(1)))
    # With the rendering of the person and the footage for motion, the person would be shown exactly like that.
    people = [replace(one, rendering=people[0].rendering, seed=7) for one in people]
    twins = [replace(one, motion=one.footage) for one in people]
    (first, second) = appearances(people, COPIED, engine, SETTINGS)
    (own, _) = appearances(twins, HONEST, engine, SETTINGS)
    assert (first.aim, second.aim, own.aim) == (1, 0, None)
    assert (second.seen[-1].embedding == own.seen[-1].embedding).all()
    judge = Judge(SETTINGS)
    found = [(claim.who, claim.claimed, claim.genuine) for claim in claims(people, [first, own], judge, 16)]
    assert found == [(0, 1, False), (0, 0, True), (0, 1, False)]
