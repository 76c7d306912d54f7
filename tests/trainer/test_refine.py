"""Refining the last layers on cached columns."""

import torch

from tests.trainer.models.helpers import lively_model, noise_clips
from trainer.losses import supervised_contrastive
from trainer.refine import Columns, pooled_columns, random_windows, refine


def blocks_of_drivers(seed: int = 0) -> list[Columns]:
    """One block of 6 drivers x 4 clips whose columns lie around a place of the driver's own."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(6).repeat_interleave(4)
    places = torch.rand(6, 1, 512, generator=generator)
    return [(places[labels] + 4 * torch.randn(24, 60, 512, generator=generator), labels)]


def test_the_mean_of_the_columns_is_what_the_network_projects() -> None:
    model, clips = lively_model(), noise_clips(2, 9)
    columns = pooled_columns(model, clips)
    assert columns.shape == (2, 8, 512)
    with torch.no_grad():
        torch.testing.assert_close(model.head.project(columns.mean(dim=1)), model(clips), rtol=0, atol=1e-6)


def test_windows_are_means_of_a_stretch() -> None:
    torch.manual_seed(0)
    counting = torch.arange(80.0)[None, :, None].expand(3, 80, 512)
    means = random_windows(counting)
    assert means.shape == (3, 512)
    assert len(means[:, 0].unique()) > 1
    assert ((means >= 27.5) & (means <= 51.5)).all()  # the first and the last 56 of 80


def test_short_clips_are_taken_whole() -> None:
    columns = torch.rand(2, 20, 512)
    torch.testing.assert_close(random_windows(columns), columns.mean(dim=1))


def test_it_learns_and_leaves_everything_before_the_last_layers_alone() -> None:
    model, blocks = lively_model(), blocks_of_drivers()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    refine(model, blocks, steps=30)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.rsplit(".", 1)[0] for name in changed} == {"head.mlp.0", "head.mlp.3", "head.standardise"}
    [(columns, labels)] = blocks_of_drivers()
    with torch.no_grad():
        after = supervised_contrastive(model.head.project(columns.mean(dim=1)), labels)
    model.load_state_dict(before)
    with torch.no_grad():
        assert after < supervised_contrastive(model.head.project(columns.mean(dim=1)), labels) - 0.3


def test_the_input_of_the_last_layers_is_standardised_over_windows() -> None:
    model, blocks = lively_model(), blocks_of_drivers()
    refine(model, blocks, steps=1)
    standardised = model.head.standardise(blocks[0][0].mean(dim=1))
    torch.testing.assert_close(standardised.mean(dim=0), torch.zeros(512), rtol=0, atol=1e-4)
    torch.testing.assert_close(standardised.std(dim=0), torch.ones(512), rtol=0, atol=1e-2)
