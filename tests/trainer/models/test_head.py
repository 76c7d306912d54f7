"""The temporal head: sizes, strides, pooling."""

import pytest
import torch
from torch import nn

from trainer.models.head import TemporalConvolution, TemporalHead, pool_width, summed_taps


def test_it_has_the_parameters_of_the_published_head() -> None:
    assert sum(parameter.numel() for parameter in TemporalHead().parameters()) == 473_888


def test_height_is_halved_twice_while_time_and_width_stay() -> None:
    head, x, shapes = TemporalHead(), torch.randn(1, 128, 7, 16, 16), []
    for layer in head.net:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes[0] == (64, 7, 8, 16)
    assert shapes[-1] == (32, 7, 4, 16)


def test_taps_meet_zeros_outside_the_clip() -> None:
    before, at, after = torch.tensor([[[1.0], [2.0]]]), torch.tensor([[[10.0], [20.0]]]), torch.tensor([[[5.0], [7.0]]])
    assert summed_taps([before, at, after]).flatten().tolist() == [10 + 7, 1 + 20]


@pytest.mark.parametrize("times", [1, 2, 7])
def test_a_temporal_convolution_and_its_gradients_are_those_of_conv3d(times: int) -> None:
    torch.manual_seed(0)
    ours = TemporalConvolution(6, 5, 3, stride=(1, 2, 1), padding=1).double()
    plain = nn.Conv3d(6, 5, 3, stride=(1, 2, 1), padding=1).double()
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(2, 6, times, 8, 8, dtype=torch.double, requires_grad=True)
    found, expected = ours(x), plain(x)
    torch.testing.assert_close(found, expected)
    weight = torch.randn_like(expected)
    gradients = (
        torch.autograd.grad((outcome * weight).sum(), [x, *layer.parameters()])
        for outcome, layer in ((found, ours), (expected, plain))
    )
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_pooling_is_that_of_an_adaptive_average_over_the_clip() -> None:
    x = torch.randn(2, 32, 5, 4, 16)
    expected = torch.nn.AdaptiveAvgPool3d((1, 4, 4))(x).flatten(1)
    torch.testing.assert_close(pool_width(x.mean(dim=2)), expected)


def test_embeddings_have_unit_norm_for_clips_of_any_length() -> None:
    torch.manual_seed(0)
    head = TemporalHead().eval()
    for length in (1, 4, 9):
        embedding = head(torch.randn(3, 128, length, 16, 16))
        assert embedding.shape == (3, 256)
        torch.testing.assert_close(embedding.norm(dim=1), torch.ones(3))
