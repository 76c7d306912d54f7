"""The published network as its authors run it: frame by frame in torch, the whole clip again for every score.

Only the benchmark uses it, to say what streaming saves. Written from the description of their code; random weights.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.f5c import CHANNELS, META_TAPS, NEIGHBOURS, SIDE, ConvStack


class CircularConvolution(nn.Module):
    """Positional embedding, then a depthwise convolution around the whole axis: 2 is the height, 3 the width."""

    def __init__(self, channels: int, axis: int) -> None:
        super().__init__()
        shape = (META_TAPS, 1) if axis == 2 else (1, META_TAPS)
        self.axis = axis
        self.kernel = nn.Parameter(torch.randn(channels, 1, *shape) / SIDE)
        self.position = nn.Parameter(torch.randn(1, channels, *shape) * 0.02)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, norm: nn.Module) -> Tensor:
        x = norm(x + self.position.narrow(self.axis, 0, SIDE))
        around = torch.cat((x, x.narrow(self.axis, 0, SIDE - 1)), dim=self.axis)
        return functional.conv2d(around, self.kernel.narrow(self.axis, 0, SIDE), self.bias, groups=x.shape[1])


class PublishedFCC(nn.Module):
    """Two halves in opposite order of axes, concatenated; no fusion."""

    def __init__(self) -> None:
        super().__init__()
        half = CHANNELS[-1] // 2
        self.norms = nn.ModuleList(nn.BatchNorm2d(half) for _ in range(2))
        self.first = nn.ModuleList(CircularConvolution(half, axis) for axis in (2, 3))
        self.second = nn.ModuleList(CircularConvolution(half, axis) for axis in (3, 2))

    def forward(self, x: Tensor) -> Tensor:
        halves = []
        for half, norm, first, second in zip(x.chunk(2, 1), self.norms, self.first, self.second, strict=True):
            halves.append(half + second(first(half, norm), nn.Identity()))
        return torch.cat(halves, dim=1)


def published_ccc(x: Tensor) -> Tensor:
    """f + relu(f + max_j (f_j - f)) over the four most similar positions, the position itself among them."""
    features = x.flatten(2).transpose(1, 2)
    unit = functional.normalize(features, dim=-1)
    nearest = (unit @ unit.transpose(1, 2)).topk(NEIGHBOURS, dim=-1).indices
    index = nearest.unsqueeze(-1).expand(-1, -1, -1, features.shape[-1])
    neighbours = features.unsqueeze(1).expand(-1, features.shape[1], -1, -1).gather(2, index)
    differences = (neighbours - features.unsqueeze(2)).amax(dim=2)
    return (features + torch.relu(features + differences)).transpose(1, 2).view_as(x)


class PublishedLoop(nn.Module):
    """One clip (T, 128, 128) uint8 -> embedding (1, 256)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stack, self.fcc = ConvStack(), PublishedFCC()
        self.net = nn.Sequential(
            *(nn.Conv3d(128, 64, 3, (1, 2, 1), 1), nn.BatchNorm3d(64), nn.ReLU()),
            *(nn.Conv3d(64, 32, 3, (1, 2, 1), 1), nn.BatchNorm3d(32), nn.ReLU()),
        )
        self.pool = nn.AdaptiveAvgPool3d((4, 4, 1))
        self.fc = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 256))

    def forward(self, clip: Tensor) -> Tensor:
        frames = clip[:, None, None].float() / 255
        frames = (frames - frames.mean()) / (frames.std() + 1e-6)
        features = torch.stack([published_ccc(self.fcc(self.conv_stack(frame))) for frame in frames], dim=-1)
        # Their tensors are (B, C, H, W, T); the stride that halves the second spatial axis is kept as published.
        motion = self.pool(self.net(features[..., 1:] - features[..., :-1]))
        return functional.normalize(self.fc(motion.flatten(1)), dim=-1)
