"""The matrix logarithm by products, against eigenvalues."""

import pytest
import torch

from trainer.models.logarithm import logarithm, square_root


def with_eigenvalues(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Random symmetric matrices with these eigenvalues (N, K), and the same with their logarithms."""
    turn = torch.linalg.qr(torch.randn(*values.shape, values.shape[-1], dtype=torch.float64))[0]
    return (turn * values[:, None]) @ turn.mT, (turn * values.log()[:, None]) @ turn.mT


@pytest.mark.slow
@pytest.mark.parametrize("condition", [1.0, 10.0, 100.0, 250.0])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_it_is_that_of_the_eigenvalues(condition: float, size: float) -> None:
    torch.manual_seed(0)
    values = size * torch.rand(50, 22, dtype=torch.float64).mul(-torch.log(torch.tensor(condition))).exp()
    values[:, 0], values[:, 1] = size, size / condition
    matrices, expected = with_eigenvalues(values)
    torch.testing.assert_close(logarithm(matrices), expected, rtol=0, atol=2e-5)
    torch.testing.assert_close(logarithm(matrices.float()), expected.float(), rtol=0, atol=1e-4)


def test_a_square_root_squared_is_the_matrix() -> None:
    torch.manual_seed(1)
    matrices, _ = with_eigenvalues(torch.rand(5, 6, dtype=torch.float64) * 0.9 + 0.1)
    root = square_root(matrices, torch.eye(6, dtype=torch.float64), steps=12)
    torch.testing.assert_close(root @ root, matrices, rtol=0, atol=1e-10)
