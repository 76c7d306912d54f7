"""How often the guard finds replays, loops and still pictures: `trainer replays`."""

from collections import defaultdict
from itertools import chain
from typing import Annotated

import numpy as np
import typer
from tqdm import tqdm

from guard.core.items import FPS
from trainer import retakes
from trainer.cli.measuring import tell
from trainer.cli.options import JsonOption, MotionOption, TargetsOption, world_files
from trainer.replays import SEED, Look, detection, false_findings, joined, likeness, looked_at, sketched


def replays(
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: Annotated[int, typer.Option(min=2, help="Procedural drivers.")] = 24,
    seconds: Annotated[int, typer.Option(min=30, help="Length of each of a driver's three calls.")] = 90,
    json_: JsonOption = False,
) -> None:
    """Show the guard replays, loops and still pictures of drivers, and other calls of theirs; count what it finds."""
    rng = np.random.default_rng(SEED)
    world = world_files(motion, targets).world("validation")
    frames = seconds * FPS
    people = [retakes.person(world, frames, rng) for _ in tqdm(range(drivers), disable=None)]
    known = [sketched(one.call).rows for one in people]
    everybody = joined(known)
    found: dict[str, list[Look]] = defaultdict(list)
    innocent: list[Look] = []
    alike: list[float] = []
    for number, one in enumerate(tqdm(people, disable=None)):
        other = people[number - 1].shown.generator
        shows = (retakes.replays(one, other, rng), retakes.again(one, rng), retakes.loops(one, rng))
        for kind, clip in chain(*shows, retakes.stills(one, rng)):
            found[kind].append(looked_at(clip, known[number][:0] if "loop" in kind else known[number]))
        for clip in retakes.genuine(one, frames, rng):
            innocent.append(looked_at(clip, joined([everybody, known[number]])))
            alike += likeness(clip, everybody)
    for kind, looks in found.items():
        tell(detection(kind, looks), json_)
    tell(false_findings("procedural drivers, other calls", innocent, len(innocent) * frames, alike), json_)
    stretches = [clip for _, clip in retakes.recorded(world.cast, world, rng)]
    if stretches:
        seen = [looked_at(clip, everybody) for clip in stretches]
        length = sum(map(len, stretches))
        likenesses = chain(*(likeness(one, everybody) for one in stretches))
        tell(false_findings("real drivers", seen, length, likenesses), json_)
