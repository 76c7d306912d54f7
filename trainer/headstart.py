"""A head start: the temporal head trained on what a pretrained encoder reads, before both are trained together.

Read motion has 8 channels instead of a feature's 128 and is kept, so that a step costs a tenth of one through the
encoder and can contrast more clips. The readout is linear: the finished head takes it into its first layer.

The head begins with sizes of motion and their linear discriminant (`trainer.motionsizes`, `trainer.discriminant`) and
is then trained gently. From random weights the same steps end far below that beginning: see docs/benchmarks.md.
"""

from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from trainer.blocks import WorldFiles
from trainer.discriminant import set_discriminant
from trainer.losses import supervised_contrastive
from trainer.models.f5c import SIDE
from trainer.models.fingerprint import OURS, Fingerprint
from trainer.models.head import TemporalHead, levelled
from trainer.motionsizes import measure_sizes
from trainer.pretraining import PLACES, PlaceReader
from trainer.sampler import identities_by_clips
from trainer.schedule import learning_rate_factor

FRAMES, CLIPS = 64, 3
BLOCK_DRIVERS = 24
IDENTITIES = 16
_READ_SEED, _TRAIN_SEED = 4, 5
"""Keep the random numbers of what is read and of what is drawn from it apart, and from those of trainer.blocks."""
LEARNING_RATE, FLOOR, WARMUP, WEIGHT_DECAY, CLIP_NORM = 3e-4, 0.02, 20, 1e-2, 1.0
TEMPERATURE, DROPOUT = 0.1, 0.1
KEPT = 0.975
"""Of the average of weights, in each step: heads of neighbouring steps differ on people that none has seen."""
_MEASURED = 48
"""Clips that the first norms are set by."""
_AT_ONCE = 32


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


def read_drivers(
    reader: PlaceReader, files: WorldFiles, seed: int, drivers: int, workers: int = 1, frames: int = FRAMES
) -> Readings:
    """Render clips of about `drivers` drivers, a few faces for each block of them, and keep what is read in them.

    A block is a function of its number and the seed, whichever of the worker processes reads it.
    """
    blocks, clips = -(-drivers // BLOCK_DRIVERS), BLOCK_DRIVERS * CLIPS
    # Filled block by block: gigabytes that are joined afterwards would be needed twice.
    motion = torch.empty((blocks * clips, frames - 1, PLACES, SIDE, SIDE), dtype=torch.float16)
    with get_context("spawn").Pool(workers, _prepare, (reader, files, seed, frames)) as pool:
        read = pool.imap(_read_block, range(blocks))
        for block, found in enumerate(tqdm(read, total=blocks, unit="block", desc="reading")):
            motion[block * clips : (block + 1) * clips] = torch.from_numpy(found)
    driver = np.repeat(np.arange(blocks * BLOCK_DRIVERS), CLIPS)
    return Readings(motion, driver, driver // BLOCK_DRIVERS)


_worker: tuple[PlaceReader, WorldFiles, int, int]
"""Of a worker process: what reads, what is rendered from, the seed, frames of a clip."""


def _prepare(reader: PlaceReader, files: WorldFiles, seed: int, frames: int) -> None:
    global _worker
    torch.set_num_threads(1)  # the other workers have the other cores
    _worker = reader, files, seed, frames


def _read_block(block: int) -> NDArray[np.float16]:
    reader, files, seed, length = _worker
    rng = np.random.default_rng((seed, _READ_SEED, block))
    frames, _ = files.world().batch(rng, BLOCK_DRIVERS, CLIPS, length)
    return read_motion(reader, frames).numpy()


def draw_clips(readings: Readings, rng: np.random.Generator) -> np.ndarray:
    """Indices into `readings` of all clips of each of IDENTITIES drivers, from one block.

    Drivers of one block share faces, so that motion alone tells them apart; and a real driver comes again in other
    blocks, under another number, where he would be contrasted with himself.
    """
    clips = np.flatnonzero(readings.block == rng.choice(readings.block))
    return clips[identities_by_clips(rng, readings.driver[clips], IDENTITIES, CLIPS)]


@torch.no_grad()
def begun_head(readings: Readings, rng: np.random.Generator) -> TemporalHead:
    """A head that measures sizes of motion and compares them by their linear discriminant over all drivers."""
    head = TemporalHead(PLACES, OURS.pooling)
    some = rng.choice(len(readings.motion), min(_MEASURED, len(readings.motion)), replace=False)
    measure_sizes(head, channels_first(readings.motion[some]))
    head.eval()
    parts = (head.pooled(channels_first(part)) for part in readings.motion.split(_AT_ONCE))
    levels = levelled(torch.cat(list(parts)), head.pooling)
    set_discriminant(head, levels.double().numpy(), readings.driver, readings.block)
    return head


def train_head(readings: Readings, steps: int, seed: int) -> TemporalHead:
    """A head for read motion (B, 8, T-1, 16, 16): the average of the last steps' weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng((seed, _TRAIN_SEED))
    head = begun_head(readings, rng)
    average = AveragedModel(head, multi_avg_fn=get_ema_multi_avg_fn(KEPT))
    optimiser = torch.optim.AdamW(head.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    # Norms keep the statistics of all clips: those of 48 would undo what the beginning rests on.
    head.mlp[2].p = DROPOUT
    head.mlp.train()
    with tqdm(range(steps), unit="step", desc="head") as bar:
        for step in bar:
            optimiser.param_groups[0]["lr"] = LEARNING_RATE * learning_rate_factor(step, WARMUP, steps, FLOOR)
            chosen = draw_clips(readings, rng)
            embeddings = head(channels_first(readings.motion[chosen]))
            loss = supervised_contrastive(embeddings, torch.from_numpy(readings.driver[chosen]), TEMPERATURE)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), CLIP_NORM)
            optimiser.step()
            average.update_parameters(head)
            bar.set_postfix(loss=f"{loss.item():.3f}")
    return average.module


def channels_first(motion: Tensor) -> Tensor:
    """Kept motion (B, T-1, 8, 16, 16) as the head takes it, (B, 8, T-1, 16, 16) float32."""
    return motion.float().transpose(1, 2)


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
