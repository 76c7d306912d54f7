"""The network of the paper's authors as their published code has it, under the names of its state dict.

It is not the paper's: FCC has no fusion, CCC no weights, a position is among its own neighbours, the head's stride
halves the width, and every clip is scaled by its own mean and deviation. Their checkpoints fit nothing else.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.f5c import (
    CHANNELS,
    META_TAPS,
    NEIGHBOURS,
    SIDE,
    ConvStack,
    circulant,
    gathered_maximum,
    neighbour_rows,
)
from trainer.models.head import EMBEDDING, POOLED

FEATURE = CHANNELS[-1]
HALF = FEATURE // 2


class AuthorsFCC(nn.Module):
    """(N, 128, 16, 16) -> the same: half 1 along the height and then the width, half 2 the other way round."""

    def __init__(self) -> None:
        super().__init__()
        self.pre_norm_1 = nn.BatchNorm2d(HALF)
        self.pre_norm_2 = nn.BatchNorm2d(HALF)
        for stage in (1, 2):
            for axis, shape in (("H", (META_TAPS, 1)), ("W", (1, META_TAPS))):
                self.register_parameter(f"mk_{stage}_{axis}", nn.Parameter(torch.zeros(HALF, 1, *shape)))
                self.register_parameter(f"b{stage}{axis}", nn.Parameter(torch.zeros(HALF)))
                self.register_parameter(f"pe_{stage}{axis}", nn.Parameter(torch.zeros(1, HALF, *shape)))

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)
        down = around(self.pre_norm_1(placed(first, self.pe_1H)), self.mk_1_H, self.b1H)
        across = around(self.pre_norm_2(placed(second, self.pe_1W)), self.mk_1_W, self.b1W)
        down = around(placed(down, self.pe_2W), self.mk_2_W, self.b2W)
        across = around(placed(across, self.pe_2H), self.mk_2_H, self.b2H)
        return x + torch.cat((down, across), dim=1)


def placed(x: Tensor, position: Tensor) -> Tensor:
    """`x` (N, 64, 16, 16) with the positional embedding (1, 64, 32, 1) or (1, 64, 1, 32), cropped, added."""
    return x + position[:, :, :SIDE, :SIDE]


def around(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Circular depthwise convolution of `x` (N, 64, 16, 16) by a kernel (64, 1, 32, 1) or (64, 1, 1, 32), cropped."""
    matrix = circulant(kernel.flatten(1)[:, :SIDE])
    mixed = matrix @ x if kernel.shape[2] > 1 else x @ matrix.transpose(1, 2)
    return mixed + bias[:, None, None]


class AuthorsCCC(nn.Module):
    """f + relu(f + max_j (f_j - f)) over the four positions most like f in channel space, f itself among them."""

    def __init__(self) -> None:
        super().__init__()
        # In every checkpoint, and in no computation.
        self.edge_fc = nn.Sequential(nn.Linear(FEATURE, FEATURE))

    def forward(self, x: Tensor) -> Tensor:
        positions = x.flatten(2).transpose(1, 2)
        unit = functional.normalize(positions, dim=-1)
        nearest = (unit @ unit.transpose(1, 2)).topk(NEIGHBOURS, dim=-1, sorted=False).indices
        # f + max_j (f_j - f) = max_j f_j, so the differences need not be written out.
        maximum = gathered_maximum(positions.reshape(-1, FEATURE), neighbour_rows(nearest)).view_as(positions)
        return (positions + functional.relu(maximum)).transpose(1, 2).reshape(-1, FEATURE, SIDE, SIDE)


class AuthorsHead(nn.Module):
    """Differences (B, 128, 16, 16, T-1), time last -> (B, 256) of unit norm; width goes 16-8-4, height stays."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv3d(FEATURE, 64, 3, stride=(1, 2, 1), padding=1),
            nn.BatchNorm3d(64),
            nn.ReLU(inplace=True),
            nn.Conv3d(64, 32, 3, stride=(1, 2, 1), padding=1),
            nn.BatchNorm3d(32),
            nn.ReLU(inplace=True),
        )
        self.fc = nn.Sequential(
            nn.Linear(POOLED, EMBEDDING), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(EMBEDDING, EMBEDDING)
        )

    def forward(self, differences: Tensor) -> Tensor:
        over_time = self.net(differences).mean(dim=-1)
        pooled = over_time.reshape(-1, 32, 4, 4, 4).mean(dim=3)  # the height in fours, as AdaptiveAvgPool (4, 4, 1)
        return functional.normalize(self.fc(pooled.flatten(1)), dim=-1)


class AuthorsNetwork(nn.Module):
    """Clips (B, T, 128, 128) uint8, T >= 2 -> embeddings (B, 256) of unit norm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stack = ConvStack()
        self.fcc = AuthorsFCC()
        self.ccc = AuthorsCCC()
        self.head = AuthorsHead()

    def forward(self, clips: Tensor) -> Tensor:
        frames = standardised(clips).reshape(-1, 1, *clips.shape[2:])
        features = self.ccc(self.fcc(self.conv_stack(frames)))
        features = features.reshape(-1, clips.shape[1], FEATURE, SIDE, SIDE)
        return self.head((features[:, 1:] - features[:, :-1]).permute(0, 2, 3, 4, 1))


def standardised(clips: Tensor) -> Tensor:
    """Gray levels 0..1 of clips (B, T, 128, 128) uint8, less the clip's mean, over its deviation + 1e-6."""
    levels = clips.float() / 255
    centred = levels - mean_of_clip(levels)
    values = clips.shape[1] * clips.shape[2] * clips.shape[3]
    variance = mean_of_clip(centred.square()) * (values / (values - 1))
    return centred / (variance.sqrt() + 1e-6)


def mean_of_clip(values: Tensor) -> Tensor:
    """(B, T, 128, 128) -> (B, 1, 1, 1), axis by axis.

    A million values added up one after the other in float32, as torch's std and onnxruntime do, leave an error of 1e-5:
    enough to change a neighbour in CCC.
    """
    return values.mean(dim=3, keepdim=True).mean(dim=2, keepdim=True).mean(dim=1, keepdim=True)
