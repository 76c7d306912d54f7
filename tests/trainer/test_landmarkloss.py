"""The landmark baseline's loss against its definition, term by term."""

import math

import pytest
import torch

from trainer.landmarkloss import ordered_contrastive

pytestmark = pytest.mark.slow

DRIVERS, TARGETS = [0, 0, 1, 1, 2, 3, 0], [0, 1, 0, 1, 0, 2, 0]


def unit(seed: int, count: int = len(DRIVERS)) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(count, 8, generator=generator), dim=1)


def slow(embeddings: torch.Tensor, shuffled: torch.Tensor, temperature: float) -> float:
    def alike(one: torch.Tensor, other: torch.Tensor) -> float:
        return math.exp(float(one.double() @ other.double()) / temperature)

    losses = []
    everyone = range(len(DRIVERS))
    for i in everyone:
        n = sum(alike(embeddings[i], embeddings[j]) for j in everyone if j != i and DRIVERS[j] == DRIVERS[i])
        q = sum(
            alike(embeddings[i], embeddings[j])
            for j in everyone
            if TARGETS[j] == TARGETS[i] and DRIVERS[j] != DRIVERS[i]
        )
        r = sum(alike(embeddings[i], shuffled[j]) for j in everyone if DRIVERS[j] == DRIVERS[i])
        if n:
            losses.append(-math.log(n / (n + q + r)))
    assert len(losses) == 5  # drivers 2 and 3 have one clip each
    return sum(losses) / len(losses)


@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_it_is_the_definition_written_out(temperature: float) -> None:
    for seed in range(3):
        embeddings, shuffled = unit(seed), unit(seed + 10)
        found = ordered_contrastive(
            embeddings, shuffled, torch.tensor(DRIVERS), torch.tensor(TARGETS), temperature=temperature
        )
        assert float(found) == pytest.approx(slow(embeddings, shuffled, temperature), rel=1e-4)


def test_gradients_are_finite_where_no_other_driver_shows_the_face() -> None:
    embeddings = unit(0, 4).requires_grad_()
    drivers, targets = torch.tensor([0, 0, 1, 1]), torch.arange(4)
    loss = ordered_contrastive(embeddings, unit(1, 4), drivers, targets)
    loss.backward()
    assert embeddings.grad is not None
    assert embeddings.grad.isfinite().all()
    assert embeddings.grad.abs().max() > 0


def test_clips_apart_from_their_shuffled_selves_cost_nothing() -> None:
    embeddings = torch.eye(2).repeat_interleave(2, dim=0)
    drivers, targets = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    assert float(ordered_contrastive(embeddings, -embeddings, drivers, targets)) < 1e-5
    assert float(ordered_contrastive(embeddings, embeddings, drivers, targets)) == pytest.approx(math.log(3), abs=1e-4)
