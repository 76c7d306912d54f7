"""A process that enrols, adds to, renews and removes people until it is killed, and says what it is about to do."""

import random
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection

import numpy as np

from guard.core.scoring import make_template
from guard.gallery import Gallery
from tests.gallery.people import MODEL, consent, embeddings, reference

NAMES = ("Ada", "Bob", "Cleo")

Step = tuple[str, str, int]
"""What is done (enrol, add, renew, remove), to whom, and the seed of the reference."""


def write(where: str, keys: str | None, seed: int, said: Connection) -> None:
    """Sends each step before it begins, and None when it has ended."""
    gallery, chance = Gallery(where, keys), random.Random(seed)
    for number in count(seed * 1000):
        name = chance.choice(NAMES)
        there = any(person.name == name for person in gallery.people())
        step = (chance.choice(("enrol", "add", "renew", "remove")) if there else "enrol", name, number)
        said.send(step)
        take(gallery, step)
        gallery.template(name, MODEL)  # verifying goes on between
        said.send(None)


def take(gallery: Gallery, step: Step) -> None:
    match step:
        case "enrol", name, number:
            gallery.put("default", name, MODEL, [reference(number), reference(number + 1)], consent())
        case "add", name, number:
            gallery.put("default", name, MODEL, [reference(number)], None, add=True)
        case "renew", name, _:
            gallery.renew(name)
        case "remove", name, _:
            gallery.remove(name)


@dataclass
class Expected:
    """What the gallery must hold: the seeds of each person's references."""

    people: dict[str, list[int]] = field(default_factory=dict)

    def after(self, step: Step) -> "Expected":
        kind, name, number = step
        people = dict(self.people)
        match kind:
            case "enrol":
                people[name] = [number, number + 1]
            case "add":
                people[name] = [*people[name], number]
            case "remove":
                del people[name]
        return Expected(people)

    def is_in(self, gallery: Gallery) -> bool:
        """Whether these people, and nobody else, are there, each whole. Raises GalleryError for half a record."""
        if {person.name for person in gallery.people()} != self.people.keys():
            return False
        for name, seeds in self.people.items():
            gallery.export(name, "default")
            found = gallery.template(name, MODEL)
            wanted = make_template(np.concatenate([embeddings(seed) for seed in seeds]), None)
            if found is None or not np.allclose(found, wanted, atol=1e-6):
                return False
        return True
