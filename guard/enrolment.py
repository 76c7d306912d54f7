"""From a person's video files to the template that the gallery keeps."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import VideoError
from guard.core.extractor import Engine, Extractor
from guard.core.items import FPS, Cut, Measurement, Reason
from guard.core.scoring import directions
from guard.core.verifier import Settings
from guard.gallery import Gallery, checked_name
from guard.gallery.items import Consent, Reference
from guard.video import Report, events

EVERY = 8
"""Frames from one reference window to the next: neighbours share most of their frames, nothing falls between them."""
FEWEST = 2
"""Reference windows without which there is no template: one alone would be an accident."""
ENOUGH = 20
"""Reference windows, 9 s of one clip, below which the person is enrolled but told that more would be better."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What was put into the gallery: a template of `windows` windows that cover `seconds` of video from `clips` files.

    `refused` counts the windows that could not be used, by the reason.
    """

    name: str
    model_id: str
    windows: int
    seconds: float
    clips: int
    refused: dict[str, int]


def enroll(
    name: str,
    paths: Sequence[Path],
    engine: Engine,
    settings: Settings,
    gallery: Gallery,
    report: Report,
    *,
    tenant: str = DEFAULT_TENANT,
    consent: Consent | None = None,
    add: bool = False,
) -> Enrolled:
    """Puts one person into the gallery, in place of an earlier template or, to `add`, beside what it is made of.

    All files count alike, window by window, and each as a recording session of its own.

    Raises ClaimError for a name that cannot be one, VideoError for a file that cannot be read or too few windows,
    ConsentError without a consent that holds, OptedOutError;
    the gallery is changed at the very end or not at all.
    """
    name = checked_name(name)
    windows = {path: list(full_windows(path, engine, settings, EVERY, report)) for path in paths}
    for path in windows:
        if not any(window.embedding is not None for window in windows[path]):
            report(f"{path}: nothing in it can be used ({obstacles(windows[path], max(settings.horizons))})")
    found = [window for path in windows for window in windows[path]]
    references = [reference(path, windows[path], settings) for path in windows if covered_seconds(windows[path]) > 0]
    usable = sum(len(one.embeddings) for one in references)
    check_amount(usable, found, settings, report)
    gallery.put(tenant, name, settings.model_id, references, consent, add=add)
    seconds = sum(one.seconds for one in references)
    return Enrolled(name, settings.model_id, usable, seconds, len(references), refusals(found))


def reference(path: Path, windows: Sequence[Measurement], settings: Settings) -> Reference:
    """What is kept of one file that has a usable window."""
    embeddings = np.stack([window.embedding for window in windows if window.embedding is not None])
    return Reference(directions(embeddings, settings.centre), covered_seconds(windows), str(path))


def full_windows(path: Path, engine: Engine, settings: Settings, every: int, report: Report) -> Iterator[Measurement]:
    """A measurement of the longest horizon for every `every`-th window of a video file that no cut shortens."""
    extractor = Extractor(engine, [max(settings.horizons)], every, settings.motion_floor)
    stream = extractor.open()
    for event in events(path, report):
        if isinstance(event, Cut):
            stream.cut(event)
            continue
        for measurement in extractor.step([(stream, event)])[0]:
            if measurement.reason is not Reason.TOO_FEW_FRAMES:
                yield measurement


def check_amount(usable: int, windows: Sequence[Measurement], settings: Settings, report: Report) -> None:
    """Raises VideoError when there are too few usable windows for a template; warns when they are few."""
    if usable < FEWEST:
        problem = f"{usable} usable windows where {FEWEST} are needed ({obstacles(windows, max(settings.horizons))})"
        raise VideoError("videos", problem, "give at least 10 s in which the face moves, at 20 frames a second or more")
    if usable < ENOUGH:
        report(f"only {usable} windows to learn from; 10 s or more, of several occasions, make a better template")


def obstacles(windows: Sequence[Measurement], horizon: int) -> str:
    """Why windows cannot be used, in a few words."""
    if not windows:
        return f"a window takes {horizon} frames, {horizon / FPS:.2f} s, without a cut"
    return ", ".join(f"{reason} {count}" for reason, count in refusals(windows).items()) or "all can be used"


def refusals(windows: Sequence[Measurement]) -> dict[str, int]:
    """How many windows gave no embedding, by the reason."""
    return dict(Counter(str(window.reason) for window in windows if window.reason is not None))


def covered_seconds(windows: Sequence[Measurement]) -> float:
    """Seconds of one file's video that lie in at least one usable window."""
    frames, last = 0, None
    for window in windows:
        if window.embedding is None:
            continue
        joined = last is not None and last.run == window.run
        frames += min(window.horizon, window.slot - last.slot) if joined and last is not None else window.horizon
        last = window
    return frames / FPS
