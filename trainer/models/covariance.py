"""The covariance head: how a face's movements go together in a window, and from that one unit embedding.

What tells drivers apart is less how much a face moves than what moves with what. The head sums the flow along a few
directions of the whole face, parts each into bands from slow to quick, and takes each band's covariance over the
window. The logarithm of the matrix makes ratios of sizes differences and correlations as large as they can be told
(log-Euclidean: Arsigny et al. 2006); what the head learns is a linear map of it. Beside the paper's two Conv3d: see
docs/benchmarks.md.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.f5c import SIDE
from trainer.models.head import EMBEDDING, POOLED

FLOW = 2 * SIDE**2
DIRECTIONS = 13
BANDS = 5
"""Fewer directions in more bands: at what pace somebody moves tells more than motion that is read but faintly."""
SPAN = 9
"""Differences that a filter sees, so that T frames give T - SPAN filtered values."""
ENTRIES = DIRECTIONS * (DIRECTIONS + 1) // 2
"""Of a symmetric matrix."""
COVARIANCES = BANDS * ENTRIES
assert COVARIANCES <= POOLED, "the entries of a step travel as one of its columns"
FLOOR, LEAST = 0.1, 0.002
"""Added to each variance: a share of their mean, so that a quiet person's covariance is told as well as a lively one's,
and a little beside the 1 that training clips have in the mean, so that a still face has a logarithm at all."""


class Logarithm(torch.autograd.Function):
    """The matrix logarithm (..., K, K) of symmetric positive definite matrices, by their eigenvalues.

    Its gradient is by divided differences (Daleckii and Krein 1965): that of `eigh` fails where two are alike.
    """

    @staticmethod
    def forward(ctx: Any, matrices: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(matrices)
        ctx.save_for_backward(values, vectors)
        return (vectors * torch.log(values)[..., None, :]) @ vectors.mT

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        values, vectors = ctx.saved_tensors
        one, other = values[..., :, None], values[..., None, :]
        alike = (one - other).abs() < 1e-5 * (one + other)
        apart = torch.where(alike, 1.0, one - other)
        slopes = torch.where(alike, 2 / (one + other), (torch.log(one) - torch.log(other)) / apart)
        turned = vectors.mT @ ((gradients[0] + gradients[0].mT) / 2) @ vectors
        return vectors @ (slopes * turned) @ vectors.mT


def floored(covariances: Tensor) -> Tensor:
    """Covariances (..., K, K) with variances that are never near 0 beside the others."""
    identity = torch.eye(DIRECTIONS, device=covariances.device)
    variance = (covariances * identity).sum(dim=(-2, -1), keepdim=True) / DIRECTIONS
    return covariances + (FLOOR * variance + LEAST) * identity


def upper(matrices: Tensor) -> Tensor:
    """Symmetric matrices (..., K, K) -> their different entries (..., K (K+1) / 2)."""
    row, column = torch.triu_indices(*matrices.shape[-2:])
    return matrices[..., row, column]


def first_filters() -> Tensor:
    """(BANDS, SPAN): from the slowest to the quickest that frames can show, under one Hann window, of unit norm."""
    frequencies, taps = torch.linspace(0, SPAN - 1, BANDS), torch.arange(SPAN) + 0.5
    window = torch.hann_window(SPAN + 2, periodic=False)[1:-1]
    return functional.normalize(torch.cos(torch.pi / SPAN * frequencies[:, None] * taps) * window, dim=1)


class CovarianceHead(nn.Module):
    """Flow (B, T-1, 2, 16, 16) of T > SPAN frames -> embeddings (B, 256) of unit norm."""

    def __init__(self) -> None:
        super().__init__()
        self.directions = nn.Linear(FLOW, DIRECTIONS, bias=False)
        self.filters = nn.Parameter(first_filters())
        self.register_buffer("scale", torch.ones(BANDS, DIRECTIONS))
        self.embedding = nn.Linear(COVARIANCES, EMBEDDING)

    scale: Tensor
    """(BANDS, DIRECTIONS): makes the variances 1 in the mean of what the head begins with."""

    def bands(self, along: Tensor) -> Tensor:
        """Flow along the directions (B, T-1, K) -> filtered (B, BANDS, T-SPAN, K), nothing beyond the clip."""
        seen = along.unfold(1, SPAN, 1)
        return torch.einsum("ntks,fs->nftk", seen, self.filters) * self.scale[:, None]

    def covariances(self, bands: Tensor) -> Tensor:
        """Filtered flow (B, BANDS, T-SPAN, K) -> (B, BANDS, K, K), about 0: the mean motion is motion, too."""
        return bands.mT @ bands / bands.shape[2]

    def logarithms(self, covariances: Tensor) -> Tensor:
        """(B, BANDS, K, K) -> entries of their logarithms (B, COVARIANCES)."""
        # In float64: eigenvalues of float32 are good to 1e-6 of the largest, and it is the small ones that count.
        return upper(Logarithm.apply(floored(covariances).double())).float().flatten(1)

    def described(self, along: Tensor) -> Tensor:
        """Flow along the directions (B, T-1, K) -> what the embedding is a linear map of (B, COVARIANCES)."""
        return self.logarithms(self.covariances(self.bands(along)))

    def embed(self, along: Tensor) -> Tensor:
        """Flow along the directions (B, T-1, K) -> (B, 256)."""
        return functional.normalize(self.embedding(self.described(along)), dim=-1)

    def forward(self, flow: Tensor) -> Tensor:
        return self.embed(self.directions(flow.flatten(2)))
