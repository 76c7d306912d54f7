import numpy as np
import pytest

from trainer import retakes
from trainer.data.world.rendering import Rendering
from trainer.data.world.world import World


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retakes, "REPLAY", 30)
    monkeypatch.setattr(retakes, "LOOPS", (1,))


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_each_kind_is_a_clip_of_its_own() -> None:
    rng = np.random.default_rng(0)
    world = World(split="validation")
    one = retakes.person(world, 60, rng)
    assert one.call.shape == (60, 128, 128)
    shown = dict(retakes.replays(one, world.looks.some(rng), rng)) | dict(retakes.again(one, rng))
    shown |= dict(retakes.stills(one, rng))
    assert len(shown) == 9 + 3 + 4
    assert {clip.shape for clip in shown.values()} == {(30, 128, 128)}
    ((kind, loop),) = retakes.loops(one, rng)
    assert (kind, len(loop)) == ("a loop of 1 s", 75)
    assert [len(clip) for clip in retakes.genuine(one, 40, rng)] == [40, 40]


def test_long_clips_are_rendered_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retakes, "PIECE", 16)
    rng = np.random.default_rng(0)
    world = World(split="validation")
    motion = world.cast.procedural(rng).motion(rng, Rendering.frames_needed(40))
    rendering = Rendering.drawn(rng, world.looks.some(rng), alter=retakes.steady)
    assert retakes.clip(rendering, rng, motion, 40).shape == (40, 128, 128)


def test_a_hand_shakes_a_picture_about_its_place() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (128, 128)).astype(np.uint8)
    assert (retakes.shaken(picture, 0.0, np.random.default_rng(1)) == picture).all()
    assert retakes.shaken(picture, 1.0, np.random.default_rng(1)).std(axis=0).mean() > 1
