"""FEAT_DIFF as a whole."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tests.trainer.models.helpers import lively_model, noise_clips
from trainer.models.fingerprint import Fingerprint, parameter_counts


def test_parameters_are_those_of_the_papers_table() -> None:
    counts = parameter_counts(Fingerprint())
    assert counts == {"f5c": 57_400, "head": 473_888, "total": 531_288}


def neighbour_gaps(model: Fingerprint, frame: Tensor) -> NDArray[np.float32]:
    """How much nearer, by cosine, the fourth neighbour of each position (16, 16) is than the fifth."""
    scaled = (frame.unsqueeze(1).float() / 255.0 - 0.5) / 0.25
    positions = model.encoder.fcc(model.encoder.conv_stack(scaled))[0].flatten(1).T
    unit = functional.normalize(positions, dim=-1)
    nearest = (unit @ unit.T).fill_diagonal_(-3.0).topk(5, dim=-1).values
    return (nearest[:, 3] - nearest[:, 4]).view(16, 16).numpy()


@torch.no_grad()
def test_all_frames_in_one_batch_give_what_frames_one_by_one_give() -> None:
    model, clips = lively_model(), noise_clips(2, 3)
    together = model.features(clips)
    for clip in range(2):
        for frame in range(3):
            single = clips[clip, frame : frame + 1]
            apart = (together[clip, frame] - model.encoder(single)[0]).abs().amax(dim=0) > 1e-5
            # Rounding depends on the batch's shape: it may swap neighbours that are equally near, and nothing else.
            assert neighbour_gaps(model, single)[apart.numpy()].max(initial=0.0) < 1e-6
            assert apart.sum() <= 2


@torch.no_grad()
def test_only_differences_count() -> None:
    model = lively_model()
    features = torch.randn(1, 6, 128, 16, 16)
    shifted = features + torch.randn(1, 1, 128, 16, 16)
    torch.testing.assert_close(model.embed(features), model.embed(shifted), rtol=0, atol=1e-5)


@torch.no_grad()
def test_the_order_of_frames_counts() -> None:
    model, clips = lively_model(), noise_clips(1, 6)
    assert (model(clips) - model(clips.flip(1))).abs().max() > 1e-4


def test_gradients_reach_every_parameter() -> None:
    torch.manual_seed(0)
    model = Fingerprint()
    model(noise_clips(3, 4))[:, 0].sum().backward()
    idle = {name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()}
    assert not idle
