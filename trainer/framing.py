"""How well guard finds and keeps the face in wide pictures, and what that costs beside a perfect crop."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from time import process_time

import numpy as np
from tqdm import tqdm

from guard.core.frames import reduce_luma
from guard.core.framing import CALM_CHECK, RECHECK, Framing, after_look, is_due, is_near, seen_in
from guard.core.items import FPS, SIZE, Crop, Reason
from guard.emptyroom import LONGEST
from guard.engine import OnnxEngine
from guard.faces import find_faces
from guard.framing import Framer
from trainer.data.world.faces import Face
from trainer.data.world.world import Trials, World
from trainer.evaluate import Embed
from trainer.measures import weighted_auc
from trainer.rooms import HEIGHT, WIDTH, Gray, Scene, place, room
from trainer.trials import bootstrap, compare

SEED = 12
STEPS = 100
"""Of the model, to time it."""
SECONDS = 60
"""Of each stream whose crop is watched."""
NOISE = 4.0
"""Grey levels, standard deviation: a webcam's in a dim room."""
PERFECT, FRAMED, CENTRE = "perfect crop", "framing", "centre square"

Figures = dict[str, float | int | str | None]


def detection(faces: list[Face], pictures: int, rng: np.random.Generator) -> Figures:
    """Single looks: portraits in rooms, each at another place, and as many empty rooms."""
    seen, spent, false = Counter[str](), 0.0, 0
    for number in range(pictures):
        background = room(rng)
        scene = Scene(background, place(rng))
        wide = scene.shown(faces[number % len(faces)].resized(128).picture)
        began = process_time()
        found = find_faces(wide)
        spent += process_time() - began
        seen[judged(seen_in(found, WIDTH, HEIGHT), scene.at)] += 1
        false += bool(find_faces(background))
    shares = {f"{kind}_share": round(seen[kind] / pictures, 4) for kind in ("right", "wrong", "none", "several")}
    return {"pictures": pictures, **shares, "empty_with_face": false, "look_ms": round(1000 * spent / pictures, 2)}


def judged(seen: Crop | Reason, truth: Crop) -> str:
    """What a look came to."""
    if isinstance(seen, Reason):
        return "none" if seen is Reason.NO_FACE else "several"
    return "right" if is_near(seen, truth) else "wrong"


def stability(trials: Trials, streams: int, rng: np.random.Generator) -> Figures:
    """Streams of SECONDS whose looks see the trials' pictures in turn: how often the crop moves, or is given up."""
    moved = abstained = looks = 0
    for number in range(streams):
        scene, framing = Scene(room(rng), place(rng)), Framing()
        clip = trials.frames[number % len(trials.frames)]
        for second in np.arange(0.0, SECONDS, RECHECK):
            if not is_due(framing, second):
                continue
            faces = find_faces(scene.shown(clip[int(rng.integers(len(clip)))]))
            before, framing = framing, after_look(framing, faces, WIDTH, HEIGHT, second)
            looks += 1
            moved += second > 0 and framing.crop != before.crop
            abstained += framing.obstacle is not None
    minutes = streams * SECONDS / 60
    return {
        "minutes": minutes,
        "crop_changes_per_minute": round(moved / minutes, 3),
        "looks_per_minute": round(looks / minutes, 2),
        "looks_that_abstain": abstained,
    }


def emptiness(faces: list[Face], rooms: int, rng: np.random.Generator) -> Figures:
    """Rooms that are empty for SECONDS, in a camera's noise, and then somebody sits down: what looking for a face costs
    meanwhile, and how long one that has come waits for it."""
    spent, waits = 0.0, []
    for number in range(rooms):
        background, framer = room(rng), Framer()
        seated = Scene(background, place(rng)).shown(faces[number % len(faces)].resized(128).picture)
        comes = SECONDS + float(rng.uniform(0.0, LONGEST))
        spent += watched(framer, background, 0.0, SECONDS, rng)[0]
        watched(framer, background, SECONDS, comes, rng)
        found = watched(framer, seated, comes, comes + 2 * LONGEST, rng)[1]
        waits += [] if found is None else [found - comes]
    return {
        "empty_rooms": rooms,
        "empty_ms_per_second": round(1000 * spent / (rooms * SECONDS), 3),
        "found_once_seated": len(waits),
        "found_after_median": round(float(np.median(waits)), 2) if waits else 0.0,
        "found_after_most": round(max(waits, default=0.0), 2),
    }


