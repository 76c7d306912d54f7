"""What two bundles are compared by: trials of the people held out and of the world, through guard's engine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from guard.core.items import Floats
from guard.engine import OnnxEngine
from trainer.clips import centre_crop
from trainer.data.cache import Cache
from trainer.data.videos import Video
from trainer.data.world.world import Trials
from trainer.evaluate import PAIRS, directions
from trainer.export import HORIZON
from trainer.protocols import Embeddings, plain_pairs
from trainer.trials import Pairs, compare


@dataclass(frozen=True)
class Reading:
    """Scores by what a trial's clips share, of the `people` and of the `world`, and the world's `embeddings`."""

    people: dict[str, Pairs]
    world: dict[str, Pairs]
    embeddings: Embeddings


@dataclass(frozen=True)
class Yardstick:
    """The videos of the people held out, and the world's trials."""

    cache: Cache
    videos: Sequence[Video]
    trials: Trials

    def read(self, engine: OnnxEngine, centre: Floats | None) -> Reading:
        """What a bundle makes of them: videos by their centre crop of 64 frames (Eq. 6), each compared with each."""
        bar = tqdm(self.videos, unit="video", desc="measuring")
        rows = [engine.embed_clip(centre_crop(self.cache.clip(video.path), HORIZON)[None])[0] for video in bar]
        embeddings = engine.embed_clip(self.trials.frames)
        unit = directions(embeddings, centre)
        world = {
            f"{words}, {kind} drivers": compare(unit, self.trials, kind, same_face, same_session)
            for kind in np.unique(self.trials.kind).tolist()
            for words, same_face, same_session in PAIRS
        }
        return Reading(plain_pairs(self.videos, directions(np.stack(rows), centre)), world, embeddings)
