"""Blurred motion is like read motion: as much is kept, and as much is wrong."""

import numpy as np
import torch

from trainer.blur import Blur, level

KEPT = torch.tensor([[0.9, 0.1], [0.0, 0.5]])


def clips(count: int, seed: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn((count, 20, 2), generator=rng) * torch.logspace(-1, 1, count)[:, None, None]


def read(true: torch.Tensor, seed: int) -> torch.Tensor:
    """Keeps so much, and errs by a tenth of a clip's liveliness."""
    noise = torch.randn(true.shape, generator=torch.Generator().manual_seed(seed))
    return true @ KEPT + 0.1 * noise * level(true).exp().sqrt()[:, None, None]


def test_what_is_kept_and_how_wrong_it_is_are_those_of_reading() -> None:
    true, others = clips(600, 0), clips(600, 1)
    blur = Blur.between(true, read(true, 2))
    torch.testing.assert_close(blur.kept, KEPT, atol=0.01, rtol=0)
    blurred = blur.of(others, np.random.default_rng(0))
    errors = [(one - others @ KEPT).square().mean(dim=(1, 2)).sqrt() for one in (blurred, read(others, 3))]
    for part in (slice(200), slice(200, 400), slice(400, 600)):  # the quiet ones err by little, the lively ones by much
        assert 0.8 < errors[0][part].mean() / errors[1][part].mean() < 1.25


def test_errors_belong_to_whole_clips_and_differ_from_draw_to_draw() -> None:
    true = clips(300, 0)
    blur = Blur.between(true, read(true, 2))
    one, other = (blur.of(true[:5], np.random.default_rng(seed)) for seed in (0, 1))
    assert not torch.equal(one, other)
    again = blur.of(true[:5], np.random.default_rng(0))
    assert torch.equal(one, again)
    known = {tuple(error.flatten().tolist()) for error in blur.errors.round(decimals=3)}
    for error in (one - true[:5] @ blur.kept).round(decimals=3):
        assert min(np.abs(np.array(list(known)) - error.flatten().numpy()).max(axis=1)) < 0.01
