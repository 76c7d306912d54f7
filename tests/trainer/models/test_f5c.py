"""The encoder's parts against slow definitions."""

import pytest
import torch
from torch import nn

from trainer.models.f5c import (
    CCC,
    F5C,
    FCC,
    Branch,
    ConvStack,
    GatheredMaximum,
    GlobalStage,
    circulant,
    gathered_maximum,
    nearest,
    neighbour_rows,
)


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_stack_takes_a_frame_to_16_by_16_by_way_of_the_published_sides() -> None:
    stack, x, sides = ConvStack(), torch.zeros(1, 1, 128, 128), []
    for layer in stack.net:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            sides.append(tuple(x.shape[1:]))
    assert sides == [(8, 63, 63), (32, 31, 31), (64, 16, 16), (128, 16, 16)]


def test_parameters_are_those_of_the_published_parts() -> None:
    assert parameters(ConvStack()) == 19_512
    fcc = FCC()
    assert parameters(fcc) - parameters(fcc.fusion) == 16_896
    assert parameters(fcc.fusion) == 16_512
    assert 55_000 <= parameters(F5C()) <= 65_000


def test_a_circulant_matrix_holds_each_tap_once_a_row() -> None:
    expected = [[1, 2, 3], [3, 1, 2], [2, 3, 1]]
    assert circulant(torch.tensor([[1, 2, 3]]))[0].tolist() == expected


@pytest.mark.parametrize("vertical", [True, False])
def test_a_stage_is_a_circular_depthwise_convolution_over_the_whole_axis(vertical: bool) -> None:
    torch.manual_seed(0)
    stage, x = GlobalStage(3, vertical), torch.randn(2, 3, 16, 16)
    axis = 2 if vertical else 3
    taps = stage.kernel[:, :16, None] if vertical else stage.kernel[:, None, :16]
    around = torch.cat((x, x.narrow(axis, 0, 15)), dim=axis)
    expected = nn.functional.conv2d(around, taps[:, None], stage.bias, groups=3)
    torch.testing.assert_close(stage.convolve(x), expected)


def test_the_position_is_added_along_the_axis_of_the_kernel() -> None:
    down, across = GlobalStage(1, vertical=True), GlobalStage(1, vertical=False)
    zeros = torch.zeros(1, 1, 16, 16)
    torch.testing.assert_close(down.embed(zeros)[0, 0, :, 5], down.position[0, :16])
    torch.testing.assert_close(across.embed(zeros)[0, 0, 5], across.position[0, :16])


def test_one_value_reaches_its_whole_row_and_column_and_through_them_everything() -> None:
    torch.manual_seed(0)
    branch, x = Branch(4, vertical_first=True).eval(), torch.randn(1, 4, 16, 16, requires_grad=True)
    branch(x)[0, 0, 3, 7].backward()
    assert (x.grad[0, 0] != 0).all()
    assert (x.grad[0, 1:] == 0).all()  # depthwise: channels meet only in the fusion


def test_neighbours_are_the_four_most_alike_and_never_the_position_itself() -> None:
    torch.manual_seed(0)
    positions = torch.randn(2, 9, 5)
    found = nearest(positions, torch.eye(9))
    for frame in range(2):
        for place in range(9):
            cosine = nn.functional.cosine_similarity(positions[frame], positions[frame, place], dim=-1)
            cosine[place] = -2
            assert set(found[frame, place].tolist()) == set(cosine.topk(4).indices.tolist())


def test_rows_of_later_frames_follow_those_of_earlier_ones() -> None:
    neighbours = torch.zeros(2, 256, 4, dtype=torch.long)
    rows = neighbour_rows(neighbours)
    assert rows.shape == (512, 4)
    assert rows[:256].unique().tolist() == [0]
    assert rows[256:].unique().tolist() == [256]


def test_the_gathered_maximum_and_its_gradient_are_those_of_a_plain_gather() -> None:
    torch.manual_seed(0)
    count = 2500  # the gradient is made in parts of 1024 rows, which name rows of other parts
    positions = torch.randn(count, 6, dtype=torch.double, requires_grad=True)
    rows = torch.stack([torch.randperm(count)[:4] for _ in range(count)])
    weight = torch.randn(count, 6, dtype=torch.double)
    plain = positions[rows].max(dim=1).values
    torch.testing.assert_close(gathered_maximum(positions, rows), plain)
    (expected,) = torch.autograd.grad((plain * weight).sum(), positions)
    (found,) = torch.autograd.grad((GatheredMaximum.apply(positions, rows) * weight).sum(), positions)
    torch.testing.assert_close(found, expected)


def test_ccc_adds_what_the_differences_to_the_neighbours_say() -> None:
    torch.manual_seed(0)
    ccc, x = CCC().eval(), torch.randn(1, 128, 16, 16)
    flat = x[0].flatten(1).T
    chosen = nearest(flat[None], ccc.itself)[0]
    contrast = (flat[chosen] - flat[:, None]).amax(dim=1).T.reshape(1, 128, 16, 16)
    expected = x + torch.relu(ccc.norm(ccc.convolution(contrast)))
    torch.testing.assert_close(ccc(x), expected)
    assert ccc.convolution.groups == 4


def test_brightness_and_scale_of_a_clip_do_not_enter_the_scale_of_a_frame() -> None:
    torch.manual_seed(0)
    encoder = F5C().eval()
    frame, other = torch.randint(0, 256, (2, 1, 128, 128), dtype=torch.uint8)
    with torch.no_grad():
        alone, beside = encoder(frame), encoder(torch.cat((frame, other)))
    torch.testing.assert_close(alone[0], beside[0], rtol=0, atol=1e-5)
