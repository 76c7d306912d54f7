"""The published loop that the benchmark compares with has the published sizes."""

import torch

from trainer.published import PublishedLoop, published_ccc


def test_it_has_the_published_parameters_but_for_a_layer_that_is_never_used() -> None:
    unused = 128 * 128 + 128
    assert sum(parameter.numel() for parameter in PublishedLoop().parameters()) == 526_808 - unused


@torch.no_grad()
def test_it_embeds_a_clip() -> None:
    torch.manual_seed(0)
    embedding = PublishedLoop().eval()(torch.randint(0, 256, (6, 128, 128), dtype=torch.uint8))
    assert embedding.shape == (1, 256)
    torch.testing.assert_close(embedding.norm(), torch.tensor(1.0))


def test_a_position_is_among_its_own_neighbours() -> None:
    x = torch.randn(1, 5, 4, 4)
    # With itself among the neighbours the largest difference is never below 0.
    assert (published_ccc(x) >= x + torch.relu(x)).all()
