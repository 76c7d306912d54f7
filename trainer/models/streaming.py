"""The three graphs of a bundle: one frame on, one window's embedding, one whole clip's embedding.

With d_n the difference that frame n brings, A and B the taps of the head's two layers, the step at frame n computes

    a_{n-1}  = relu(A0 d_{n-2} + A1 d_{n-1} + A2 d_n + b1)     hidden column
    a'_{n-1} = relu(             A1 d_{n-1} + A2 d_n + b1)     the same where a window starts: d_{n-2} is padding
    c_{n-2}  = relu(B0 a_{n-3} + B1 a_{n-2} + B2 a_{n-1} + b2) column, alike in every window that holds it
    c_s + c_{s+1}, s = n-3, from a'_s, a_{s+1}, a_{s+2}        start pair of the window that starts at s

and keeps the sums that later steps complete. The end of a window (a_n without A2, and what follows) is `Project`'s.
"""

import math

import torch
from torch import Tensor, nn

from trainer.models.f5c import SIDE
from trainer.models.fingerprint import Fingerprint
from trainer.models.folded import FEATURE, FoldedEncoder, FoldedHead
from trainer.models.head import POOLED, summed_taps

_HIDDEN, _COLUMN = (64, 8, 16), (32, 4, 16)
LAYOUT = {
    "hidden_end": _HIDDEN,  # A0 d_{n-1} + A1 d_n: a_n but for A2
    "column_end": _COLUMN,  # B0 a_{n-2} + B1 a_{n-1}: c_{n-1} but for B2
    "column_last": _COLUMN,  # B0 a_{n-1}: what c_n takes from it
    "hidden_first": _HIDDEN,  # A0 d_n
    "hidden_start": _HIDDEN,  # A1 d_n: a'_n but for A2
    "start_first": _COLUMN,  # B0 a'_{n-1}
    "start_second": _COLUMN,  # B1 a'_{n-1}
    "start_end": _COLUMN,  # B0 a'_{n-2} + B1 a_{n-1}: c_{s+1} but for B2, s = n-2
    "start_pooled": (POOLED,),  # pooled c_s, s = n-2
    "feature": (FEATURE, SIDE, SIDE),  # of frame n
}
"""What a stream remembers after frame n, in the order in which the flat state holds it."""
STATE = sum(math.prod(shape) for shape in LAYOUT.values())


def unpack(state: Tensor) -> dict[str, Tensor]:
    """The parts of a flat state (B, K)."""
    sizes = [math.prod(shape) for shape in LAYOUT.values()]
    parts = zip(LAYOUT.items(), state.split(sizes, dim=1), strict=True)
    return {name: part.reshape(-1, *shape) for (name, shape), part in parts}


def pack(parts: dict[str, Tensor]) -> Tensor:
    """The flat state (B, K) of all parts."""
    return torch.cat([parts[name].flatten(1) for name in LAYOUT], dim=1)


class Advance(nn.Module):
    """The head's share of a step: feature (B, 128, 16, 16), state (B, K) -> state, column (B, 512), start (B, 512)."""

    def __init__(self, head: FoldedHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, feature: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        head, old = self.head, unpack(state)
        motion0, motion1, motion2 = head.motion_taps(feature - old["feature"])
        hidden = head.hidden(old["hidden_end"] + motion2)
        hidden_start = head.hidden(old["hidden_start"] + motion2)
        tap0, tap1, tap2 = head.identity_taps(hidden, 0, 2)
        start_first, start_second = head.identity_taps(hidden_start, 0, 1)
        new = {
            "hidden_end": old["hidden_first"] + motion1,
            "column_end": old["column_last"] + tap1,
            "column_last": tap0,
            "hidden_first": motion0,
            "hidden_start": motion1,
            "start_first": start_first,
            "start_second": start_second,
            "start_end": old["start_first"] + tap1,
            "start_pooled": head.column(old["start_second"] + tap2),
            "feature": feature,
        }
        column = head.column(old["column_end"] + tap2)
        start = old["start_pooled"] + head.column(old["start_end"] + tap2)
        return pack(new), column, start


class Step(nn.Module):
    """One frame of each of B streams: `frames` (B, 128, 128) uint8 and `state` (B, K), then as Advance."""

    def __init__(self, encoder: FoldedEncoder, head: FoldedHead) -> None:
        super().__init__()
        self.encoder = encoder
        self.advance = Advance(head)

    def forward(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.advance(self.encoder(frames), state)


class Project(nn.Module):
    """Embeddings (B, 256) of the windows that end with the newest frame of each stream.

    `pooled` (B, 512): the window's start pair and interior columns, summed; `differences` (B,): their number, T - 1.
    """

    def __init__(self, head: FoldedHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, state: Tensor, pooled: Tensor, differences: Tensor) -> Tensor:
        head, old = self.head, unpack(state)
        tap1, tap2 = head.identity_taps(head.hidden(old["hidden_end"]), 1, 2)
        ends = head.column(old["column_end"] + tap2) + head.column(old["column_last"] + tap1)
        return head.project((pooled + ends) / differences[:, None])


class Clip(nn.Module):
    """Whole clips: `frames` (B, T, 128, 128) uint8 -> embeddings (B, 256). T >= 2 is free."""

    def __init__(self, encoder: FoldedEncoder, head: FoldedHead) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    @classmethod
    def of(cls, model: Fingerprint) -> "Clip":
        """The trained network folded; `model` is on the CPU and in eval mode."""
        return cls(FoldedEncoder(model.encoder), FoldedHead(model.head))

    def streaming(self) -> tuple[nn.Module, nn.Module, int]:
        """The step, the projection, and the number of values in a stream's state."""
        return Step(self.encoder, self.head), Project(self.head), STATE

    def forward(self, frames: Tensor) -> Tensor:
        features = self.encoder(frames.reshape(-1, *frames.shape[2:]))
        return self.embed(features.reshape(-1, frames.shape[1], FEATURE, SIDE, SIDE))

    def embed(self, features: Tensor) -> Tensor:
        """(B, T, 128, 16, 16) -> (B, 256)."""
        differences = features[:, 1:] - features[:, :-1]
        count = differences.shape[1]  # the tracing exporter follows shapes through reshape, not through unflatten
        motion = self.head.motion_taps(differences.reshape(-1, FEATURE, SIDE, SIDE))
        hidden = self.head.hidden(summed_taps([tap.reshape(-1, count, *_HIDDEN) for tap in motion]))
        identity = self.head.identity_taps(hidden.reshape(-1, *_HIDDEN), 0, 2)
        summed = summed_taps([tap.reshape(-1, count, *_COLUMN) for tap in identity])
        columns = self.head.column(summed.reshape(-1, *_COLUMN))
        return self.head.project(columns.reshape(-1, count, POOLED).mean(dim=1))
