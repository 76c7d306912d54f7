"""What is counted of looks into wide pictures, and what framing leaves of a clip."""

from collections.abc import Callable

import numpy as np
import pytest

from guard.bundle import Bundle
from guard.core.framing import Box
from guard.core.items import Crop, Gray, Reason
from guard.engine import OnnxEngine
from trainer import framing
from trainer.data.world.drawn import drawn_face
from trainer.data.world.world import Trials
from trainer.framing import CENTRE, FRAMED, PERFECT, accuracy, cost, cropped, detection, emptiness, judged, stability

pytestmark = pytest.mark.slow

AT = Crop(300, 100, 400)


def trials(clips: int = 4, frames: int = 3) -> Trials:
    """Two drivers before one drawn face, whose light tells them apart; the first pixel is the clip's number."""
    face = drawn_face(2).picture
    shown = np.stack([np.stack([face // (1 + n % 2) + np.uint8(t) for t in range(frames)]) for n in range(clips)])
    shown[:, :, 0, 0] = np.arange(clips)[:, None]
    who, same = np.arange(clips) % 2, np.zeros(clips, int)
    words = np.full(clips, "procedural")
    return Trials(shown, who, same, words, np.arange(clips), same.astype(np.float32), same, words, words)


def test_a_look_is_right_wrong_or_none() -> None:
    assert judged(Crop(310, 110, 380), AT) == "right"
    assert judged(Crop(700, 100, 400), AT) == judged(Crop(300, 100, 200), AT) == "wrong"
    assert (judged(Reason.NO_FACE, AT), judged(Reason.MULTIPLE_FACES, AT)) == ("none", "several")


def test_drawn_faces_are_found_in_rooms() -> None:
    found = detection([drawn_face(0), drawn_face(2), drawn_face(3)], 6, np.random.default_rng(0))
    assert found["right_share"] == pytest.approx(1 - found["none_share"] - found["wrong_share"], abs=1e-3)
    assert found["right_share"] > 0.5
    assert found["look_ms"] > 0


@pytest.mark.parametrize(
    ("find", "changes", "abstain"),
    [
        (lambda looks: [Box(500.0, 200.0, 200.0)], 0.0, 0),
        (lambda looks: [Box(200.0 if looks < 7 else 800.0, 200.0, 200.0)], 1.0, 0),
        (lambda looks: [], 0.0, 15),  # ever more rarely while there is none
    ],
)
def test_changes_of_the_crop_are_counted(
    monkeypatch: pytest.MonkeyPatch, find: Callable[[int], list[Box]], changes: float, abstain: int
) -> None:
    looks: list[int] = []

    def found(shown: Gray) -> list[Box]:
        looks.append(1)
        return find(len(looks))

    monkeypatch.setattr(framing, "find_faces", found)
    counted = stability(trials(), 1, np.random.default_rng(0))
    assert (counted["crop_changes_per_minute"], counted["looks_that_abstain"]) == (changes, abstain)
    assert counted["looks_per_minute"] == len(looks)


def test_an_empty_room_costs_little_and_who_sits_down_is_found() -> None:
    told = emptiness([drawn_face(0), drawn_face(2)], 2, np.random.default_rng(3))
    assert told["found_once_seated"] == 2
    assert 0 < told["found_after_median"] <= told["found_after_most"] < 5
    assert told["empty_ms_per_second"] > 0


def test_a_clip_is_seen_through_each_crop() -> None:
    seen = cropped(trials().frames[0], np.random.default_rng(3))
    assert set(seen) == {PERFECT, FRAMED, CENTRE}
    assert seen[PERFECT] is not None
    assert seen[PERFECT].shape == (3, 128, 128)


def test_a_clip_without_a_face_makes_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_first(clip: Gray, rng: np.random.Generator) -> dict[str, Gray | None]:
        return {PERFECT: clip, CENTRE: clip, FRAMED: clip if clip[0, 0, 0] else None}

    def embed(clips: Gray) -> np.ndarray:
        bright = clips[0, 0, 64, 64] == trials().frames[0, 0, 64, 64]
        return np.eye(256, dtype=np.float32)[None, int(bright)]

    monkeypatch.setattr(framing, "cropped", without_first)
    rows = {row["crop"]: row for row in accuracy(trials(8), embed, np.random.default_rng(0))}
    assert (rows[PERFECT]["auc"], rows[PERFECT]["pairs"], rows[PERFECT]["clips_without_face"]) == (1.0, 28, 0)
    assert (rows[FRAMED]["pairs"], rows[FRAMED]["clips_without_face"]) == (21, 1)
    assert rows[FRAMED]["cosine_to_perfect"] == 1.0


def test_looks_are_told_as_a_share_of_the_steps_between_them() -> None:
    told = cost(OnnxEngine(Bundle.default()), look_ms=2.0)
    assert told["looks_share"] == pytest.approx(2.0 / (200 * float(told["step_ms"])), rel=0.05, abs=1e-3)
