"""FEAT_DIFF as a whole."""

import torch

from tests.trainer.models.helpers import assert_same_features, lively_model, noise_clips
from trainer.models.fingerprint import Fingerprint, parameter_counts


def test_parameters_are_those_of_the_papers_table() -> None:
    counts = parameter_counts(Fingerprint())
    assert counts == {"f5c": 57_400, "head": 473_888, "total": 531_288}


@torch.no_grad()
def test_all_frames_in_one_batch_give_what_frames_one_by_one_give() -> None:
    model, clips = lively_model(), noise_clips(2, 3)
    together = model.features(clips)
    for clip in range(2):
        for frame in range(3):
            single = clips[clip, frame : frame + 1]
            assert_same_features(model, single, together[clip, frame : frame + 1], model.encoder(single))


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
