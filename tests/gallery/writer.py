"""A process that changes a gallery in every way there is until it is killed, and says what it is about to do."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection

import numpy as np

from guard.core.scoring import make_template
from guard.gallery import Gallery
from guard.gallery.items import Consent, Crops, Person, Reference
from guard.gallery.rotation import retire, rotate
from guard.incidents.store import Incidents
from tests.gallery.people import MODEL, consent, embeddings, reference
from tests.incidents.people import incident

NAMES = ("Ada", "Bob", "Cleo")
AGO = timedelta(days=9)
"""How long ago those were enrolled whose consent has run out."""
ANY_TIME = ("sweep", "rotate", "retire")
"""What is done to all of the gallery."""
OFTEN = ("enrol", "add", "renew", "incident", "opt out", "remove")

Step = tuple[str, str, int]
"""What is done, to whom, and the seed of the reference, or of the incident."""


def write(where: str, keys: str | None, seed: int, said: Connection) -> None:
    """Sends each step before it begins, and None when it has ended."""
    gallery, chance = Gallery(where, keys), random.Random(seed)
    for number in count(seed * 1000):
        name = chance.choice(NAMES)
        step = (chance.choice(possible(gallery, name)), name, number)
        said.send(step)
        take(gallery, step, where, keys)
        gallery.template(name, MODEL)  # verifying goes on between
        said.send(None)


def possible(gallery: Gallery, name: str) -> tuple[str, ...]:
    """What can be done now."""
    known = next((person for person in gallery.people() if person.name == name), None)
    if known is None:
        return ("enrol", "enrol", "enrol", "lapsed", *ANY_TIME)
    if known.opted_out:
        return ("opt in", "incident", "remove", *ANY_TIME)
    if has_lapsed(known):
        return ("enrol", "remove", *ANY_TIME)
    return (*OFTEN, *ANY_TIME)


def has_lapsed(person: Person) -> bool:
    return person.consent is not None and person.consent.expires_at <= datetime.now(UTC)


def take(gallery: Gallery, step: Step, where: str, keys: str | None) -> None:
    match step:
        case "enrol", name, number:
            gallery.put("default", name, MODEL, [filmed(number), reference(number + 1)], consent())
        case "lapsed", name, number:
            then = datetime.now(UTC) - AGO
            held = Consent("Grace", then - timedelta(days=1), "calls", then + timedelta(days=2))
            Gallery(where, keys, clock=lambda: then).put("default", name, MODEL, [filmed(number)], held)
        case "add", name, number:
            gallery.put("default", name, MODEL, [filmed(number)], None, add=True)
        case "incident", name, number:
            happened = replace(incident(incident_id(number), claim=name), happened_at=datetime.now(UTC))
            Incidents(gallery, days=30).keep(replace(happened, trace=happened.trace[:20]))
        case "renew", name, _:
            gallery.renew(name)
        case ("opt out" | "opt in") as wish, name, _:
            gallery.set_opt_out(name, "default", wish == "opt out")
        case "remove", name, _:
            gallery.remove(name)
        case "sweep", _, _:
            gallery.sweep()
        case "rotate", _, _:
            rotate(gallery)
        case "retire", _, _:
            retire(gallery)


def filmed(seed: int) -> Reference:
    """A reference whose pictures are kept."""
    return replace(reference(seed), crops=pictures(seed))


def pictures(seed: int) -> Crops:
    pixels = np.random.default_rng(seed).integers(0, 255, (2, 128, 128)).astype(np.uint8)
    return Crops(pixels, (0.0, 0.04), (), "monday")


def incident_id(number: int) -> str:
    return f"{number:032x}"


@dataclass(frozen=True)
class Known:
    """What must be kept of a person: the seeds of references, of pictures and of incidents."""

    seeds: tuple[int, ...]
    pictured: tuple[int, ...]
    incidents: frozenset[int] = frozenset()
    opted_out: bool = False
    lapsed: bool = False


@dataclass(frozen=True)
class Expected:
    """What the gallery must hold."""

    people: Mapping[str, Known] = field(default_factory=dict)

    def after(self, step: Step) -> "Expected":
        kind, name, number = step
        people = dict(self.people)
        match kind:
            case "enrol" | "lapsed":
                earlier = people[name].incidents if name in people else frozenset[int]()
                seeds = (number, number + 1) if kind == "enrol" else (number,)
                people[name] = Known(seeds, (number,), earlier, lapsed=kind == "lapsed")
            case "add":
                old = people[name]
                people[name] = replace(old, seeds=(*old.seeds, number), pictured=(*old.pictured, number))
            case "incident":
                people[name] = replace(people[name], incidents=people[name].incidents | {number})
            case "opt out" | "opt in":
                people[name] = replace(people[name], opted_out=kind == "opt out")
            case "remove":
                del people[name]
            case "sweep":
                people = {one: known for one, known in people.items() if not known.lapsed}
        return Expected(people)

    def is_in(self, gallery: Gallery) -> bool:
        """Whether these people, and nobody else, are there, each whole. Raises GalleryError for half a record."""
        found = {person.name: person for person in gallery.people()}
        kept = {one.id: one.claim for one in Incidents(gallery, days=30).listed()}
        told = {incident_id(number): name for name, known in self.people.items() for number in known.incidents}
        if found.keys() != self.people.keys() or kept != told:
            return False
        return all(is_whole(gallery, found[name], known) for name, known in self.people.items())


def is_whole(gallery: Gallery, person: Person, known: Known) -> bool:
    """Whether all that must be kept of this person is, and nothing else."""
    gallery.export(person.name, "default")
    pixels = [one.pixels for one in gallery.crops(person.name)]
    wanted = [pictures(seed).pixels for seed in known.pictured]
    if len(pixels) != len(wanted) or not all(map(np.array_equal, pixels, wanted)):
        return False
    if (person.opted_out, has_lapsed(person)) != (known.opted_out, known.lapsed):
        return False
    template = gallery.template(person.name, MODEL)
    if known.opted_out or known.lapsed:
        return template is None and [one.references for one in person.templates] == [len(known.seeds)]
    mean = make_template(np.concatenate([embeddings(seed) for seed in known.seeds]), None)
    return template is not None and bool(np.allclose(template, mean, atol=1e-6))
