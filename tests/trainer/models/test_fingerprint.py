"""FEAT_DIFF as a whole, and the conditions and the backbone that it is compared with."""

import pytest
import torch

from tests.trainer.models.helpers import assert_same_features, lively_model, noise_clips
from trainer.models.f5c import scaled as scaled_pictures
from trainer.models.fingerprint import CONDITIONS, Architecture, Condition, Fingerprint, parameter_counts


def test_parameters_are_those_of_the_papers_table() -> None:
    counts = parameter_counts(Fingerprint())
    assert counts == {"f5c": 57_400, "head": 473_888, "total": 531_288}
    counts = parameter_counts(Fingerprint(Architecture(backbone="ResNet18")))
    assert counts == {"resnet18": 11_170_240, "head": 473_888, "total": 11_644_128}


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


def model_of(condition: Condition) -> Fingerprint:
    """A lively model's weights under another condition."""
    model = Fingerprint(Architecture(condition)).eval()
    model.load_state_dict(lively_model().state_dict())
    return model


@torch.no_grad()
def test_pixel_diff_encodes_what_changes_from_frame_to_frame() -> None:
    clips = noise_clips(2, 4)
    model = model_of("PIXEL_DIFF")
    scaled = (clips.float() / 255 - 0.5) / 0.25
    for clip in range(2):
        changes = torch.stack([scaled[clip, t + 1] - scaled[clip, t] for t in range(3)])
        expected = model.encoder.conv_stack(changes[:, None])
        found = model.encoder.conv_stack(scaled_pictures(model.pictures(clips)[clip]))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    brighter = (clips // 2 + 60).clone()
    torch.testing.assert_close(model(clips // 2), model(brighter), rtol=0, atol=1e-5)


@torch.no_grad()
def test_raw_feat_reads_the_features_themselves() -> None:
    model, features = model_of("RAW_FEAT"), torch.randn(1, 5, 128, 16, 16)
    torch.testing.assert_close(model.embed(features), model.head(features.transpose(1, 2)), rtol=0, atol=0)
    shifted = features + torch.randn(1, 1, 128, 16, 16)
    assert (model.embed(features) - model.embed(shifted)).abs().max() > 1e-4


@torch.no_grad()
def test_static_sees_the_frame_in_the_middle_and_no_other() -> None:
    model, clips = model_of("STATIC"), noise_clips(1, 7)
    others = noise_clips(1, 7) // 2
    others[:, 3] = clips[:, 3]
    assert model.features(clips).shape == (1, 1, 128, 16, 16)
    torch.testing.assert_close(model(clips), model(others), rtol=0, atol=1e-6)
    others[:, 3] = 0
    assert (model(clips) - model(others)).abs().max() > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_condition_teaches_a_resnet_too(condition: Condition) -> None:
    torch.manual_seed(0)
    model = Fingerprint(Architecture(condition, "ResNet18"))
    embeddings = model(noise_clips(3, 3))
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(3), rtol=0, atol=1e-5)
    embeddings[:, 0].sum().backward()
    idle = {name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()}
    assert not idle
