"""A table of the paper on one's own data: train what is missing, measure, write it beside the paper's numbers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from guard.core.errors import InputError
from trainer.landmarktraining import FRAMES, NAME, trained_on_landmarks
from trainer.models.fingerprint import Architecture
from trainer.papertables import LANDMARKS, TABLES, Table
from trainer.presets import Preset
from trainer.systems import System, measured, trained
from trainer.tablewriting import Measured, write_table
from trainer.training import Training
from trainer.trivial import trivial_systems
from trainer.videobatches import VideoBatches
from trainer.videosets import SPLITS, Clips, VideoSet
from trainer.worldset import LAYOUT as WORLD

COUNTERPARTS: dict[str, dict[str, str | None]] = {
    "nvfair": {"facevid2vid": "FV2V", "tps": "TPS", "lia": "LIA"},
    "avaprintdb": {"GAGA": None, "LIVE": None, "HUNY": None},
    WORLD: {"keypoint": "FV2V", "thin-plate": "TPS", "latent": "LIA"},
}
"""By layout, the three generators that a table is made of, and which of the paper's each stands for."""
_TIMED = System(frames=16)
_TIMED_DRIVERS, _TIMED_CLIPS = 4, 2


@dataclass(frozen=True)
class Plan:
    """What a table needs: a system for each row that is trained, by the row's label."""

    table: Table
    systems: dict[str, System]

    @classmethod
    def of(cls, number: int, layout: str) -> "Plan":
        """The plan of a paper's table on a layout's generators."""
        names, table = tuple(COUNTERPARTS[layout]), TABLES[number]
        systems = {}
        for row in table.rows:
            if row.architecture:
                generators = () if row.trained_on is None else (names[row.trained_on],)
                systems[row.label] = System(row.architecture, row.frames, generators)
        return cls(table, systems)


def reproduce(
    number: int,
    videos: VideoSet,
    out: Path,
    base: Preset,
    seed: int,
    say: Callable[[str], None],
    landmarks: Clips | None = None,
) -> list[Path]:
    """Write table `number` into `out` and return its files. Systems are kept there, for other tables to use.

    `say` is told in advance what it will cost. With the `landmarks` of the videos the landmark baseline is trained
    too, in a table that has it as a row; otherwise it is only quoted. Raises InputError.
    """
    plan = Plan.of(number, videos.layout)
    check(plan, base, videos, seed)
    for line in costs(list(plan.systems.values()), base, videos):
        say(line)
    found = {}
    for label, system in plan.systems.items():
        say(f"{label}: {system.name}")
        folder = out / "systems" / system.name
        found[label] = measured(trained(system, base, videos, folder, seed), videos, folder)
    if landmarks and has_baseline(number):
        say(f"{LANDMARKS}: {NAME}, {FRAMES} frames a clip")
        followed, folder = replace(videos, cache=landmarks), out / "systems" / NAME
        found[LANDMARKS] = measured(trained_on_landmarks(base, followed, folder, seed), followed, folder)
    for label, name, system in trivial_systems(base):
        say(f"{label}: {name}")
        folder = out / "systems" / name
        folder.mkdir(parents=True, exist_ok=True)
        found[label] = measured(system, videos, folder)
    about = f"{videos.chosen().summary()}; {len(videos.test)} test videos; {base.steps} steps, seed {seed}"
    return write_table(out, number, Measured(plan.table, COUNTERPARTS[videos.layout], found, videos.layout, about))


def check(plan: Plan, base: Preset, videos: VideoSet, seed: int) -> None:
    """Raises InputError for what would end the work after hours: a system that has nobody to learn from, or no test."""
    if not videos.test:
        problem = f"holds no video of the split {SPLITS[videos.layout][2]!r} that can be decoded"
        raise InputError("--data", problem, "without any nothing can be measured")
    for generators in ((), *(system.generators for system in plan.systems.values())):
        VideoBatches(videos.cache, videos.chosen(generators).training, base, seed)


def has_baseline(number: int) -> bool:
    """Whether the landmark baseline is a row of the table."""
    return any(row.label == LANDMARKS for row in TABLES[number].rows)


def costs(systems: Sequence[System], base: Preset, videos: VideoSet) -> list[str]:
    """What training each takes if nothing is there yet: frames, and the time by a few steps made for this, roughly."""
    lines, total = [], 0.0
    pace: dict[Architecture, float] = {}
    for system in systems:
        if system.architecture not in pace:
            pace[system.architecture] = seconds_a_picture(system.architecture, base)
        drivers = {video.driver for video in videos.chosen(system.generators).training}
        clips = base.steps * min(base.identities, len(drivers)) * base.clips
        seconds = system.pictures(clips) * pace[system.architecture]
        total += seconds
        lines.append(f"{system.name}: {clips * system.frames:,} frames, about {seconds / 3600:.2f} h if none is done")
    return [*lines, f"in all about {total / 3600:.2f} h, and embedding {len(videos.test)} test videos by each"]


def seconds_a_picture(architecture: Architecture, base: Preset) -> float:
    """Of one optimiser step on noise, timed here and now, after one that is not; the random state is left as it was."""
    small = replace(_TIMED.preset(base), identities=_TIMED_DRIVERS, clips=_TIMED_CLIPS)
    system = replace(_TIMED, architecture=architecture)
    clips = _TIMED_DRIVERS * _TIMED_CLIPS
    frames = np.random.default_rng(0).integers(0, 256, (clips, small.frames, 128, 128), dtype=np.uint8)
    labels = np.repeat(np.arange(_TIMED_DRIVERS), _TIMED_CLIPS)
    with torch.random.fork_rng():
        training = Training(small, 0, architecture)
        training.advance(frames, labels)
        start = time.perf_counter()
        training.advance(frames, labels)  # waits for the device: it returns the loss
        return (time.perf_counter() - start) / system.pictures(clips)
