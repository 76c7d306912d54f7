"""What the gallery takes and gives: references, consent, and the person they belong to."""

from dataclasses import dataclass
from datetime import datetime

from guard.core.items import Floats, Gray
from guard.core.recollection import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """The reduced frames of one clip in order: `pixels` (N, 128, 128) uint8 and `times` (N,), seconds.

    Frames are missing before each of the places in `cuts`. Clips of one recording session share `session`.
    """

    pixels: Gray
    times: tuple[float, ...]
    cuts: tuple[int, ...]
    session: str


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One clip of a person: `embeddings` (N, 256) float32 of its windows, less the bundle's centre and of unit norm.

    `seconds` of it lie in at least one of the windows; clips of one recording session share `session`.
    """

    embeddings: Floats
    seconds: float
    session: str
    # What it was computed from, where that is to be kept.
    crops: Crops | None = None
    # How the picture moved in it, (N, 8); None: not known, or too short to be recognised by.
    motion: Rows | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """What a person's streams are compared with: `template` (256,) float32 of unit norm, the mean of so many `windows`.

    None windows: not known, which counts as a usual number of them.
    """

    template: Floats
    windows: int | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """Who let the person agree to what, when, and until when; both times with a time zone."""

    obtained_by: str
    given_at: datetime
    purpose: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """What is kept of a person for one model: `windows` of `references` clips, `seconds` of video in all."""

    model_id: str
    windows: int
    seconds: float
    references: int
    sessions: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody a tenant has enrolled, or who has opted out."""

    name: str
    consent: Consent | None
    opted_out: bool
    templates: tuple[TemplateInfo, ...]
