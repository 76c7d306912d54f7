"""A head for a pretrained encoder: what moves with what tells drivers apart.

First on the exact motion of many drivers, which is cheap, then on that motion blurred as the encoder would blur it
(`trainer.blur`), among clips that it did read. Nobody real is among these drivers: recorded people are few, come again
under another number, and are learned by heart. The head begins with the linear discriminant of what it describes
(`trainer.discriminant`), is then trained by contrast, and the average of the last weights counts. What each stage gains
is in docs/benchmarks.md.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from trainer.blur import Blur
from trainer.discriminant import discriminant
from trainer.drivermotion import BLOCK, Motions, Readings
from trainer.losses import supervised_contrastive
from trainer.models.covariance import DIRECTIONS as HEAD_DIRECTIONS
from trainer.models.covariance import CovarianceHead
from trainer.models.fingerprint import OURS, Fingerprint
from trainer.motionbasis import DIRECTIONS
from trainer.pretraining import MotionReader
from trainer.schedule import learning_rate_factor

LEARNING_RATES = 3e-3, 1e-3
"""Of the two stages."""
FLOOR, WARMUP, WEIGHT_DECAY, CLIP_NORM = 0.02, 50, 1e-2, 1.0
BLOCKS = 6
"""Of clips, contrasted in one step: what a head learns from few neighbours it forgets with the next."""
TEMPERATURE = 0.05
"""Low: what counts in a call is the impostor who is nearest."""
KEPT = 0.98
"""Of the average of weights, in each step: heads of neighbouring steps differ on people that none has seen."""
LIVELINESS = 0.1
"""Standard deviation of the logarithm of a clip's gain in training: how lively somebody is today is not who it is."""
_BEGUN_WITH = 60
"""Blocks whose discriminant the head begins with."""
_SHRINKAGE = 0.3
_SCALE = 8.0
_RIDGE = 1e-3
"""Of the read map, beside the mean square of the flow."""
_LEAST_MOTION = 0.1
READ_SHARE = 0.3
"""Of the steps of the second stage, on clips that were rendered and read; the others are on blurred ones."""
_TRAIN_SEED = 5
"""Keeps these random numbers apart from those of trainer.drivermotion."""


class MotionHead(nn.Module):
    """A head on motion along the basis (C, T-1, 48) instead of flow: embeddings (C, 256)."""

    def __init__(self) -> None:
        super().__init__()
        self.projection = nn.Linear(DIRECTIONS, HEAD_DIRECTIONS, bias=False)
        self.head = CovarianceHead()
        nn.init.eye_(self.projection.weight)  # those of most motion

    def described(self, along: Tensor) -> Tensor:
        """What the embedding is a linear map of."""
        return self.head.described(self.projection(along))

    def forward(self, along: Tensor) -> Tensor:
        return self.head.embed(self.projection(along))

    @torch.no_grad()
    def begin(self, motions: Motions) -> None:
        """Make the embedding the discriminant of these clips, and the variances of what it describes 1 in the mean."""
        clips = slice(_BEGUN_WITH * BLOCK)
        parts = motions.along[clips].split(BLOCK)
        squares = torch.stack([self.head.bands(self.projection(part)).square().mean(dim=(0, 2)) for part in parts])
        self.head.scale /= squares.mean(dim=0).sqrt()
        described = torch.cat([self.described(part) for part in parts]).double().numpy()
        mean, spread = described.mean(axis=0), described.std(axis=0)
        centre, linear = discriminant(
            (described - mean) / spread, motions.driver[clips], motions.block[clips], _SHRINKAGE
        )
        weight = (linear * _SCALE / np.linalg.norm(linear) / spread[:, None]).T
        self.head.embedding.weight.copy_(torch.from_numpy(weight))
        self.head.embedding.bias.copy_(torch.from_numpy(-weight @ (mean + centre * spread)))


def train_head(imagined: Motions, readings: Readings, steps: tuple[int, int], seed: int) -> CovarianceHead:
    """A head for read flow: `steps` on exact motion, then on what was read."""
    torch.manual_seed(seed)
    head = MotionHead()
    head.begin(imagined)
    head = contrasted(head, partial(some_blocks, imagined), steps[0], LEARNING_RATES[0], seed)
    to_basis = read_map(readings)
    read = replace(readings.true, along=readings.flow.float() @ to_basis)
    blur = Blur.between(readings.true.along, read.along)

    def mixed(rng: np.random.Generator) -> Batch:
        if rng.random() < READ_SHARE:
            return some_blocks(read, rng)
        along, driver = some_blocks(imagined, rng)
        return blur.of(along, rng), driver

    head = contrasted(head, mixed, steps[1], LEARNING_RATES[1], seed)
    with torch.no_grad():
        head.head.directions.weight.copy_(head.projection.weight @ to_basis.T)
    return head.head


Batch = tuple[Tensor, Tensor]
"""Motion along the basis (B, T-1, 48) of clips, and who drives them (B,)."""


def some_blocks(motions: Motions, rng: np.random.Generator) -> Batch:
    """All clips of BLOCKS blocks, or of all there are. Their drivers are all different people: see `headstart`."""
    numbers = np.unique(motions.block)
    chosen = rng.choice(numbers, min(BLOCKS, len(numbers)), replace=False)
    clips = np.flatnonzero(np.isin(motions.block, chosen))
    return motions.along[clips], torch.from_numpy(motions.driver[clips])


def contrasted(
    head: MotionHead, drawn: Callable[[np.random.Generator], Batch], steps: int, learning_rate: float, seed: int
) -> MotionHead:
    """The head after `steps` on a batch each; the average of the last steps' weights."""
    rng = np.random.default_rng((seed, _TRAIN_SEED))
    average = AveragedModel(head, multi_avg_fn=get_ema_multi_avg_fn(KEPT))
    optimiser = torch.optim.AdamW(head.parameters(), learning_rate, weight_decay=WEIGHT_DECAY)
    with tqdm(range(steps), unit="step", desc="head") as bar:
        for step in bar:
            optimiser.param_groups[0]["lr"] = learning_rate * learning_rate_factor(step, WARMUP, steps, FLOOR)
            along, driver = drawn(rng)
            gains = torch.from_numpy(rng.normal(0.0, LIVELINESS, (len(along), 1, 1))).float().exp()
            loss = supervised_contrastive(head(along * gains), driver, TEMPERATURE)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), CLIP_NORM)
            optimiser.step()
            average.update_parameters(head)
            bar.set_postfix(loss=f"{loss.item():.3f}")
    return average.module


def read_map(readings: Readings) -> Tensor:
    """The linear map (512, 48) from flow to motion along the basis of least error, quiet frames counting alike."""
    products, targets = torch.zeros(()), torch.zeros(())
    for flow, along in zip(readings.flow.split(BLOCK), readings.true.along.split(BLOCK), strict=True):
        flow, along = flow.flatten(0, 1).double(), along.flatten(0, 1).double()
        weighed = flow / (along.square().mean(dim=1, keepdim=True) + _LEAST_MOTION)
        products, targets = products + weighed.T @ flow, targets + weighed.T @ along
    ridge = _RIDGE * products.diagonal().mean() * torch.eye(len(products))
    return torch.linalg.solve(products + ridge, targets).float()


@torch.no_grad()
def whole_model(reader: MotionReader, head: CovarianceHead) -> Fingerprint:
    """Encoder, flow and head as one network."""
    model = Fingerprint(OURS)
    model.encoder.load_state_dict(reader.encoder.state_dict())
    model.flow.load_state_dict(reader.flow.state_dict())
    model.head.load_state_dict(head.state_dict())
    return model
