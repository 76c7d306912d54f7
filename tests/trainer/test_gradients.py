"""The cached gradient is the gradient: part by part, with dropout, beside normalisation that is left alone."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from guard.core.errors import InputError
from tests.trainer.models.helpers import lively_model, noise_clips
from trainer.gradients import backpropagate, momentum_scaled, parts
from trainer.losses import supervised_contrastive

pytestmark = pytest.mark.slow

LABELS = torch.tensor([0, 0, 1, 1, 2, 2])
SEED = (7, 3)


def drawing_model() -> nn.Module:
    """Norms frozen away from 0 and 1, dropout on."""
    model = lively_model()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    return model


def gradients(model: nn.Module) -> Iterator[Tensor]:
    for parameter in model.parameters():
        assert parameter.grad is not None
        yield parameter.grad


def test_part_by_part_it_is_the_gradient_of_one_graph_over_all_clips() -> None:
    cached, plain, clips = drawing_model(), drawing_model(), noise_clips(6, 3)
    seen: list[Tensor] = []

    def embed(part: Tensor) -> Tensor:
        seen.append(torch.get_rng_state())
        return cached(part)

    loss = backpropagate(cached, embed, parts(clips, 2), LABELS, supervised_contrastive, SEED)
    assert all(torch.equal(first, second) for first, second in zip(seen[:3], seen[3:], strict=True))
    embeddings = []
    for part, state in zip(parts(clips, 2), seen, strict=False):
        torch.set_rng_state(state)
        embeddings.append(plain(part))
    expected = supervised_contrastive(torch.cat(embeddings), LABELS)
    expected.backward()
    torch.testing.assert_close(loss, expected.detach(), rtol=0, atol=1e-6)
    for found, there in zip(gradients(cached), gradients(plain), strict=True):
        torch.testing.assert_close(found, there, rtol=1e-5, atol=1e-6)


def test_dropout_differs_from_part_to_part_and_from_step_to_step() -> None:
    drawn: list[float] = []
    weight = nn.Linear(1, 2)

    def embed(part: Tensor) -> Tensor:
        drawn.append(float(torch.rand(())))
        return weight(part)

    for step in (3, 4, 3):
        batch = torch.ones(4, 1).split(2)
        backpropagate(weight, embed, batch, LABELS[:4], supervised_contrastive, (7, step))
    assert drawn[0:2] == drawn[2:4] == drawn[8:10]
    assert len(set(drawn)) == 4


def test_running_averages_see_every_clip_once() -> None:
    norm, batch = nn.BatchNorm1d(1), torch.arange(4.0)[:, None]
    backpropagate(norm, norm, batch.split(2), LABELS[:4], supervised_contrastive, SEED)
    # Means .5 and 2.5, each with half the momentum of .1.
    assert float(norm.running_mean) == pytest.approx(0.95 * (0.05 * 0.5) + 0.05 * 2.5)
    assert norm.momentum == 0.1


def test_a_momentum_comes_back_after_an_error() -> None:
    norm = nn.BatchNorm1d(1)
    with momentum_scaled(norm, 0.5):
        assert norm.momentum == 0.05
    with pytest.raises(ValueError, match="more than 1 value"), momentum_scaled(norm, 0.5):
        norm(torch.zeros(1, 1))
    assert norm.momentum == 0.1


@pytest.mark.parametrize(
    ("clips", "at_once", "sizes"), [(6, None, [6]), (6, 6, [6]), (6, 4, [3, 3]), (7, 3, [3, 2, 2]), (5, 9, [5])]
)
def test_parts_are_few_and_alike(clips: int, at_once: int | None, sizes: list[int]) -> None:
    assert [len(part) for part in parts(torch.zeros(clips, 1), at_once)] == sizes


@pytest.mark.parametrize(("clips", "at_once"), [(5, 1), (3, 2)])
def test_no_part_is_a_single_clip(clips: int, at_once: int) -> None:
    with pytest.raises(InputError, match=f"--at-once: {at_once} leaves one of {clips} clips alone"):
        parts(torch.zeros(clips, 1), at_once)
