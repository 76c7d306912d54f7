"""The tables of a data set of videos: renderings of the test split, each compared with each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from guard.bundle import Bundle
from trainer.clips import Frames
from trainer.data.cache import Cache
from trainer.data.videos import Video
from trainer.export import HORIZON
from trainer.tables import slices
from trainer.tables.figures import figures, panels, protocol_figures
from trainer.tables.labels import Labels, Numbers, thinned, video_labels
from trainer.tables.readings import energy, read
from trainer.tables.report import Report, write_report
from trainer.tables.slices import Slice
from trainer.verification import systems

_SEED = 4


def report_videos(
    out: Path,
    bundle: Bundle,
    metrics: Sequence[Mapping[str, Any]],
    cache: Cache,
    videos: Sequence[Video],
    most: int = 600,
    threads: int = 1,
    folder: Path | None = None,
) -> None:
    """Write the report `out`: `metrics`, as the layout's protocol has them, and tables on at most `most` `videos`.

    With `folder`, that of the cache, what networks embed is kept there. Raises InputError if `out` cannot be written.
    """
    rng = np.random.default_rng(_SEED)
    chosen = thinned(videos, most, rng)
    labels, clips = video_labels(chosen), [cache.clip(video.path) for video in chosen]
    trials, lengths = slices.all_trials(labels, rng), np.array([len(clip) for clip in clips], np.int64)
    longest = slices.evidence_windows(lengths) * HORIZON
    readings = {
        name: read(embed, tqdm(clips, unit="video", desc=f"{name}, tables"), longest=longest)
        for name, embed in systems(bundle, threads, folder).items()
    }
    found = [*protocol_figures(metrics), *figures(labels, readings, _slices(labels, trials, clips, lengths))]
    one_face = Slice("", "same face", slices.on_one_face(labels, trials))
    curves = panels(labels, readings, [one_face, *slices.by_relation(labels, trials)])
    title = f"{bundle.model_id} on {len(videos)} videos"
    write_report(out, Report(title, _about(labels, len(chosen)), found, curves, labels.generators, slices.NOTES))


def _slices(labels: Labels, trials: Numbers, clips: Sequence[Frames], lengths: Numbers) -> Iterator[Slice]:
    one_face = slices.on_one_face(labels, trials)
    yield from slices.by_relation(labels, trials)
    yield from slices.by_generators(labels, trials)
    yield from slices.by_motion(np.array([energy(clip) for clip in clips]), one_face)
    yield from slices.by_seconds(lengths, one_face)


def _about(labels: Labels, chosen: int) -> list[str]:
    drivers = len(np.unique(labels.driver))
    untold = [aspect for aspect in ("face", "generator", "session") if not labels.knows(aspect)]
    return [
        "All embeddings are those of guard's own engine. Intervals are 95 %, by bootstrap over people. Motion energy, "
        "pixels and the untrained network are trivial systems: what they reach is a shortcut of the data.",
        f"The tables but the first, and the curves, are of {chosen} renderings by {drivers} drivers, each compared "
        "with each but for two of one performance, or of which that is not known. Originals are left out.",
        f"The layout does not tell the {' or the '.join(untold)}: genuine trials are not split by that.",
    ]
