"""Folding changes how much is computed, not what."""

import pytest
import torch

from tests.trainer.models.helpers import assert_same_features, lively_model, noise_clips
from trainer.models.fingerprint import OURS, PAPER, Architecture
from trainer.models.folded import FoldedEncoder, FoldedHead, branch_matrices, fold_ccc


@torch.no_grad()
@pytest.mark.parametrize("architecture", [PAPER, OURS], ids=["paper", "ours"])
def test_the_folded_encoder_gives_the_same_features(architecture: Architecture) -> None:
    model, clips = lively_model(architecture=architecture), noise_clips(1, 4)
    expected, found = model.features(clips)[0], FoldedEncoder(model.encoder)(clips[0])
    assert expected.abs().max() > 0.1
    assert_same_features(model, clips[0], found, expected)


@torch.no_grad()
def test_both_branches_are_a_matrix_from_the_left_and_one_from_the_right() -> None:
    fcc, x = lively_model().encoder.fcc, torch.randn(1, 64, 16, 16)
    for branch in (fcc.down_first, fcc.across_first):
        left, right = branch_matrices(branch)
        # The constant drops out of a difference of two answers.
        expected = branch(x) - branch(torch.zeros_like(x))
        torch.testing.assert_close(x + left @ x @ right, expected, rtol=0, atol=1e-4)


@torch.no_grad()
def test_the_grouped_convolution_is_a_matrix_of_blocks() -> None:
    ccc = lively_model().encoder.ccc
    weight, bias = fold_ccc(ccc)
    rows = torch.randn(256, 128)
    expected = ccc.norm(ccc.convolution(rows.T.reshape(1, 128, 16, 16))).flatten(2)[0].T
    torch.testing.assert_close(rows @ weight + bias, expected, rtol=0, atol=1e-5)
    assert not weight[:32, 32:].any()


@torch.no_grad()
def test_taps_summed_in_time_are_the_three_dimensional_convolutions() -> None:
    model = lively_model()
    head, folded, x = model.head, FoldedHead(model.head), torch.randn(1, 128, 3, 16, 16)
    taps = folded.motion_taps(x[0].transpose(0, 1))
    middle = folded.hidden(taps[0][0] + taps[1][1] + taps[2][2])
    torch.testing.assert_close(middle[None], head.net[:3](x)[:, :, 1], rtol=0, atol=1e-5)
    hidden = torch.randn(1, 64, 3, 8, 16)
    taps = folded.identity_taps(hidden[0].transpose(0, 1), 0, 2)
    summed = torch.relu(taps[0][0] + taps[1][1] + taps[2][2] + folded.second_bias)
    torch.testing.assert_close(summed, head.net[3:](hidden)[0, :, 1], rtol=0, atol=1e-5)
