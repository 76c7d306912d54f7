"""The three graphs of a bundle whose head is `CovarianceHead`: one frame on, one window, one whole clip.

Frame n gives the flow since frame n-1; with the SPAN-1 before it, it gives what the filters see at n, whose products
are the step's column. A window of T frames holds T-SPAN of them, in all of which the filters see nothing beyond the
window: so there are no edges to put right, and what the core adds for the start (see guard.core.window) is zero.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.covariance import BANDS, COVARIANCES, DIRECTIONS, ENTRIES, SPAN, CovarianceHead, floored
from trainer.models.f5c import SIDE
from trainer.models.fingerprint import Fingerprint
from trainer.models.flow import FeatureFlow
from trainer.models.folded import FEATURE, FoldedEncoder
from trainer.models.head import POOLED
from trainer.models.logarithm import logarithm

FEATURE_SHAPE, ALONG_SHAPE = (FEATURE, SIDE, SIDE), (SPAN - 1, DIRECTIONS)
STATE = math.prod(FEATURE_SHAPE) + math.prod(ALONG_SHAPE)
"""What a stream remembers: the newest frame's feature, and the newest SPAN - 1 of the flow along the directions."""


class FoldedCovarianceHead(nn.Module):
    """CovarianceHead as what a frame adds and what a window makes of it."""

    entry: Tensor
    """Of each place of a matrix (K * K), which of its ENTRIES stands there."""
    place: Tensor
    """Of each entry (ENTRIES,), its place in the upper triangle."""

    def __init__(self, head: CovarianceHead) -> None:
        super().__init__()
        self.directions = head.directions
        self.filters = nn.Parameter(head.filters.detach()[:, :, None] * head.scale[:, None])  # (BANDS, SPAN, K)
        self.embedding = head.embedding
        row, column = torch.triu_indices(DIRECTIONS, DIRECTIONS)
        entry = torch.zeros(DIRECTIONS, DIRECTIONS, dtype=torch.long)
        entry[row, column] = entry[column, row] = torch.arange(len(row))
        self.register_buffer("entry", entry.flatten())
        self.register_buffer("place", row * DIRECTIONS + column)

    def along(self, flow: Tensor) -> Tensor:
        """Flow (N, 2, 16, 16) along the directions (N, K)."""
        return self.directions(flow.flatten(1))

    def column(self, seen: Tensor) -> Tensor:
        """The newest SPAN of flow along the directions (N, SPAN, K) -> products (N, 512), zeros at the end."""
        bands = (seen[:, None] * self.filters).sum(dim=2)
        products = (bands[..., :, None] * bands[..., None, :]).flatten(2)[..., self.place].flatten(1)
        return functional.pad(products, (0, POOLED - COVARIANCES))

    def embed(self, summed: Tensor, columns: Tensor) -> Tensor:
        """Sums (B, 512) of so many columns (B,) -> embeddings (B, 256)."""
        means = (summed / columns[:, None])[:, :COVARIANCES].reshape(-1, BANDS, ENTRIES)
        matrices = means[..., self.entry].reshape(-1, BANDS, DIRECTIONS, DIRECTIONS)
        described = logarithm(floored(matrices)).flatten(2)[..., self.place].flatten(1)
        return functional.normalize(self.embedding(described), dim=-1)


class FlowStep(nn.Module):
    """One frame of each of B streams: `frames` (B, 128, 128) uint8, `state` (B, K) -> state, column, start (B, 512)."""

    def __init__(self, clip: "FlowClip") -> None:
        super().__init__()
        self.encoder, self.flow, self.head = clip.encoder, clip.flow, clip.head

    def forward(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        feature = self.encoder(frames)
        before, along = state.split([math.prod(FEATURE_SHAPE), math.prod(ALONG_SHAPE)], dim=1)
        newest = self.head.along(self.flow.between(before.reshape(-1, *FEATURE_SHAPE), feature))
        seen = torch.cat((along.reshape(-1, *ALONG_SHAPE), newest[:, None]), dim=1)
        column = self.head.column(seen)
        state = torch.cat((feature.flatten(1), seen[:, 1:].flatten(1)), dim=1)
        return state, column, torch.zeros_like(column)


class FlowProject(nn.Module):
    """Embeddings (B, 256) of windows from their summed columns `pooled` (B, 512); `differences` (B,) is T - 1."""

    def __init__(self, head: FoldedCovarianceHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, state: Tensor, pooled: Tensor, differences: Tensor) -> Tensor:
        return self.head.embed(pooled, differences - (SPAN - 1))


class FlowClip(nn.Module):
    """Whole clips: `frames` (B, T, 128, 128) uint8 -> embeddings (B, 256). T > SPAN is free."""

    def __init__(self, encoder: FoldedEncoder, flow: FeatureFlow, head: FoldedCovarianceHead) -> None:
        super().__init__()
        self.encoder, self.flow, self.head = encoder, flow, head

    @classmethod
    def of(cls, model: Fingerprint) -> "FlowClip":
        """The trained network folded; `model` is on the CPU and in eval mode."""
        return cls(FoldedEncoder(model.encoder), model.flow, FoldedCovarianceHead(model.head))

    def streaming(self) -> tuple[nn.Module, nn.Module, int]:
        """The step, the projection, and the number of values in a stream's state."""
        return FlowStep(self), FlowProject(self.head), STATE

    def forward(self, frames: Tensor) -> Tensor:
        features = self.encoder(frames.reshape(-1, *frames.shape[2:]))
        return self.embed(features.reshape(-1, frames.shape[1], *FEATURE_SHAPE))

    def embed(self, features: Tensor) -> Tensor:
        """(B, T, 128, 16, 16) -> (B, 256)."""
        count = features.shape[1] - 1  # the tracing exporter follows shapes through reshape, not through unflatten
        before, after = (part.reshape(-1, *FEATURE_SHAPE) for part in (features[:, :-1], features[:, 1:]))
        along = self.head.along(self.flow.between(before, after)).reshape(-1, count, DIRECTIONS)
        columns = count - (SPAN - 1)
        seen = torch.stack([along[:, k : columns + k] for k in range(SPAN)], dim=2)
        summed = self.head.column(seen.reshape(-1, SPAN, DIRECTIONS)).reshape(-1, columns, POOLED).sum(dim=1)
        return self.head.embed(summed, torch.ones_like(summed[:, 0]) * columns)
