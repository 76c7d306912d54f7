"""What a source's frame rate costs: one performance rendered at several, compared with itself at 25 fps."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guard.core.items import Floats
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.prior import Prior
from trainer.data.world.rendering import Rendering
from trainer.data.world.world import World
from trainer.export import HORIZON
from trainer.measures import weighted_auc
from trainer.trials import Pairs, bootstrap

RATES = (10, 12, 15, 20, 24, 25, 30, 50, 60)
"""Frames a second of the sources."""
AGAIN, MIRRORED = "25 again", "25 mirrored"
"""The source of 25 fps once more, which differs by its noise and codec alone; and as self-views show it."""
TAKES = 3
"""Performances of each driver, the first two of one session."""
FACES = 3
"""Drivers share them in turn: impostors are those who drive the same face."""
SEED = 11

Clips = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """Who drives which face."""

    driver: int
    face: int


@dataclass(frozen=True, eq=False)
class Take:
    """One performance, each of whose `clips` (T, 128, 128) shows it from another source."""

    seen: Seen
    clips: dict[str, Clips]


Read = list[tuple[Seen, dict[str, Floats]]]
"""Each take with the embeddings (256,) of its clips, of unit norm."""


def takes(world: World, drivers: int, rng: np.random.Generator) -> Iterator[Take]:
    """TAKES of each of so many procedural drivers, with the session's circumstances, artefacts and channel drawn."""
    prior = Prior.load()
    looks = [world.looks.some(rng) for _ in range(FACES)]
    for who in range(drivers):
        driver = world.cast.procedural(rng)
        sessions = [RecordingSession.drawn(rng, prior) for _ in range(2)]
        for number in range(TAKES):
            met = Circumstances.drawn(rng, prior, sessions[number // 2])
            motion = driver.motion(rng, Rendering.frames_needed(HORIZON), met)
            rendering = Rendering.drawn(rng, looks[who % FACES])
            yield Take(Seen(who, who % FACES), dict(shown(rendering, motion, int(rng.integers(1 << 31)))))


def shown(rendering: Rendering, motion: NDArray[np.float32], seed: int) -> Iterator[tuple[str, Clips]]:
    """The performance from each source; what is drawn for a clip is drawn alike for all but AGAIN."""

    def clip(fps: int, seed: int) -> Clips:
        at = replace(rendering, channel=replace(rendering.channel, source_fps=fps))
        return at.clip(np.random.default_rng(seed), motion, HORIZON)

    for fps in RATES:
        yield str(fps), clip(fps, seed)
    yield AGAIN, clip(25, seed + 1)
    yield MIRRORED, clip(25, seed)[:, :, ::-1]


def costs(read: Read) -> list[dict[str, float | str | int | None]]:
    """For each source: cosine of a performance with itself at 25 fps, and AUC against others enrolled at 25 fps."""
    rng = np.random.default_rng(SEED)
    found: list[dict[str, float | str | int | None]] = []
    for source in read[0][1]:
        cosines = [float(embeddings["25"] @ embeddings[source]) for _, embeddings in read]
        pairs = against(read, source)
        auc = bootstrap(pairs, weighted_auc, rng)
        found.append(
            {
                "source_fps": source,
                "cosine_median": round(float(np.median(cosines)), 4),
                "cosine_low": round(float(np.percentile(cosines, 10)), 4),
                **auc.named("auc"),
                "genuine_score": round(float(pairs.score[pairs.genuine].mean()), 4),
                "impostor_score": round(float(pairs.score[~pairs.genuine].mean()), 4),
                "pairs": auc.pairs,
            }
        )
    return found


def against(read: Read, source: str) -> Pairs:
    """Every take from `source` against every other take of the same face at 25 fps."""
    score, drivers = [], []
    for number, (test, tested) in enumerate(read):
        for other, (reference, enrolled) in enumerate(read):
            if number != other and test.face == reference.face:
                score.append(float(tested[source] @ enrolled["25"]))
                drivers.append((test.driver, reference.driver))
    pairs = np.array(drivers)
    return Pairs(np.array(score), pairs[:, 0] == pairs[:, 1], pairs)
