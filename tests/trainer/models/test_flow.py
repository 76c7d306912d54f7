"""Feature flow: it solves the equations that it says it solves, and finds a motion that is known."""

import numpy as np
import torch
from torch import Tensor

from trainer.models.flow import TEXTURES, WINDOWS, FeatureFlow, window_means


def flow_of_texture() -> FeatureFlow:
    """Reads slopes and changes from channels of their own: 64 values of texture, and their slopes across and down."""
    flow = FeatureFlow()
    with torch.no_grad():
        flow.slopes.weight.zero_()
        flow.changes.weight.zero_()
        for n in range(40):
            flow.changes.weight[n, n] = 1.0
            flow.slopes.weight[n, 40 + n] = 1.0
            flow.slopes.weight[TEXTURES + n, 80 + n] = 1.0
    return flow


def features(moved: tuple[float, float], seed: int = 0) -> tuple[Tensor, Tensor]:
    """Before and after all cells moved by (x, y): texture changes by its slopes times the motion."""
    rng = torch.Generator().manual_seed(seed)
    texture, across, down = (torch.randn((1, 40, 16, 16), generator=rng) for _ in range(3))
    rest = torch.zeros(1, 8, 16, 16)
    before = torch.cat((texture, across, down, rest), dim=1)
    after = torch.cat((texture + moved[0] * across + moved[1] * down, across, down, rest), dim=1)
    return before, after


@torch.no_grad()
def test_it_finds_the_motion_of_all_cells() -> None:
    flow = flow_of_texture()
    flow.stiffness.fill_(-9.0)
    found = flow.between(*features((0.3, -0.7)))
    assert found.shape == (1, 2, 16, 16)
    torch.testing.assert_close(found[0, 0], torch.full((16, 16), 0.3), atol=1e-3, rtol=0)
    torch.testing.assert_close(found[0, 1], torch.full((16, 16), -0.7), atol=1e-3, rtol=0)


@torch.no_grad()
def test_no_change_is_no_flow_and_the_way_back_is_its_opposite() -> None:
    torch.manual_seed(0)
    flow, before, after = FeatureFlow(), torch.randn(2, 128, 16, 16), torch.randn(2, 128, 16, 16)
    assert not flow.between(before, before).any()
    torch.testing.assert_close(flow.between(after, before), -flow.between(before, after))


@torch.no_grad()
def test_a_place_without_texture_takes_over_what_is_around_it() -> None:
    flow = flow_of_texture()
    before, after = features((1.0, 0.0))
    for one in (before, after):
        one[:, :, 8, 8] = 0.0
    found = flow.between(before, after)[0, :, 8, 8]
    torch.testing.assert_close(found, torch.tensor([1.0, 0.0]), atol=0.05, rtol=0)


@torch.no_grad()
def test_each_window_solves_for_what_is_left_of_the_larger_ones_flow() -> None:
    """Slowly, in float64, cell by cell and window by window."""
    torch.manual_seed(3)
    flow, before, after = FeatureFlow(), torch.randn(1, 128, 16, 16), torch.randn(1, 128, 16, 16)
    flow.stiffness.copy_(torch.tensor([-1.0, -2.0, -3.0, -2.0]))
    slopes = flow.slopes.weight[:, :, 0, 0].double().numpy()
    mean, change = ((before + after) / 2)[0].double().numpy(), (after - before)[0].double().numpy()
    slopes_at = np.einsum("oc,cyx->oyx", slopes, mean).reshape(2, TEXTURES, 16, 16)
    changes = np.einsum("oc,cyx->oyx", flow.changes.weight[:, :, 0, 0].double().numpy(), change)
    expected = np.zeros((2, 16, 16))
    for side, stiffness in zip(WINDOWS, np.exp(flow.stiffness.double().numpy()), strict=True):
        before_this, reach = expected.copy(), side // 2
        for y in range(16):
            for x in range(16):
                rows, columns = slice(max(0, y - reach), y + reach + 1), slice(max(0, x - reach), x + reach + 1)
                s = slopes_at[:, :, rows, columns]
                cells = s.shape[2] * s.shape[3] * TEXTURES
                matrix = np.einsum("aoyx,boyx->ab", s, s) / cells + stiffness * np.eye(2)
                right = np.einsum("aoyx,oyx->a", s, changes[:, rows, columns]) / cells
                expected[:, y, x] = np.linalg.solve(matrix, right + stiffness * before_this[:, y, x])
    np.testing.assert_allclose(flow.between(before, after)[0].numpy(), expected, atol=1e-5)


def test_window_means_count_cells_within_the_picture_only() -> None:
    ones = torch.ones(1, 1, 16, 16)
    for side in WINDOWS:
        torch.testing.assert_close(window_means(ones, side), ones)
