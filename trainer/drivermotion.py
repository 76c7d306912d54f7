"""How many drivers move: the motion of their clips along the motion basis, exactly, and as an encoder reads it.

The world knows the motion that it shows. To tell drivers apart by exact motion needs no picture, so that thousands of
them cost minutes; how an encoder blurs it is learned from the fewer that are rendered and read.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import Pool
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from trainer.blocks import WorldFiles
from trainer.models.covariance import FLOW
from trainer.motionbasis import DIRECTIONS, MotionBasis
from trainer.pretraining import MotionReader

FRAMES, CLIPS, BLOCK_DRIVERS = 64, 3, 24
BLOCK = BLOCK_DRIVERS * CLIPS
_IMAGINE_SEED, _FILM_SEED, _BASIS_SEED = 10, 4, 6
"""Keep the random numbers of both kinds of block and of the basis apart, and from those of trainer.blocks."""
_FITTED_TO = 12
"""Blocks that a motion basis is fitted to."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Motions:
    """Of each clip: motion along the basis (C, T-1, 48), its driver (C,), and the block it was made in (C,)."""

    along: Tensor
    driver: NDArray[np.int64]
    block: NDArray[np.int64]


@dataclass(frozen=True)
class Readings:
    """Of each clip: the flow that was read (C, T-1, 512) float16, and what there was to be read."""

    flow: Tensor
    true: Motions


def fitted_basis(files: WorldFiles, frames: int = FRAMES) -> MotionBasis:
    """The motion basis of the people and generators of training."""
    world = files.world()
    rngs = (np.random.default_rng((_BASIS_SEED, block)) for block in range(_FITTED_TO))
    return MotionBasis.fitted(world.imagined(rng, BLOCK_DRIVERS, CLIPS, frames)[0] for rng in rngs)


def imagine(
    basis: MotionBasis, files: WorldFiles, seed: int, drivers: int, workers: int = 1, frames: int = FRAMES
) -> Motions:
    """The exact motion of about `drivers` drivers, who share a few faces with those of their block.

    A block is a function of its number and the seed, whichever of the worker processes makes it.
    """
    blocks = -(-drivers // BLOCK_DRIVERS)
    along = torch.empty((blocks * BLOCK, frames - 1, DIRECTIONS))
    with _workers(workers, None, basis, files, seed, frames) as pool:
        for block, found in _in_order(pool, _imagined, blocks, "imagining"):
            along[block] = torch.from_numpy(found)
    return _labelled(along)


def film(
    reader: MotionReader,
    basis: MotionBasis,
    files: WorldFiles,
    seed: int,
    drivers: int,
    workers: int = 1,
    frames: int = FRAMES,
) -> Readings:
    """Render clips of about `drivers` drivers as well, and keep what is read in them."""
    blocks = -(-drivers // BLOCK_DRIVERS)
    along = torch.empty((blocks * BLOCK, frames - 1, DIRECTIONS))
    # Filled block by block: gigabytes that are joined afterwards would be needed twice.
    flow = torch.empty((blocks * BLOCK, frames - 1, FLOW), dtype=torch.float16)
    with _workers(workers, reader, basis, files, seed, frames) as pool:
        for block, found in _in_order(pool, _filmed, blocks, "reading"):
            along[block], flow[block] = (torch.from_numpy(part) for part in found)
    return Readings(flow, _labelled(along))


def _labelled(along: Tensor) -> Motions:
    driver = np.repeat(np.arange(len(along) // CLIPS), CLIPS)
    return Motions(along, driver, driver // BLOCK_DRIVERS)


@contextmanager
def _workers(
    count: int, reader: MotionReader | None, basis: MotionBasis, files: WorldFiles, seed: int, frames: int
) -> Iterator[Pool]:
    # Spawned, not forked: a fork of a process whose threads hold locks can hang.
    with get_context("spawn").Pool(count, _prepare, (reader, basis, files, seed, frames)) as pool:
        yield pool


def _in_order(pool: Pool, work: Callable[[int], Any], blocks: int, doing: str) -> Iterator[tuple[slice, Any]]:
    """What `work` makes of each block, and where it belongs."""
    made = pool.imap(work, range(blocks))
    for block, found in enumerate(tqdm(made, total=blocks, unit="block", desc=doing)):
        yield slice(block * BLOCK, (block + 1) * BLOCK), found


_worker: tuple[MotionReader | None, MotionBasis, WorldFiles, int, int]
"""Of a worker process: what reads, the basis, what is rendered from, the seed, frames of a clip."""


def _prepare(reader: MotionReader | None, basis: MotionBasis, files: WorldFiles, seed: int, frames: int) -> None:
    global _worker
    torch.set_num_threads(1)  # the other workers have the other cores
    _worker = reader, basis, files, seed, frames


def _imagined(block: int) -> Floats:
    _, basis, files, seed, frames = _worker
    rng = np.random.default_rng((seed, _IMAGINE_SEED, block))
    return along(basis, files.world().imagined(rng, BLOCK_DRIVERS, CLIPS, frames)[0])


def _filmed(block: int) -> tuple[Floats, NDArray[np.float16]]:
    reader, basis, files, seed, frames = _worker
    assert reader is not None
    rng = np.random.default_rng((seed, _FILM_SEED, block))
    scenes, _ = files.world().filmed(rng, BLOCK_DRIVERS, CLIPS, frames)
    return along(basis, scenes.places), read_flow(reader, scenes.frames)


@torch.no_grad()
def along(basis: MotionBasis, places: Floats) -> Floats:
    """Places (C, T, 8, 16, 16) -> their motion from frame to frame along the basis (C, T-1, 48)."""
    return np.stack([basis(torch.from_numpy(np.diff(clip, axis=0))).numpy() for clip in places])


@torch.no_grad()
def read_flow(reader: MotionReader, frames: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Frames (C, T, 128, 128) uint8 -> the flow (C, T-1, 512) that is read in them."""
    reader.eval()
    clips = (reader.flow(reader.encoder(torch.from_numpy(clip))[None])[0] for clip in frames)
    return np.stack([clip.flatten(1).half().numpy() for clip in clips])
