"""What mirrored pictures do to calls: everybody is enrolled as filmed, and calls are shown mirrored or not.

Three ways: as filmed, mirrored from the start, and mirrored from the moment on at which the call has a past of its own
to be compared with, as when somebody switches their camera's mirroring.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guard.core.extractor import Engine
from guard.core.items import Floats
from guard.core.scoring import directions
from guard.core.settings import Settings
from guard.core.turning import NEARER
from trainer.calls import filming
from trainer.calls.bank import Person
from trainer.calls.films import Film, Films
from trainer.calls.looking import looked_at
from trainer.calls.outcomes import outcome, summary
from trainer.calls.scenes import Played, Scene, Simulator, genuine_calls, scenes
from trainer.calls.scored import claim, score_all
from trainer.data.world.world import World
from trainer.measures import weighted_auc

SEED = 53
TOLD = (
    "hours",
    "events",
    "people",
    "false_accusations_per_100h",
    "rate_low",
    "rate_high",
    "verified",
    "impostors_verified",
    "impostors_accused",
)
"""Figures of trainer.calls.outcomes.summary that are told."""

Both = tuple[Person, Person]
"""One person as filmed, and with calls that are mirrored."""


def watched(world: World, drivers: int, engine: Engine, settings: Settings) -> Iterator[Both]:
    """So many procedural drivers, and all real ones that the world holds out."""
    for number in range(drivers):
        yield both(filming.procedural(number, world), engine, settings)
    for number in range(len(world.cast.real) * filming.REAL_FACES):
        yield both(filming.real(number, world), engine, settings)


def both(films: Films, engine: Engine, settings: Settings) -> Both:
    """What the guard measures of a person."""
    filmed = [looked_at(film, engine, settings) for film in films.films]
    mirrored = [
        seen if film.label.reference else looked_at(flipped(film), engine, settings)
        for film, seen in zip(films.films, filmed, strict=True)
    ]
    as_filmed = Person(films.kind, films.number, films.face, tuple(filmed))
    return as_filmed, replace(as_filmed, recordings=tuple(mirrored))


def flipped(film: Film) -> Film:
    """The film with left and right exchanged."""
    return replace(film, pictures=np.ascontiguousarray(film.pictures[:, :, ::-1]))


def rows(people: Sequence[Both], settings: Settings, hours: float) -> Iterator[dict[str, Any]]:
    """Figures of each kind of driver shown in each way; `hours` of genuine calls of each."""
    for kind in dict.fromkeys(one.kind for one, _ in people):
        some = [pair for pair in people if pair[0].kind == kind]
        plain, mirrored = ([pair[side] for pair in some] for side in (0, 1))
        yield {"what": f"{kind}, windows", **of_windows(plain, mirrored, settings)}
        yield {"what": f"{kind}, turning", **of_turning(some, settings)}
        for way, shown in ways(plain, mirrored, settings).items():
            yield {"what": f"{kind}, {way}", **of_calls(shown, settings, hours)}


def of_windows(plain: Sequence[Person], mirrored: Sequence[Person], settings: Settings) -> dict[str, float]:
    """AUC of one window, and what a genuine one loses; both ways are the same windows."""
    longest, told = max(settings.horizons), {}
    for name, some in (("", plain), ("_mirrored", mirrored)):
        scored = score_all(some, longest, longest, settings.centre)
        told[f"auc{name}"] = weighted_auc(scored.score, scored.genuine, scored.weight)
        for kind, which in (("genuine", scored.genuine), ("impostor", ~scored.genuine)):
            told[f"{kind}_score{name}"] = float(np.average(scored.score[which], weights=scored.weight[which]))
    return told


def of_turning(people: Sequence[Both], settings: Settings) -> dict[str, float]:
    """Shares of windows that guard.core.turning would turn if they accused, by what is shown; people count alike.

    Of a genuine person's mirrored ones it should be all, of the others none.
    """
    longest, turned = max(settings.horizons), dict[str, list[float]]()
    for plain, _ in people:
        enrolled = claim(plain, len(plain.references), longest, settings.centre)
        for other in people if enrolled is not None else ():
            if enrolled is None or other[0].face != plain.face:
                continue
            nearer = _nearer(enrolled.template, other, longest, settings.centre)
            if not len(nearer):
                continue
            who = "genuine" if other[0] is plain else "impostor"
            turned.setdefault(who, []).append(float((nearer < -NEARER).mean()))
            turned.setdefault(f"{who}_mirrored", []).append(float((nearer > NEARER).mean()))
    return {f"{who}_turned": float(np.mean(shares)) for who, shares in turned.items()}


def _nearer(template: Floats, other: Both, horizon: int, centre: Floats | None) -> NDArray[np.float64]:
    """(n,) by how much more the windows of somebody's calls score as filmed than mirrored."""
    found = []
    for plain, mirrored in zip(other[0].calls, other[1].calls, strict=True):
        there = plain.scored(horizon) & mirrored.scored(horizon)
        sides = (one.embedding[there, one.column(horizon)] for one in (plain, mirrored))
        as_filmed, turned = (directions(side, centre) @ template for side in sides)
        found.append((as_filmed - turned).astype(float))
    return np.concatenate(found)


def ways(plain: Sequence[Person], mirrored: Sequence[Person], settings: Settings) -> dict[str, list[Scene]]:
    """Scenes by how their calls are shown."""
    filmed, turned = (scenes(some, max(settings.horizons), settings.centre) for some in (plain, mirrored))
    switched = [replace(one, rest=other.rest) for one, other in zip(filmed, turned, strict=True)]
    return {"as filmed": filmed, "mirrored": turned, "mirrored mid-call": switched}


def of_calls(shown: Sequence[Scene], settings: Settings, hours: float) -> dict[str, Any]:
    """What becomes of genuine calls of so many hours, and of half as many with an impostor from the start."""
    rng = np.random.default_rng(SEED)
    simulator = Simulator(settings, rng)
    calls: list[Played] = []
    for number in range(genuine_calls(hours)):
        scene = shown[number % len(shown)]
        calls.append(simulator.genuine(scene))
        if scene.others and number % 2 == 0:
            calls.append(simulator.impostor(scene))
    found = summary([outcome(one) for one in calls])
    genuine = [one.call.findings for one in calls if one.since is None]
    return {
        **{name: found[name] for name in TOLD},
        "genuine_llr": float(np.nanmean(np.concatenate([one.llr for one in genuine]))),
        "genuine_change_llr": float(np.nanmean(np.concatenate([one.change for one in genuine]))),
    }
