"""How often the guard finds replays, loops, still, frozen and lost pictures: `trainer replays`."""

from collections import defaultdict
from itertools import chain
from typing import Annotated

import numpy as np
import typer
from tqdm import tqdm

from guard.core.items import FPS
from guard.core.settings import Settings
from trainer import retakes
from trainer.cli.measuring import tell
from trainer.cli.options import JsonOption, MotionOption, TargetsOption, load_bundle, world_files
from trainer.data.world.world import World
from trainer.replays import SEED, Look, detection, false_findings, joined, likeness, looked_at, sketched
from trainer.stoppages import Told, at_ease, frames, hours, refusals, stopped, told


def replays(
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: Annotated[int, typer.Option(min=2, help="Procedural drivers.")] = 24,
    seconds: Annotated[int, typer.Option(min=30, help="Length of each of a driver's three calls.")] = 90,
    json_: JsonOption = False,
) -> None:
    """Show the guard replays, loops and still pictures of drivers, and other calls of theirs; count what it finds.

    Then calls that freeze or lose pictures, and genuine ones by activity: verdicts that the packaged bundle refuses.
    """
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
    _stoppages(people, world, load_bundle(None).settings(), json_)


def _stoppages(people: list[retakes.Person], world: World, settings: Settings, json_: bool) -> None:
    """Tell which verdicts have no score, of calls that stop and of genuine ones."""
    rng = np.random.default_rng(SEED)
    found: dict[str, list[Told]] = defaultdict(list)
    innocent: dict[str, list[Told]] = defaultdict(list)
    for one in tqdm(people, disable=None):
        for kind, verdicts in stopped(one.call, settings, rng):
            found[kind].append(verdicts)
        for activity, clip in at_ease(one, rng):
            innocent[f"procedural drivers, {activity}"].append(told(frames(clip), settings))
    for _, clip in retakes.recorded(world.cast, world, rng, max(settings.horizons)):
        innocent["real drivers"].append(told(frames(clip), settings))
    for kind, streams in found.items():
        tell(refusals(kind, streams), json_)
    for kind, streams in innocent.items():
        tell({"hours": hours(streams), **refusals(kind, streams)}, json_)
