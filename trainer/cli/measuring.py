"""What circumstances cost: `trainer framing`, wide pictures; `rates`, frame rates; `mirrored`; `attacks`, disguises."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from guard.core.judge import Judge
from guard.engine import OnnxEngine
from trainer import framing as frames
from trainer import mirrored as mirrors
from trainer import rates as sources
from trainer.attacks import figures
from trainer.attacks.disguises import disguises
from trainer.attacks.filming import appearances, cast
from trainer.attacks.judging import Claim, claims
from trainer.cli.options import JsonOption, MotionOption, TargetsOption, load_bundle, world_files
from trainer.data.world.drawn import drawn_face
from trainer.data.world.faces import load_portraits
from trainer.evaluate import directions

BundleArgument = Annotated[Path | None, typer.Argument(help="A bundle; without it, the packaged one.")]
DriversOption = Annotated[int, typer.Option(min=4, help="Procedural drivers.")]


def framing(
    bundle: BundleArgument = None,
    targets: TargetsOption = None,
    drivers: DriversOption = 24,
    pictures: Annotated[int, typer.Option(min=8, help="Wide pictures to find a face in, and empty rooms.")] = 366,
    rooms: Annotated[int, typer.Option(min=1, help="Rooms that are empty for a minute until somebody sits down.")] = 24,
    streams: Annotated[int, typer.Option(min=1, help="Minutes of streams whose crop is watched.")] = 60,
    json_: JsonOption = False,
) -> None:
    """How faces in wide pictures are found and framed, and the AUC that this leaves of a perfect crop's."""
    loaded = load_bundle(bundle)
    engine, rng = OnnxEngine(loaded), np.random.default_rng(frames.SEED)
    faces = load_portraits(targets) if targets else [drawn_face(number) for number in range(24)]
    looks = frames.detection(faces, pictures, rng)
    tell(looks | frames.cost(engine, float(looks["look_ms"])), json_)
    tell(frames.emptiness(faces, rooms, rng), json_)
    trials = frames.trials_of(world_files(None, targets).world("validation"), drivers, rng)
    tell(frames.stability(trials, streams, rng), json_)
    for row in frames.accuracy(trials, lambda clip: directions(engine.embed_clip(clip), loaded.centre), rng):
        tell(row, json_)


def rates(
    bundle: BundleArgument = None,
    targets: TargetsOption = None,
    drivers: DriversOption = 48,
    json_: JsonOption = False,
) -> None:
    """What a source's frame rate costs: cosine of a performance with itself at 25 fps, and AUC against 25 fps."""
    loaded = load_bundle(bundle)
    engine, rng = OnnxEngine(loaded), np.random.default_rng(sources.SEED)
    world = world_files(None, targets).world("validation")
    read = []
    for take in tqdm(sources.takes(world, drivers, rng), total=drivers * sources.TAKES, disable=None):
        clips = {name: engine.embed_clip(clip[None]) for name, clip in take.clips.items()}
        read.append((take.seen, {name: directions(found, loaded.centre)[0] for name, found in clips.items()}))
    for row in sources.costs(read):
        tell(row, json_)


def mirrored(
    bundle: BundleArgument = None,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: DriversOption = 24,
    hours: Annotated[float, typer.Option(min=1, help="Hours of genuine calls, of each kind of driver and way.")] = 100,
    json_: JsonOption = False,
) -> None:
    """Genuine calls whose pictures are mirrored, from the start or mid-call: windows, and who is accused.

    A driver takes some 20 s of one core. Thresholds are the bundle's own.
    """
    loaded = load_bundle(bundle)
    loaded.check_steps("BUNDLE")
    engine, settings = OnnxEngine(loaded), loaded.settings()
    world = world_files(motion, targets).world("validation")
    people = list(tqdm(mirrors.watched(world, drivers, engine, settings), desc="filming", disable=None))
    with threadpool_limits(1):
        for row in mirrors.rows(people, settings, hours):
            tell({name: round(one, 4) if isinstance(one, float) else one for name, one in row.items()}, json_)


def attacks(
    bundle: BundleArgument = None,
    targets: TargetsOption = None,
    drivers: Annotated[int, typer.Option(min=6, help="Procedural drivers.")] = 24,
    json_: JsonOption = False,
) -> None:
    """Impostors who disguise their motion, and genuine people whose motion became like that: each way, each strength.

    One line each, the undisguised first; guard's own decisions after ten seconds.
    """
    loaded = load_bundle(bundle)
    loaded.check_steps("BUNDLE")
    engine, settings = OnnxEngine(loaded), loaded.settings()
    judge = Judge(settings)
    world, rng = world_files(None, targets).world("validation"), np.random.default_rng(figures.SEED)
    people = list(tqdm(cast(world, drivers, engine, settings, rng), total=drivers, desc="enrolling", disable=None))
    honest: list[Claim] = []
    for disguise in tqdm(list(disguises()), disable=None):
        seen = appearances(people, disguise, engine, settings)
        worn = list(claims(people, seen, judge, max(settings.horizons)))
        honest = honest or worn
        tell(figures.row(disguise, worn, honest, settings.thresholds.verify), json_)


def tell(row: dict[str, Any], json_: bool) -> None:
    """One row of figures."""
    line = ", ".join(f"{name} {value}" for name, value in row.items())
    typer.echo(json.dumps(row) if json_ else line)