def watched(
    framer: Framer, picture: Gray, start: float, end: float, rng: np.random.Generator
) -> tuple[float, float | None]:
    """Processor seconds that a stream of this picture costs from `start` to `end`, without those of its noise, and when
    a face was found, where it stops."""
    spent, made = 0.0, 0.0

    def shown() -> Gray:
        nonlocal made
        began = process_time()
        noise = rng.normal(0.0, NOISE, picture.shape).astype(np.float32)
        noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
        made += process_time() - began
        return noisy

    for time in np.arange(start, end, 1 / FPS):
        began, made = process_time(), 0.0
        frame = framer.frame(float(time), shown, lambda crop: np.zeros((SIZE, SIZE), np.uint8))[1]
        spent += process_time() - began - made
        if frame.obstacle is None:
            return spent, float(time)
    return spent, None


def accuracy(trials: Trials, embed: Embed, rng: np.random.Generator) -> Iterator[Figures]:
    """AUC of the trials shown in rooms, by how they are cropped; a clip without a face makes no trial."""
    rows = [
        {way: None if seen is None else embed(seen[None])[0] for way, seen in cropped(clip, rng).items()}
        for clip in tqdm(trials.frames, desc="clips", disable=None)
    ]
    perfect = np.array([row[PERFECT] for row in rows])
    for way in (PERFECT, FRAMED, CENTRE):
        missing = np.array([row[way] is None for row in rows])
        embedded = np.array([np.zeros(perfect.shape[1]) if row[way] is None else row[way] for row in rows])
        # What is missing becomes a kind of its own: compared with nothing.
        there = replace(trials, kind=np.where(missing, "missing", trials.kind))
        pairs = compare(embedded, there, "procedural", same_face=True)
        auc = bootstrap(pairs, weighted_auc, np.random.default_rng(SEED))
        yield {
            "crop": way,
            **auc.named("auc"),
            "pairs": auc.pairs,
            "clips": len(rows),
            "clips_without_face": int(missing.sum()),
            "cosine_to_perfect": round(float(np.median((embedded * perfect).sum(axis=1)[~missing])), 4),
        }


def cropped(clip: Gray, rng: np.random.Generator) -> dict[str, Gray | None]:
    """A clip (T, 128, 128) shown in a room, as it is seen through each crop; None where guard finds no single face."""
    scene, framer = Scene(room(rng), place(rng)), Framer()
    seen: dict[str, list[Gray]] = {PERFECT: [], FRAMED: [], CENTRE: []}
    for number, picture in enumerate(clip):
        wide = scene.shown(picture)
        reduce = partial(reduce_luma, wide, full_range=True)
        frame = framer.frame(number / FPS, lambda wide=wide: wide, lambda crop, reduce=reduce: reduce(crop=crop))[1]
        seen[PERFECT].append(reduce(crop=scene.at))
        seen[CENTRE].append(reduce())
        if frame.obstacle is None:
            seen[FRAMED].append(frame.pixels)
    return {way: np.stack(frames) if len(frames) == len(clip) else None for way, frames in seen.items()}


def trials_of(world: World, drivers: int, rng: np.random.Generator) -> Trials:
    """Four clips of each driver, on two faces."""
    return world.validation_trials(rng, 64, drivers, faces=2, clips=2)


def cost(engine: OnnxEngine, look_ms: float) -> Figures:
    """Processor time of looks once they have agreed for a while, as a share of the model's steps on the same stream."""
    pictures = np.random.default_rng(SEED).integers(0, 256, (STEPS, 1, SIZE, SIZE), np.uint8)
    state = np.zeros((1, engine.state_size), np.float32)
    began = process_time()
    for picture in pictures:
        engine.step(picture, state)
    step_ms = 1000 * (process_time() - began) / STEPS
    return {"step_ms": round(step_ms, 2), "looks_share": round(look_ms / (CALM_CHECK * FPS * step_ms), 4)}
