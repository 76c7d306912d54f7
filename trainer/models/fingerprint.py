"""From a clip to an embedding: encode pictures, subtract neighbours in time, read the motion with the temporal head.

What is encoded and what is subtracted is the condition (paper section IV-C); FEAT_DIFF is the proposed one, and the
only one that is shipped.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from trainer.models.covariance import CovarianceHead
from trainer.models.f5c import F5C, Scale
from trainer.models.flow import FeatureFlow
from trainer.models.head import TemporalHead
from trainer.models.resnet import ResNet18

Condition = Literal["FEAT_DIFF", "PIXEL_DIFF", "RAW_FEAT", "STATIC"]
Backbone = Literal["F5C", "ResNet18"]
Head = Literal["convolutions", "covariance"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)


@dataclass(frozen=True)
class Architecture:
    """Which network: what the temporal head is given of a clip, and by which frame encoder."""

    condition: Condition = "FEAT_DIFF"
    backbone: Backbone = "F5C"
    scale: Scale = "fixed"
    """How gray levels are scaled: by constants, or by each frame's local contrast (see `trainer.models.contrast`)."""
    head: Head = "convolutions"
    """What reads motion: the paper's Conv3d, or the covariance of feature flow (FEAT_DIFF with F5C only)."""


PAPER = Architecture()
OURS = Architecture(scale="local", head="covariance")
"""What `trainer train` and `headstart` make: the paper's encoder on its input's local contrast, under another head."""


class Fingerprint(nn.Module):
    """Clips (B, T, 128, 128) uint8, T >= 2 -> embeddings (B, 256) of unit norm."""

    def __init__(self, architecture: Architecture | None = None) -> None:
        super().__init__()
        self.architecture = architecture or Architecture()
        self.encoder = F5C(self.architecture.scale) if self.architecture.backbone == "F5C" else ResNet18()
        self.head: nn.Module
        if self.architecture.head == "covariance":
            self.flow = FeatureFlow()
            self.head = CovarianceHead()
        else:
            self.head = TemporalHead()

    def pictures(self, clips: Tensor) -> Tensor:
        """What is encoded of clips (B, T, 128, 128) uint8: all frames, in FEAT_DIFF and RAW_FEAT.

        PIXEL_DIFF encodes their differences (B, T-1, 128, 128) int16, STATIC the one in the middle (B, 1, 128, 128).
        """
        if self.architecture.condition == "PIXEL_DIFF":
            return torch.diff(clips.short(), dim=1)
        if self.architecture.condition == "STATIC":
            return clips[:, clips.shape[1] // 2, None]
        return clips

    def features(self, clips: Tensor) -> Tensor:
        """(B, T, 128, 128) -> (B, pictures, 128, 16, 16); all of them go through the encoder as one batch."""
        pictures = self.pictures(clips)
        return self.encoder(pictures.flatten(0, 1)).unflatten(0, pictures.shape[:2])

    def embed(self, features: Tensor) -> Tensor:
        """(B, pictures, 128, 16, 16) -> (B, 256); only FEAT_DIFF subtracts features (Eq. 2), or solves for flow."""
        if self.architecture.head == "covariance":
            return self.head(self.flow(features))
        differs = self.architecture.condition == "FEAT_DIFF"
        return self.head((torch.diff(features, dim=1) if differs else features).transpose(1, 2))

    def forward(self, clips: Tensor) -> Tensor:
        return self.embed(self.features(clips))


def parameter_counts(model: Fingerprint) -> dict[str, int]:
    """Trainable values of the encoder ("f5c" or "resnet18"), the "head" and their "total"."""
    encoder = sum(p.numel() for p in model.encoder.parameters())
    head = sum(p.numel() for p in model.parameters()) - encoder
    return {model.architecture.backbone.lower(): encoder, "head": head, "total": encoder + head}
