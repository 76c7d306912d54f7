"""From a person's video files to the references that the gallery keeps."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from guard.access.caller import DEFAULT_TENANT
from guard.core.extractor import Engine
from guard.core.items import Cut, Measurement
from guard.core.verifier import Settings
from guard.enrolment.clips import Clip, Windows
from guard.enrolment.filming import MOST, Film
from guard.enrolment.keeping import keep
from guard.enrolment.progress import NEEDS, Needs
from guard.enrolment.quality import obstacles
from guard.gallery import Gallery, checked_name
from guard.gallery.items import Consent
from guard.video import Report, events

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
    needs: Needs = NEEDS,
    keep_crops: bool = False,
    look: bool = False,
) -> Enrolled:
    """Puts one person into the gallery, in place of an earlier template or, to `add`, beside what it is made of.

    All files count alike, window by window, and each as a recording session of its own. With `keep_crops` the gallery
    keeps their reduced pictures too, MOST of them; with `look` the face is looked for in them: see guard.video.events.
    Raises ClaimError for a name
    that cannot be one, VideoError for a file that cannot be read, QualityError for clips that nobody can be enrolled
    from, ConsentError, OptedOutError; the gallery is changed at the very end or not at all.
    """
    name = checked_name(name)
    clips: list[Clip] = []
    room = MOST if keep_crops else 0
    for path in dict.fromkeys(paths):  # the same file twice counts once
        film = Film(room)
        windows = Windows(engine, settings)
        measured = list(windows_of(path, windows, report, film, look=look))
        clips.append(Clip(str(path), str(path), measured, film, windows.motion))
        room = film.room
    for clip in clips:
        if not clip.usable:
            report(f"{clip.label}: nothing in it can be used ({obstacles([clip], max(settings.horizons))})")
    keep(name, clips, settings, gallery, tenant=tenant, consent=consent, add=add, needs=needs)
    count = sum(len(clip.usable) for clip in clips)
    if count < ENOUGH:
        report(f"only {count} windows to learn from; 10 s or more, of several occasions, make a better template")
    seconds = sum(clip.seconds for clip in clips)
    refused = sum((clip.refused() for clip in clips), start=Counter[str]())
    return Enrolled(name, settings.model_id, count, seconds, sum(bool(clip.usable) for clip in clips), dict(refused))


def full_windows(
    path: Path,
    engine: Engine,
    settings: Settings,
    every: int,
    report: Report,
    *,
    look: bool = False,
) -> Iterator[Measurement]:
    """A measurement of the longest horizon for every `every`-th window of a video file that no cut shortens.

    With `look`, the face is looked for: see guard.video.events.
    """
    yield from windows_of(path, Windows(engine, settings, every), report, Film(0), look=look)


def windows_of(path: Path, windows: Windows, report: Report, film: Film, *, look: bool) -> Iterator[Measurement]:
    """What `windows` measures of a video file; `film` takes its pictures."""
    for event in events(path, report, look=look):
        if isinstance(event, Cut):
            windows.cut(event)
            film.cut()
        else:
            film.add(event)
            yield from windows.take(event)
