"""Before drivers are told apart: an encoder in whose features the motion of each cell can be solved for.

The world knows the motion that it renders, so that encoder and feature flow learn to read motion as such. Contrasting
drivers alone does not get there in affordable time; what either gains is in docs/benchmarks.md.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from trainer.blocks import WorldFiles
from trainer.checkpoints import read_checkpoint, write_checkpoint
from trainer.data.world.world import Scenes, Split
from trainer.memory import keep_freed_memory
from trainer.models.f5c import F5C
from trainer.models.fingerprint import OURS
from trainer.models.flow import FeatureFlow
from trainer.motionbasis import MotionBasis
from trainer.resume import begun_with
from trainer.schedule import channel_strength, learning_rate_factor
from trainer.seen import seen

KIND = "encoder"
PRETRAINED = Path(__file__).parent / "encoder.pt"
"""An encoder trained with real motion and portraits; how is written in docs/benchmarks.md."""
PLACES = 8
CLIPS, FRAMES = 20, 5
LEARNING_RATE, FLOOR, WARMUP, WEIGHT_DECAY, CLIP_NORM = 2e-3, 0.02, 50, 1e-4, 5.0
CLEAN, RAMP = 0.2, 2500
CHECKPOINT_EVERY = 250
_AHEAD = 4
"""Steps that are rendered beyond those that the workers are at."""
_SCENES_SEED = 3
"""Keeps these random numbers apart from those of trainer.blocks."""
_PART = 4
"""Side of the parts of the picture, in cells, whose motion counts alike."""
_SHARED = 0.15
"""Share of the whole clip's motion that is added to a part's own, so that a part at rest does not count without end."""
_WHOLE_WEIGHT = 2.0
_DIRECTIONS = 24
"""Of the motion basis that count: what is along the others is mostly noise to an encoder."""
_LEAST_MOTION = 0.02
"""Square units of a place, below which a pair of frames, or its motion in a part, no longer raises its weight."""


class MotionReader(nn.Module):
    """Frames (C, T, 128, 128) uint8 -> motion of places (C, T-1, 8, 16, 16), read by encoder, flow and one map."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = F5C(OURS.scale)
        self.flow = FeatureFlow()
        self.readout = nn.Conv2d(2, PLACES, 3, padding=1, padding_mode="replicate", bias=False)
        with torch.no_grad():  # all four quarters of a cell move as the cell does
            self.readout.weight.zero_()
            self.readout.weight[:, :, 1, 1] = torch.eye(2).repeat(PLACES // 2, 1)

    def forward(self, frames: Tensor) -> Tensor:
        features = self.encoder(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
        flow = self.flow(features)
        return self.readout(flow.flatten(0, 1)).unflatten(0, flow.shape[:2])


@dataclass(frozen=True)
class MotionError:
    """How wrong read motion is: what to minimise, and two shares of it that are left, 1 for knowing nothing."""

    loss: Tensor
    motion: float
    """Of the motion of all places."""
    whole: float
    """Of that, along the directions of the motion basis, which count alike."""


def motion_error(read: Tensor, moved: Tensor, basis: MotionBasis) -> MotionError:
    """Compare motion read and true, both (C, T-1, 8, 16, 16).

    Motion is weighed by what there is in each part of each clip, so that a quiet person counts as much as a lively
    one, and brows and lids beside a nod. The motion of the whole face counts once more along each direction of
    `basis`: what is too small to be seen in one place, but goes on all over the face.
    """
    missed, there = by_part(read - moved), by_part(moved)
    weighed = missed / (there + _SHARED * there.mean(dim=(1, 2), keepdim=True) + _LEAST_MOTION)
    liveliness = moved.square().mean(dim=(2, 3, 4)) + _LEAST_MOTION
    along = (basis(motion)[..., :_DIRECTIONS].square().mean(dim=-1) for motion in (read - moved, moved))
    missing, wholly = ((squares / liveliness).mean() for squares in along)
    loss = weighed.mean() + _WHOLE_WEIGHT * missing
    return MotionError(loss, (missed.sum() / there.sum()).item(), (missing / wholly).item())


def by_part(places: Tensor) -> Tensor:
    """Mean squares of (C, T, 8, 16, 16) in each part of the picture: (C, 4, 4)."""
    return functional.avg_pool2d(places.square().mean(dim=(1, 2)).unsqueeze(1), _PART).squeeze(1)


class Pretraining:
    """Model, optimiser and how far they have come. The scenes are the caller's: a function of `step`."""

    def __init__(self, steps: int, seed: int, basis: MotionBasis) -> None:
        torch.manual_seed(seed)
        self.steps, self.seed, self.step, self.basis = steps, seed, 0, basis
        self.ramp = RAMP
        """Steps until the channel is at its full strength."""
        self.facts: dict[str, Any] = {}
        """What the checkpoint that this goes on from says of itself."""
        self.model = MotionReader()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)

    def advance(self, scenes: Scenes) -> MotionError:
        """One optimiser step."""
        factor = learning_rate_factor(self.step, WARMUP, self.steps, FLOOR)
        self.optimiser.param_groups[0]["lr"] = LEARNING_RATE * factor
        self.model.train()
        error = self._error(scenes)
        self.optimiser.zero_grad()
        error.loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
        self.optimiser.step()
        self.step += 1
        return error

    def begin(self, earlier: "Pretraining") -> None:
        """Take over the weights of another run, and what it has seen: it need not begin with clean pictures again."""
        self.ramp = 0
        self.model.load_state_dict(earlier.model.state_dict())
        self.facts = earlier.facts

    @torch.no_grad()
    def measure(self, scenes: Scenes) -> MotionError:
        """The error of the encoder as it will be used."""
        self.model.eval()
        return self._error(scenes)

    def _error(self, scenes: Scenes) -> MotionError:
        read, places = self.model(torch.from_numpy(scenes.frames)), torch.from_numpy(scenes.places)
        return motion_error(read, torch.diff(places, dim=1), self.basis)

    def save(self, path: Path, facts: dict[str, Any]) -> None:
        """Write everything that the next step depends on, and `facts` for whoever reads it."""
        state = {"steps": self.steps, "seed": self.seed, "step": self.step, "ramp": self.ramp, "facts": facts}
        state |= {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}
        state |= {"basis": self.basis.state_dict()}
        write_checkpoint(path, KIND, state)

    @classmethod
    def load(cls, path: Path) -> "Pretraining":
        """Go on from what `save` wrote. Raises InputError."""
        state = read_checkpoint(path, KIND)
        basis = MotionBasis()
        basis.load_state_dict(state["basis"])
        pretraining = cls(state["steps"], state["seed"], basis)
        pretraining.model.load_state_dict(state["model"])
        pretraining.optimiser.load_state_dict(state["optimiser"])
        pretraining.step, pretraining.facts = state["step"], state["facts"]
        pretraining.ramp = state.get("ramp", RAMP)  # the packaged one's checkpoint does not say
        return pretraining


def pretrain(pretraining: Pretraining, out: Path, files: WorldFiles, workers: int) -> None:
    """Go on until the last step; `out` holds the latest checkpoint, and the bar what held-out people were read with."""
    keep_freed_memory()
    held_out = render_scenes(files, "validation", pretraining.seed, 0, 1.0)
    remaining = range(pretraining.step, pretraining.steps)
    with tqdm(total=pretraining.steps, initial=pretraining.step, unit="step", smoothing=0.05) as bar:
        for scenes in scenes_ahead(files, pretraining.seed, remaining, pretraining.ramp, workers):
            error = pretraining.advance(scenes)
            bar.update()
            bar.set_postfix(motion_left=f"{error.motion:.3f}", whole=f"{error.whole:.3f}")
            if pretraining.step % CHECKPOINT_EVERY == 0 or pretraining.step == pretraining.steps:
                left = pretraining.measure(held_out)
                facts = {"step": pretraining.step, "motion_left": round(left.motion, 4), "whole": round(left.whole, 4)}
                pretraining.save(out, facts | seen(files, pretraining.facts) | {"begun_with": begun_with(files)})
                tqdm.write(
                    f"step {pretraining.step}: {left.motion:.3f} of the motion of held-out people is not read,"
                    f" along its directions {left.whole:.3f}"
                )


def scenes_ahead(files: WorldFiles, seed: int, steps: range, ramp: int, workers: int) -> Iterator[Scenes]:
    """The scenes of each step in order, rendered by worker processes a few steps ahead."""
    # Spawned, not forked: a fork of a process whose threads hold locks can hang.
    with get_context("spawn").Pool(workers) as pool:
        waiting = deque(_ordered(pool, files, seed, step, ramp) for step in steps[: workers + _AHEAD])
        for step in steps:
            scenes = waiting.popleft().get()
            if step + workers + _AHEAD < steps.stop:
                waiting.append(_ordered(pool, files, seed, step + workers + _AHEAD, ramp))
            yield scenes


def _ordered(pool: Pool, files: WorldFiles, seed: int, step: int, ramp: int) -> AsyncResult[Scenes]:
    strength = channel_strength(step, CLEAN, ramp)
    return pool.apply_async(render_scenes, (files, "train", seed, step, strength))


def render_scenes(files: WorldFiles, split: Split, seed: int, number: int, strength: float) -> Scenes:
    """The clips of one step."""
    return files.world(split).scenes(np.random.default_rng((seed, _SCENES_SEED, number)), CLIPS, FRAMES, strength)
