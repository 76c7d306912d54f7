"""Command line of the world: avatars as files and as participants, and the prior's fit.

python -m trainer.data.world render|avatar|fit-prior --help
"""

import asyncio
import signal
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray

from trainer.data.world.avatar import avatar_face, avatar_frames, live_driver, track_driver
from trainer.data.world.publish import FPS, PublishError, publish
from trainer.data.world.tracks import FOLDS
from trainer.data.world.video import SUFFIXES, write_video

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

DriverSeed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Which procedural driver.")]
FaceSeed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Which drawn face, or which portrait of --targets.")]
ClipSeed = Annotated[int, typer.Option(min=0, help="Which performance of the driver.")]
Seconds = Annotated[float, typer.Option(min=0.04, max=3600.0, help="How long.")]
Size = Annotated[int, typer.Option(min=64, max=1024, help="Side of the picture in pixels; odd ones lose one.")]


@app.command()
def render(
    out: Annotated[Path, typer.Option(help=f"Video to write: {' or '.join(SUFFIXES)}.")],
    driver_seed: DriverSeed = 0,
    face_seed: FaceSeed = 0,
    clip_seed: ClipSeed = 0,
    seconds: Seconds = 10.0,
    size: Size = 256,
    fps: Annotated[float, typer.Option(min=1.0, max=120.0, help="Frames a second of the file.")] = 25.0,
    motion: Annotated[Path | None, typer.Option(help="A tracks.npz: drive with its --clip instead.")] = None,
    clip: Annotated[int, typer.Option(min=0, help="Number of the clip in --motion.")] = 0,
    targets: Annotated[Path | None, typer.Option(help="A targets.npz: show one of its portraits instead.")] = None,
) -> None:
    """Write a video of an avatar."""
    cv2.setNumThreads(1)
    rate = Fraction(fps).limit_denominator(1001)
    try:
        driver = track_driver(motion, clip) if motion else live_driver(driver_seed)
        face = avatar_face(face_seed, size - size % 2, targets)
        rng = np.random.default_rng([clip_seed, 4])
        pictures = avatar_frames(driver, face, rng, max(1, round(seconds * rate)), rate)
        write_video(out, pictures, len(face.picture), rate)
    except (OSError, ValueError, IndexError) as error:
        _fail(str(error))


@app.command()
def avatar(
    whip: Annotated[str, typer.Option(help="WHIP endpoint to publish to, e.g. http://127.0.0.1:8080/whip?claim=Ann.")],
    driver_seed: DriverSeed = 0,
    face_seed: FaceSeed = 0,
    clip_seed: ClipSeed = 0,
    swap_after: Annotated[float | None, typer.Option(min=0.04, help="Seconds until another driver takes over.")] = None,
    swap_driver_seed: DriverSeed = 1,
    seconds: Seconds = 60.0,
    size: Size = 320,
) -> None:
    """Join a call as an avatar: publish over WebRTC in real time."""
    cv2.setNumThreads(1)
    face = avatar_face(face_seed, size - size % 2)
    total = round(seconds * FPS)
    before = total if swap_after is None else min(total, round(swap_after * FPS))
    acts = ((driver_seed, before), (swap_driver_seed, total - before))
    shows = [
        avatar_frames(live_driver(who), face, np.random.default_rng([clip_seed, 5, act]), frames)
        for act, (who, frames) in enumerate(acts)
    ]
    try:
        asyncio.run(_until_told(whip, chain(*shows)))
    except PublishError as error:
        _fail(str(error))


@app.command("fit-prior")
def fit(
    motion: Annotated[Path, typer.Option(help="A tracks.npz; only its clips that may train are read.")],
    out: Annotated[Path, typer.Option(help="Where to write the prior.")],
    fold: Annotated[
        int | None, typer.Option(min=0, max=FOLDS - 1, help="Leave out the drivers that this fold holds out.")
    ] = None,
) -> None:
    """Fit the motion prior anew."""
    from trainer.data.world.fit import fit_prior  # scipy.signal takes a second that no avatar should wait

    try:
        fit_prior(motion, fold).save(out)
    except (OSError, ValueError, KeyError) as error:
        _fail(str(error))


async def _until_told(url: str, pictures: Iterator[NDArray[np.uint8]]) -> None:
    """Publish to the end, or take leave in order on SIGTERM."""
    publishing = asyncio.create_task(publish(url, pictures))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, publishing.cancel)
    await asyncio.wait([publishing])
    if not publishing.cancelled():
        publishing.result()


def _fail(problem: str) -> None:
    """One line on stderr, exit code 2."""
    print(f"world: {problem}", file=sys.stderr)
    raise typer.Exit(2)


if __name__ == "__main__":
    app(prog_name="python -m trainer.data.world")
