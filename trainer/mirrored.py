"""What mirrored pictures do to calls: everybody is enrolled as filmed, and calls are shown mirrored or not.

Three ways: as filmed, mirrored from the start, and mirrored from the moment on at which the call has a past of its own
to be compared with, as when somebody switches their camera's mirroring.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from guard.core.extractor import Engine
from guard.core.judge import Judge
from guard.core.settings import Settings
from trainer.calls import filming
from trainer.calls.bank import Person
from trainer.calls.films import Film, Films
from trainer.calls.looking import looked_at
from trainer.calls.outcomes import outcome, summary
from trainer.calls.scenes import Played, Scene, Simulator, genuine_calls, scenes
from trainer.calls.scored import score_all
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


def ways(plain: Sequence[Person], mirrored: Sequence[Person], settings: Settings) -> dict[str, list[Scene]]:
    """Scenes by how their calls are shown."""
    filmed, turned = (scenes(some, max(settings.horizons), settings.centre) for some in (plain, mirrored))
    switched = [replace(one, rest=other.rest) for one, other in zip(filmed, turned, strict=True)]
    return {"as filmed": filmed, "mirrored": turned, "mirrored mid-call": switched}


def of_calls(shown: Sequence[Scene], settings: Settings, hours: float) -> dict[str, Any]:
    """What becomes of genuine calls of so many hours, and of half as many with an impostor from the start."""
    rng = np.random.default_rng(SEED)
    simulator = Simulator(Judge(settings), settings.horizons, rng)
    calls: list[Played] = []
    for number in range(genuine_calls(hours)):
        scene = shown[number % len(shown)]
        calls.append(simulator.genuine(scene))
        if scene.others and number % 2 == 0:
            calls.append(simulator.impostor(scene))
    found = summary([outcome(one) for one in calls])
    genuine = [heard.verdict for one in calls if one.since is None for heard in one.call.heard]
    return {
        **{name: found[name] for name in TOLD},
        "genuine_llr": mean([verdict.llr for verdict in genuine]),
        "genuine_change_llr": mean([verdict.change_llr for verdict in genuine]),
    }


def mean(values: Sequence[float | None]) -> float | None:
    """Of those that are there."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None
