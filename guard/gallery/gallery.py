"""The gallery as every other part of guard sees it: people of tenants, their templates and consent."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import SettingsError
from guard.core.items import Floats
from guard.gallery import adapting, crops, exporting, motions, optouts, people, templates
from guard.gallery.database import Database
from guard.gallery.items import Consent, Crops, Enrolled, Person, Reference
from guard.gallery.keys import KeySource
from guard.gallery.likeness import likest
from guard.gallery.migrating import migrate
from guard.gallery.names import checked_name
from guard.gallery.people import Known
from guard.gallery.protection import Vault
from guard.gallery.retention import Forget, erase_expired, nowhere_else
from guard.gallery.templates import Kept
from guard.gallery.vaults import Vaults

NEAREST = 5
"""People whom `nearest` names."""


def utc_now() -> datetime:
    """The time by which consent runs out."""
    return datetime.now(UTC)


class Gallery:
    """People by tenant and name. Methods may be called from any thread and process; each is one transaction.

    `where` is a SQLite file or the URL of a PostgreSQL server; `keys` is where its master keys come from (`KeySource`),
    None: a file beside the SQLite file, made when the first person is enrolled.
    Raises GalleryError when the database cannot be opened, read, written or decrypted, SettingsError for a `where` or
    `keys` that cannot be, ClaimError for a name that cannot be one.
    """

    def __init__(self, where: Path | str, keys: str | None = None, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self.database = Database(str(where))
        if not keys and self.database.path is None:
            problem = "must be set for a gallery on a server"
            raise SettingsError("gallery_keys", problem, "name a file:, env: or command: that holds them")
        self.vaults = Vaults(KeySource(keys or f"file:{where}.keys"))
        migrate(self.database, self.vaults)
        with self.database.reading() as connection:  # a wrong key is to be known at once
            self.vaults.all(connection)

    def template(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> Floats | None:
        """The template (256,) float32 of unit norm that the tenant enrolled under `name` for this model.

        None when there is none, the person has opted out, or their consent has run out.
        """
        enrolled = self.enrolled(name, model_id, tenant)
        return None if enrolled is None else enrolled.template

    def enrolled(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> Enrolled | None:
        """The same template, and how many windows it was made of."""
        name = checked_name(name)
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            known = None if vault is None else people.find(connection, vault, name)
            if vault is None or known is None or not known.agrees(self._clock()):
                return None
            return templates.enrolled(connection, vault, known.id, model_id)

    def outdated(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> bool:
        """Whether the person could be verified by another model, and has to be enrolled again for this one."""
        name = checked_name(name)
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            known = None if vault is None else people.find(connection, vault, name)
            if known is None or not known.agrees(self._clock()):
                return False
            models = {info.model_id for info in templates.infos(connection, known.id)}
            return bool(models) and model_id not in models

    def opted_out(self, name: str, tenant: str = DEFAULT_TENANT) -> bool:
        """Whether the person does not want to be verified."""
        name = checked_name(name)
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            known = None if vault is None else people.find(connection, vault, name)
            return known is not None and known.opted_out

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
        """Enrol a person from references: in place of their template for this model or, to `add`, beside what it has.

        `consent` None leaves the one there is. Raises ConsentError when there is none that holds, OptedOutError,
        InputError for references without a mean; then nothing has changed.
        """
        name = checked_name(name)
        templates.check(references)
        now = self._clock()
        if consent is not None:
            people.check_consent(consent, now)
        with self.database.writing() as connection:
            vault = self.vaults.demand(connection, tenant)
            known = people.find(connection, vault, name)
            people.check_agreement(known, consent, now)
            if consent is not None or known is None:
                known = people.save(connection, vault, name, consent)
            old = templates.kept(connection, vault, known.id, model_id) if add else []
            new = [Kept(reference, adapted=False) for reference in references]
            templates.put(connection, vault, known, model_id, [*old, *new])
            if not add:
                crops.erase(connection, [known.id])
            crops.put(connection, vault, known.id, [one.crops for one in references if one.crops is not None])
            person = described(connection, known)
        self.database.scrub()
        return person

    def to_reembed(self, model_id: str) -> list[tuple[str, str]]:
        """Tenant and name of everybody whose pictures are kept, and who has no template for this model."""
        now = self._clock()
        with self.database.reading() as connection:
            return [
                (vault.tenant, known.name)
                for vault in self.vaults.all(connection)
                for known in people.to_reembed(connection, vault, model_id)
                if known.agrees(now)
            ]

    def crops(self, name: str, tenant: str = DEFAULT_TENANT) -> list[Crops]:
        """The pictures that are kept of a person's references, clip by clip. Raises UnknownPersonError."""
        name = checked_name(name)
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            known = people.demand(connection, vault, name)
            assert vault is not None
            return crops.kept(connection, vault, known.id)

    def reembed(self, tenant: str, name: str, model_id: str, references: Sequence[Reference]) -> Person:
        """Add a template for another model, computed from the pictures that are kept: these stay.

        Raises UnknownPersonError, OptedOutError, ConsentError, InputError for references without a mean.
        """
        templates.check(references)
        with self._changing(name, tenant) as (connection, vault, known):
            people.check_agreement(known, None, self._clock())
            kept = [Kept(reference, adapted=False) for reference in references]
            templates.put(connection, vault, known, model_id, kept)
            return described(connection, known)

    def person(self, name: str, tenant: str = DEFAULT_TENANT) -> Person:
        """What is known about a person. Raises UnknownPersonError."""
        name = checked_name(name)
        with self.database.reading() as connection:
            known = people.demand(connection, self.vaults.find(connection, tenant), name)
            return described(connection, known)

    def people(self, tenant: str = DEFAULT_TENANT, after: str = "", limit: int = 100) -> list[Person]:
        """At most `limit` of the tenant's people, of those that come behind the name `after`; "" for the first.

        The order is one that no name is read for: always the same, and not that of the alphabet.
        """
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            found = [] if vault is None else people.page(connection, vault, after, limit)
            return [described(connection, known) for known in found]

    def remove(self, name: str, tenant: str = DEFAULT_TENANT) -> None:
        """Erase a person: keys first, then all that they encrypt. Raises UnknownPersonError."""
        with self._changing(name, tenant) as (connection, _, known):
            people.erase(connection, [known.id])
        self.database.scrub()

    def renew(self, name: str, tenant: str = DEFAULT_TENANT) -> Person:
        """Give a person's record and templates new keys and a new transform. Raises UnknownPersonError."""
        with self._changing(name, tenant) as (connection, vault, known):
            people.save(connection, vault, known.name, known.consent, opted_out=known.opted_out, adapts=known.adapts)
            for info in templates.infos(connection, known.id):
                references = templates.kept(connection, vault, known.id, info.model_id)
                turn = templates.generation(connection, known.id, info.model_id) + 1
                templates.put(connection, vault, known, info.model_id, references, generation=turn)
            pictures = crops.kept(connection, vault, known.id)
            crops.erase(connection, [known.id])
            crops.put(connection, vault, known.id, pictures)
            motions.renew(connection, vault, known.id)
            person = described(connection, known)
        self.database.scrub()
        return person

    def set_opt_out(self, name: str, tenant: str, opted_out: bool) -> None:
        """From now on the person is not verified, and cannot be enrolled; or again may be. Templates are kept.

        Somebody who is not enrolled may opt out as well: only the name is kept then.
        """
        name = checked_name(name)
        with self.database.writing() as connection:
            if opted_out:
                optouts.opt_out(connection, self.vaults.demand(connection, tenant), name)
            else:
                optouts.take_back(connection, self.vaults.find(connection, tenant, lock=True), name)

    def adapts(self, name: str, tenant: str = DEFAULT_TENANT) -> bool:
        """Whether the person has agreed that calls change their template."""
        name = checked_name(name)
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            known = None if vault is None else people.find(connection, vault, name)
            return known is not None and known.adapts

    def set_adapts(self, name: str, tenant: str, adapts: bool) -> None:
        """Whether calls may change the person's template from now on. Raises UnknownPersonError."""
        with self._changing(name, tenant) as (connection, vault, known):
            people.save(connection, vault, known.name, known.consent, opted_out=known.opted_out, adapts=adapts)

    def adapt(
        self, name: str, model_id: str, reference: Reference, tenant: str = DEFAULT_TENANT, *, least: float
    ) -> bool:
        """Add what guard.gallery.adapting admits of a reference from a call; whether anything was. `revert` undoes it.

        Raises UnknownPersonError, OptedOutError, ConsentError.
        """
        templates.check([reference])
        now = self._clock()
        with self._changing(name, tenant) as (connection, vault, known):
            people.check_agreement(known, None, now)
            return known.adapts and adapting.add(connection, vault, known, model_id, reference, now, least)

    def revert(self, name: str, tenant: str = DEFAULT_TENANT) -> Person:
        """Take back what was adapted: every template is again the mean of what was enrolled. UnknownPersonError."""
        with self._changing(name, tenant) as (connection, vault, known):
            adapting.revert(connection, vault, known)
            return described(connection, known)

    def export(self, name: str, tenant: str = DEFAULT_TENANT) -> bytes:
        """All that is kept about a person, embeddings included, as JSON in UTF-8. Raises UnknownPersonError."""
        name = checked_name(name)
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            known = people.demand(connection, vault, name)
            assert vault is not None
            return exporting.document(connection, vault, known)

    def nearest(self, embeddings: Floats, model_id: str, tenant: str, excluding: str) -> list[tuple[str, float]]:
        """Mean cosine of windows (N, 256), of unit norm and less the bundle's centre, with everybody else's template.

        By name, the NEAREST highest, these first. Who is enrolled for another model only, opted out or did not agree
        is left out. Every one of the others' templates is decrypted for it: docs/enrolment.md says how long that takes.
        """
        now = self._clock()
        with self.database.reading() as connection:
            vault = self.vaults.find(connection, tenant)
            if vault is None:
                return []
            found = likest(connection, vault, model_id, embeddings, vault.index(excluding), now, NEAREST)
            return [(people.of(connection, vault, person).name, score) for score, person in found]

    def sweep(self, forget: Forget = nowhere_else) -> int:
        """Erase everybody, of all tenants, whose consent has run out; how many they were. An opt-out stays.

        `forget` is told the tenant and name of each before, to erase them elsewhere.
        """
        with self.database.writing() as connection:
            count = erase_expired(connection, self.vaults, self._clock(), forget)
        if count:
            self.database.scrub()
        return count

    @contextmanager
    def _changing(self, name: str, tenant: str) -> Iterator[tuple[sa.Connection, Vault, Known]]:
        """A transaction that changes a person who is there. Raises UnknownPersonError."""
        name = checked_name(name)
        with self.database.writing() as connection:
            vault = self.vaults.find(connection, tenant, lock=True)
            known = people.demand(connection, vault, name)
            assert vault is not None
            yield connection, vault, known


def described(connection: sa.Connection, known: Known) -> Person:
    """The person as others see it."""
    return Person(known.name, known.consent, known.opted_out, templates.infos(connection, known.id))
