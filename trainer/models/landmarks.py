"""The landmark baseline's network, after NVFAIR (Prashnani et al., ECCV 2024): distances, then a CNN in time.

Known to us are 126 landmarks, scale-normalised pairwise distances and a temporal CNN. Its layers and what the scale is,
are ours: about as many parameters as the paper's F5C with its head, and the distance of the outer corners of the eyes.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.data.world.mesh import OUTER_CORNERS, TRACKED

_CORNERS = [TRACKED.index(point) for point in OUTER_CORNERS]
PAIRS = len(TRACKED) * (len(TRACKED) - 1) // 2
"""7,875."""
_WIDTH, _DEEP, _EMBEDDING = 64, 128, 256
_TAPS = 5


class LandmarkNetwork(nn.Module):
    """Landmarks (B, T, 126, 2) of TRACKED, in any unit -> embeddings (B, 256) of unit norm."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = nn.Sequential(
            nn.BatchNorm1d(PAIRS),  # lips move by a hundredth of what the face is wide: no pair is to drown another
            nn.Linear(PAIRS, _WIDTH, bias=False),
            nn.BatchNorm1d(_WIDTH),
            nn.ReLU(inplace=True),
        )
        self.net = nn.Sequential(
            nn.Conv1d(_WIDTH, _DEEP, _TAPS, padding=_TAPS // 2, bias=False),
            nn.BatchNorm1d(_DEEP),
            nn.ReLU(inplace=True),
            nn.Conv1d(_DEEP, _DEEP, _TAPS, padding=_TAPS // 2, bias=False),
            nn.BatchNorm1d(_DEEP),
            nn.ReLU(inplace=True),
        )
        self.out = nn.Linear(_DEEP, _EMBEDDING)

    def forward(self, landmarks: Tensor) -> Tensor:
        each = self.frame(distances(landmarks).flatten(0, 1)).unflatten(0, landmarks.shape[:2])
        return functional.normalize(self.out(self.net(each.transpose(1, 2)).mean(dim=2)), dim=1)


@torch.no_grad()
def distances(landmarks: Tensor) -> Tensor:
    """(B, T, 126, 2) -> (B, T, 7875): each pair's distance over the outer eye corners' mean distance in the clip.

    A mean over the clip: frame by frame, a turn of the head would stretch the whole face.
    """
    whole = torch.cdist(landmarks, landmarks, compute_mode="donot_use_mm_for_euclid_dist")
    scale = whole[:, :, *_CORNERS].mean(dim=1)
    first, second = torch.triu_indices(len(TRACKED), len(TRACKED), 1, device=landmarks.device)
    return whole[:, :, first, second] / scale[:, None, None]
