"""The last step of an enrolment, alike for files and for callers: clips are checked, then the gallery keeps them."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from guard.core.errors import OptedOutError
from guard.core.items import Floats
from guard.core.scoring import directions
from guard.core.verifier import Settings
from guard.enrolment.clips import Clip
from guard.enrolment.progress import Needs
from guard.enrolment.quality import check
from guard.gallery.items import Consent, Person, Reference


class Keeper(Protocol):
    """What an enrolment needs of the gallery. Everything may block, and raises GalleryError."""

    def template(self, name: str, model_id: str, tenant: str) -> Floats | None:
        """The template (256,) that the tenant enrolled under `name` for this model, or None."""

    def opted_out(self, name: str, tenant: str) -> bool:
        """Whether the person does not want to be verified."""

    def nearest(self, embeddings: Floats, model_id: str, tenant: str, excluding: str) -> Iterable[tuple[str, float]]:
        """Mean score of directions (N, 256) against the template of everybody but `excluding`, by name."""

    def put(
        self,
        tenant: str,
        name: str,
        model_id: str,
        references: Sequence[Reference],
        consent: Consent | None,
        *,
        add: bool = False,
    ) -> Person:
        """Enrol, all at once or not at all."""


def keep(
    name: str,
    clips: Sequence[Clip],
    settings: Settings,
    gallery: Keeper,
    *,
    tenant: str,
    consent: Consent | None,
    add: bool,
    needs: Needs,
) -> Person:
    """Enrol `name` from the clips, as `add`ed to earlier ones or in their place.

    Raises QualityError for clips that nobody can be enrolled from, OptedOutError, GalleryError.
    """
    check_willing(gallery, name, tenant)
    earlier = gallery.template(name, settings.model_id, tenant) if add else None
    check(
        clips,
        settings,
        earlier,
        lambda embeddings: gallery.nearest(embeddings, settings.model_id, tenant, excluding=name),
        needs,
    )
    references = [
        Reference(
            directions(clip.embeddings, settings.centre),
            clip.seconds,
            clip.session,
            clip.film.crops(clip.session) if clip.film is not None else None,
            clip.motion,
        )
        for clip in clips
        if clip.usable
    ]
    return gallery.put(tenant, name, settings.model_id, references, consent, add=add)


def check_willing(gallery: Keeper, name: str, tenant: str) -> None:
    """Raises OptedOutError when the person does not want to be verified, GalleryError."""
    if gallery.opted_out(name, tenant):
        raise OptedOutError("name", "has opted out", "enrol nobody against their will")
