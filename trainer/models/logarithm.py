"""The matrix logarithm by products alone, which is all that a graph for inference has."""

import torch
from torch import Tensor

ROOTS = (11, 8, 6)
"""Newton steps for each square root in turn; each leaves the next one less to do."""
TERMS = 14
"""Of the series of log(1 + x), for eigenvalues between .5 and 1 after three roots of 1/250 to 1."""
_MIDDLE = 0.75


def logarithm(matrices: Tensor) -> Tensor:
    """Logarithms (..., K, K) of symmetric positive definite matrices, by inverse scaling and squaring.

    Kenney and Laub (1989). Good to 1e-4 for eigenvalues down to 1/250 of the largest.
    """
    identity = torch.eye(matrices.shape[-1], dtype=matrices.dtype, device=matrices.device)
    size = (matrices * matrices).sum(dim=(-2, -1), keepdim=True).sqrt()
    root = matrices / size
    for steps in ROOTS:
        root = square_root(root, identity, steps)
    powers = 2.0 ** len(ROOTS)
    x = root / _MIDDLE - identity
    series = identity * ((-1.0) ** (TERMS + 1) / TERMS)
    for term in range(TERMS - 1, 0, -1):  # Horner's scheme
        series = x @ series + identity * ((-1.0) ** (term + 1) / term)
    constant = torch.log(size) + powers * torch.log(torch.tensor(_MIDDLE, dtype=matrices.dtype))
    return powers * (x @ series) + constant * identity


def square_root(matrices: Tensor, identity: Tensor, steps: int) -> Tensor:
    """Square roots of matrices with eigenvalues in 0 .. 1, by coupled Newton-Schulz steps (Higham 2008, 6.35)."""
    root, inverse = matrices, identity.expand_as(matrices)
    for _ in range(steps):
        correction = 1.5 * identity - 0.5 * (inverse @ root)
        root, inverse = root @ correction, correction @ inverse
    return root
