"""What models are compared by: trials of the people held out and of the world."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from guard.core.items import Floats
from trainer.clips import centre_crop
from trainer.data.cache import Cache
from trainer.data.videos import Video
from trainer.data.world.world import Trials
from trainer.evaluate import Embed, directions, relations
from trainer.export import HORIZON
from trainer.protocols import Embeddings, plain_pairs
from trainer.trials import Pairs


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

    def read(self, embed: Embed, centre: Floats | None) -> Reading:
        """What a model makes of them: videos by their centre crop of 64 frames (Eq. 6), each compared with each."""
        bar = tqdm(self.videos, unit="video", desc="measuring")
        rows = [embed(centre_crop(self.cache.clip(video.path), HORIZON)[None])[0] for video in bar]
        embeddings = embed(self.trials.frames)
        unit = directions(embeddings, centre)
        world = {
            f"{words}, {kind} drivers": pairs
            for kind in np.unique(self.trials.kind).tolist()
            for words, pairs in relations(unit, self.trials, kind)
        }
        return Reading(plain_pairs(self.videos, directions(np.stack(rows), centre)), world, embeddings)
