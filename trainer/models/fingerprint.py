"""FEAT_DIFF: encode every frame, subtract neighbours in time, read the motion with the temporal head."""

import torch
from torch import Tensor, nn

from trainer.models.f5c import F5C
from trainer.models.head import TemporalHead


class Fingerprint(nn.Module):
    """Clips (B, T, 128, 128) uint8, T >= 2 -> embeddings (B, 256) of unit norm."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = F5C()
        self.head = TemporalHead()

    def features(self, clips: Tensor) -> Tensor:
        """(B, T, 128, 128) -> (B, T, 128, 16, 16); all frames go through the encoder as one batch."""
        return self.encoder(clips.flatten(0, 1)).unflatten(0, clips.shape[:2])

    def embed(self, features: Tensor) -> Tensor:
        """(B, T, 128, 16, 16) -> (B, 256)."""
        return self.head(torch.diff(features, dim=1).transpose(1, 2))

    def forward(self, clips: Tensor) -> Tensor:
        return self.embed(self.features(clips))


def parameter_counts(model: Fingerprint) -> dict[str, int]:
    """Trainable values of the encoder ("f5c"), the "head" and their "total"."""
    f5c = sum(p.numel() for p in model.encoder.parameters())
    head = sum(p.numel() for p in model.head.parameters())
    return {"f5c": f5c, "head": head, "total": f5c + head}
