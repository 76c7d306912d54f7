"""Pretraining: the error says what it claims to say, the encoder learns, and a resumed run goes on."""

from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.blocks import WorldFiles
from trainer.data.world.world import Scenes, World
from trainer.motionbasis import DIRECTIONS, MotionBasis
from trainer.pretraining import _WHOLE_WEIGHT, CLEAN, RAMP, Pretraining, motion_error, render_scenes, scenes_ahead

pytestmark = pytest.mark.slow


def motion(seed: int = 0) -> torch.Tensor:
    return torch.randn((3, 4, 8, 16, 16), generator=torch.Generator().manual_seed(seed)) * 5


def scenes(number: int) -> Scenes:
    return World().scenes(np.random.default_rng(number), clips=4, frames=2, strength=0.2)


def basis() -> MotionBasis:
    """The first places of a feature, each on its own; the first 24 of them count."""
    made = MotionBasis()
    made.directions.copy_(torch.eye(2048)[:, :DIRECTIONS])
    return made


def blind() -> MotionBasis:
    """Sees nothing of any motion."""
    made = MotionBasis()
    made.spread.fill_(torch.inf)
    return made


def test_true_motion_leaves_no_error() -> None:
    error = motion_error(motion(), motion(), basis())
    assert (float(error.loss), error.motion, error.whole) == (0, 0, 0)


def test_motion_missed_along_the_basis_counts_by_how_lively_the_frame_is() -> None:
    read, true = motion().clone(), motion()
    read[0, :, 0, 0, :12] = 0.0  # half of the directions of one clip in three
    error = motion_error(read, true, basis())
    missed = true[0, :, 0, 0, :12].square().sum(dim=-1) / 24 / (true[0].square().mean(dim=(1, 2, 3)) + 0.02)
    alone = motion_error(read, true, blind())
    assert float(error.loss - alone.loss) == pytest.approx(_WHOLE_WEIGHT * float(missed.mean()) / 3, rel=1e-4)
    assert error.whole == pytest.approx(1 / 6, rel=0.3)


def test_reading_no_motion_leaves_all_of_it() -> None:
    assert motion_error(torch.zeros_like(motion()), motion(), blind()).motion == pytest.approx(1)


def test_a_quiet_clip_weighs_as_much_as_a_lively_one() -> None:
    loud = motion() * torch.tensor([10.0, 1.0, 1.0])[:, None, None, None, None]
    missed_loud, missed_quiet = loud.clone(), loud.clone()
    missed_loud[0], missed_quiet[1] = 0.0, 0.0
    losses = [float(motion_error(read, loud, blind()).loss) for read in (missed_loud, missed_quiet)]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


def test_a_quiet_part_of_the_face_weighs_half_of_one_with_a_hundred_times_its_motion() -> None:
    mixed = motion()
    mixed[..., :4, :4] *= 10
    missed_loud, missed_quiet = mixed.clone(), mixed.clone()
    missed_loud[..., :4, :4], missed_quiet[..., 4:8, 4:8] = 0.0, 0.0
    loud, quiet = (float(motion_error(read, mixed, blind()).loss) for read in (missed_loud, missed_quiet))
    # Beside the part's own motion stands .15 of the clip's, whose mean over 16 parts is (100 + 15) / 16 of a quiet one.
    assert loud == pytest.approx(1 / 16 / (1 + 0.15 * 1.15 / 16), rel=0.05)
    assert quiet == pytest.approx(1 / 16 / (1 + 0.15 * 115 / 16), rel=0.05)


def test_it_learns_to_read_the_clips_that_it_sees() -> None:
    pretraining, one = Pretraining(steps=60, seed=0, basis=basis()), scenes(0)
    errors = [pretraining.advance(one).motion for _ in range(60)]
    assert errors[-1] < 0.3 * errors[0]


def test_measuring_changes_nothing() -> None:
    pretraining, one = Pretraining(steps=5, seed=0, basis=basis()), scenes(0)
    before = {name: value.clone() for name, value in pretraining.model.state_dict().items()}
    pretraining.measure(one)
    assert all(torch.equal(value, before[name]) for name, value in pretraining.model.state_dict().items())


def test_four_steps_are_two_and_after_a_checkpoint_two_more_to_the_bit(tmp_path: Path) -> None:
    straight, first = Pretraining(steps=4, seed=1, basis=basis()), Pretraining(steps=4, seed=1, basis=basis())
    for step in range(4):
        straight.advance(scenes(step))
    for step in range(2):
        first.advance(scenes(step))
    first.save(tmp_path / "encoder.pt", {})
    resumed = Pretraining.load(tmp_path / "encoder.pt")
    for step in range(resumed.step, 4):
        resumed.advance(scenes(step))
    expected = straight.model.state_dict()
    for name, value in resumed.model.state_dict().items():
        assert torch.equal(value, expected[name]), name
    torch.testing.assert_close(resumed.basis.state_dict(), basis().state_dict(), rtol=0, atol=0)


def test_workers_render_each_step_once_and_in_order() -> None:
    ahead = [
        rendered.frames for rendered in scenes_ahead(WorldFiles(), seed=5, steps=range(2, 4), ramp=RAMP, workers=1)
    ]
    assert len(ahead) == 2
    strength = CLEAN + (1 - CLEAN) * 2 / RAMP
    np.testing.assert_array_equal(ahead[0], render_scenes(WorldFiles(), "train", 5, 2, strength).frames)
    assert not np.array_equal(ahead[0], ahead[1])


def test_who_goes_on_from_an_encoder_meets_the_whole_channel_at_once(tmp_path: Path) -> None:
    before, after = Pretraining(steps=2, seed=0, basis=basis()), Pretraining(steps=2, seed=0, basis=basis())
    after.begin(before)
    after.save(tmp_path / "encoder.pt", {})
    ramp = Pretraining.load(tmp_path / "encoder.pt").ramp
    [first] = scenes_ahead(WorldFiles(), seed=5, steps=range(1), ramp=ramp, workers=1)
    np.testing.assert_array_equal(first.frames, render_scenes(WorldFiles(), "train", 5, 0, 1.0).frames)
