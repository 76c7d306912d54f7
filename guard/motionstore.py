"""Sketches of earlier calls and of enrolled clips, in the gallery: what recordings are recognised by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from guard.core.recollection import Rows, nothing_moved
from guard.core.sketch import EARLIER
from guard.gallery import Gallery, motions, people, templates
from guard.gallery.people import stored

ENROLLED = EARLIER // 2
"""Rows of enrolled clips that are compared with at most, the newest 15 minutes; calls have the rest."""


def utc_now() -> datetime:
    """The time by which sketches of calls are too old."""
    return datetime.now(UTC)


class MotionStore:
    """Sketches of calls for `hours`, 0 keeps none; those of enrolled clips as long as the template they belong to.

    Methods may block and raise GalleryError.
    """

    def __init__(self, gallery: Gallery, hours: float, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._gallery = gallery
        self._hours = hours
        self._clock = clock

    def keep(self, tenant: str, name: str, rows: Rows) -> None:
        """Keep the sketch of a call of somebody that ended now, unless they are not enrolled any more or opted out."""
        if not self._hours or not len(rows):
            return
        now = self._clock()
        with self._gallery.database.writing() as connection:
            vault = self._gallery.vaults.find(connection, tenant, lock=True)
            known = None if vault is None else people.find(connection, vault, name)
            if vault is not None and known is not None and known.agrees(now):
                motions.put(connection, vault, known.id, stored(now), rows)
                motions.trim(connection, known.id, EARLIER)

    def known(self, tenant: str, name: str, model_id: str) -> Rows:
        """(N, 8) of the person's calls, the oldest first, and behind them of what the template was enrolled from."""
        with self._gallery.database.reading() as connection:
            vault = self._gallery.vaults.find(connection, tenant)
            known = None if vault is None else people.find(connection, vault, name)
            if vault is None or known is None or not known.agrees(self._clock()):
                return nothing_moved()
            calls = [rows for rows, _ in motions.of_person(connection, vault, known.id, self._since())]
            references = templates.kept(connection, vault, known.id, model_id)
        clips = [one.reference.motion for one in references if one.reference.motion is not None]
        enrolled = np.concatenate([nothing_moved(), *clips])[-ENROLLED:]
        return np.concatenate([nothing_moved(), *calls, enrolled])[-EARLIER:]

    def sweep(self) -> None:
        """Erase sketches of calls that are too old, of all people."""
        with self._gallery.database.writing() as connection:
            erased = motions.expire(connection, self._since())
        if erased:
            self._gallery.database.scrub()

    def _since(self) -> datetime:
        return stored(self._clock() - timedelta(hours=self._hours))
