"""A head start: the temporal head trained on what a pretrained encoder reads, before both are trained together.

Read motion has 8 channels instead of a feature's 128 and is kept, so that a step costs a tenth of one through the
encoder and can contrast more clips. The readout is linear: the finished head takes it into its first layer.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from trainer.blocks import WorldFiles
from trainer.losses import supervised_contrastive
from trainer.models.f5c import SIDE
from trainer.models.fingerprint import OURS, Fingerprint
from trainer.models.head import TemporalHead
from trainer.pretraining import PLACES, PlaceReader
from trainer.sampler import identities_by_clips
from trainer.schedule import learning_rate_factor

FRAMES, CLIPS = 64, 4
DRAWN = 3
"""Clips of a driver's that one step contrasts."""
BLOCK_DRIVERS = 24
IDENTITIES = 16
_READ_SEED, _TRAIN_SEED = 4, 5
"""Keep the random numbers of what is read and of what is drawn from it apart, and from those of trainer.blocks."""
LEARNING_RATE, FLOOR, WARMUP, WEIGHT_DECAY, CLIP_NORM = 2e-3, 0.01, 30, 1e-3, 1.0


@dataclass(frozen=True)
class Readings:
    """Of each clip: read motion (C, 63, 8, 16, 16) float16, its driver (C,), the block it was rendered in (C,)."""

    motion: Tensor
    driver: np.ndarray
    block: np.ndarray


@torch.no_grad()
def read_motion(reader: PlaceReader, frames: np.ndarray) -> Tensor:
    """Frames (C, T, 128, 128) uint8 -> differences (C, T-1, 8, 16, 16) float16 of the places read in them."""
    reader.eval()
    return torch.stack([torch.diff(reader(torch.from_numpy(clip)), dim=0).half() for clip in frames])


def read_drivers(reader: PlaceReader, files: WorldFiles, seed: int, drivers: int) -> Readings:
    """Render clips of about `drivers` drivers, a few faces for each block of them, and keep what is read in them."""
    world = files.world()
    blocks, clips = -(-drivers // BLOCK_DRIVERS), BLOCK_DRIVERS * CLIPS
    # Filled block by block: gigabytes that are joined afterwards would be needed twice.
    motion = torch.empty((blocks * clips, FRAMES - 1, PLACES, SIDE, SIDE), dtype=torch.float16)
    for block in tqdm(range(blocks), unit="block", desc="reading"):
        rng = np.random.default_rng((seed, _READ_SEED, block))
        frames, _ = world.batch(rng, BLOCK_DRIVERS, CLIPS, FRAMES)
        motion[block * clips : (block + 1) * clips] = read_motion(reader, frames)
    driver = np.repeat(np.arange(blocks * BLOCK_DRIVERS), CLIPS)
    return Readings(motion, driver, driver // BLOCK_DRIVERS)


def draw_clips(readings: Readings, rng: np.random.Generator) -> np.ndarray:
    """Indices into `readings` of DRAWN clips of each of IDENTITIES drivers, all from one block.

    Drivers of one block share faces, so that motion alone tells them apart; and a real driver comes again in other
    blocks, under another number, where he would be contrasted with himself.
    """
    clips = np.flatnonzero(readings.block == rng.choice(readings.block))
    return clips[identities_by_clips(rng, readings.driver[clips], IDENTITIES, DRAWN)]


def train_head(readings: Readings, steps: int, seed: int) -> TemporalHead:
    """A head for read motion (B, 8, T-1, 16, 16)."""
    torch.manual_seed(seed)
    rng, head = np.random.default_rng((seed, _TRAIN_SEED)), TemporalHead(PLACES, OURS.pooling)
    optimiser = torch.optim.AdamW(head.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    with tqdm(range(steps), unit="step", desc="head") as bar:
        for step in bar:
            optimiser.param_groups[0]["lr"] = LEARNING_RATE * learning_rate_factor(step, WARMUP, steps, FLOOR)
            chosen = draw_clips(readings, rng)
            embeddings = head(readings.motion[chosen].float().transpose(1, 2))
            loss = supervised_contrastive(embeddings, torch.from_numpy(readings.driver[chosen]))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), CLIP_NORM)
            optimiser.step()
            bar.set_postfix(loss=f"{loss.item():.3f}")
    return head


@torch.no_grad()
def whole_model(reader: PlaceReader, head: TemporalHead) -> Fingerprint:
    """The encoder and a head for its whole features that embeds as `head` embeds what is read in them."""
    model = Fingerprint(OURS)
    model.encoder.load_state_dict(reader.encoder.state_dict())
    state = head.state_dict()
    readout = reader.readout.weight.flatten(1)  # its bias is gone in a difference
    state["net.0.weight"] = torch.einsum("oktyx,kc->octyx", state["net.0.weight"], readout)
    model.head.load_state_dict(state)
    return model
