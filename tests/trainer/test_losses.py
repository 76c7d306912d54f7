"""Eq. 4 against a slow definition and an independent library."""

import warnings

import numpy as np
import pytest
import torch

from trainer.losses import supervised_contrastive

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its imports
    from pytorch_metric_learning.losses import SupConLoss


def batch(seed: int, labels: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(len(labels), 8), dim=1), torch.tensor(labels)


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 1, 1], [3, 7, 3, 7, 3, 7]])
def test_it_is_the_loss_of_the_metric_learning_library(labels: list[int]) -> None:
    for seed in range(3):
        embeddings, names = batch(seed, labels)
        expected = SupConLoss(temperature=0.07)(embeddings, names)
        torch.testing.assert_close(supervised_contrastive(embeddings, names), expected, rtol=1e-4, atol=1e-5)


def test_it_is_equation_4_written_out() -> None:
    embeddings, labels = batch(0, [0, 0, 1, 1, 1, 2])
    terms = []
    for i in range(6):
        positives = [p for p in range(6) if p != i and labels[p] == labels[i]]
        if positives:
            total = sum(np.exp(float(embeddings[i] @ embeddings[a]) / 0.07) for a in range(6) if a != i)
            logs = [np.log(np.exp(float(embeddings[i] @ embeddings[p]) / 0.07) / total) for p in positives]
            terms.append(-np.mean(logs))
    assert float(supervised_contrastive(embeddings, labels)) == pytest.approx(np.mean(terms), rel=1e-4)


def test_gradients_stay_finite_when_all_embeddings_are_one() -> None:
    embeddings = torch.ones(4, 8, requires_grad=True)
    supervised_contrastive(embeddings / 8**0.5, torch.tensor([0, 0, 1, 1])).backward()
    assert embeddings.grad.isfinite().all()
