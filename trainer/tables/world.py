"""The tables of the simulated world, where one factor can be fixed: generator family, codec, frame rate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from tqdm import tqdm

from guard.bundle import Bundle
from trainer.blocks import WorldFiles
from trainer.data.world.codec import Codec
from trainer.data.world.rendering import Alter, as_drawn
from trainer.data.world.warp import Family
from trainer.data.world.world import Trials, World
from trainer.export import HORIZON
from trainer.tables import slices
from trainer.tables.figures import Figure, figures, panels
from trainer.tables.labels import Labels, Numbers, joined, trial_labels
from trainer.tables.readings import Embed, Readings, energy, read
from trainer.tables.report import Report, write_report
from trainer.tables.slices import Slice
from trainer.verification import systems

FAMILIES, CODECS, RATES = "Generator family", "Codec and bit rate", "Source frame rate"
LENGTHS, LONG = (16, 32, 64, 128), 256
BIT_RATES = (80_000, 200_000, 800_000)
SOURCE_FPS = (15, 20, 25, 30, 60)
NOTES = slices.NOTES | {
    FAMILIES: "Reference and test clip on one face, both by generators of one family.",
    CODECS: "All clips through one codec at one bit rate of a 640x360 call; everything else as it was drawn.",
    RATES: "All clips at one frame rate before the grid; everything else as it was drawn.",
}
_SEED = 5


def report_world(out: Path, bundle: Bundle, files: WorldFiles, trials: Trials, drivers: int, threads: int = 1) -> None:
    """Write the report `out`: tables on `trials`, and on clips of `drivers` procedural drivers rendered for each table.

    Raises InputError if `out` cannot be written.
    """
    embeds = systems(bundle, threads)
    main = measured(trials, embeds)
    found = figures(*main, _by_kind(trials, main[0]))
    # Real tracks are too few and too short to fill a table for each factor.
    world = replace(files, motion=None).world("validation")
    for factor in (_families, _channels, _long):
        found += factor(world, embeds, drivers)
    pairs = _trials(main[0])
    curves = panels(*main, [Slice("", "same face", slices.on_one_face(main[0], pairs)), *_by_relation(trials, main[0])])
    title = f"{bundle.model_id} on the simulated world"
    write_report(out, Report(title, _about(trials, drivers), found, curves, world.looks.families, NOTES))


Measured = tuple[Labels, dict[str, Readings]]
"""What is known of clips, and what each system reads of them."""


def measured(
    trials: Trials, embeds: Mapping[str, Embed], lengths: Sequence[int] = (HORIZON,), longest: int = 0
) -> Measured:
    """Every system's readings of the trials' clips."""
    return trial_labels(trials), {name: read(embed, trials.frames, lengths, longest) for name, embed in embeds.items()}


def _by_kind(trials: Trials, labels: Labels) -> Iterator[Slice]:
    pairs = _trials(labels)
    yield from _by_relation(trials, labels)
    energies = np.array([energy(clip) for clip in trials.frames])
    for kind in np.unique(trials.kind):
        of_kind = slices.on_one_face(labels, pairs[trials.kind[pairs[:, 0]] == kind])
        for part in slices.by_motion(energies, of_kind):
            yield replace(part, row=f"{kind} drivers, {part.row}")


def _by_relation(trials: Trials, labels: Labels) -> Iterator[Slice]:
    pairs = _trials(labels)
    for kind in np.unique(trials.kind):
        for part in slices.by_relation(labels, pairs[trials.kind[pairs[:, 0]] == kind]):
            yield replace(part, row=f"{kind} drivers, {part.row}")


def _families(world: World, embeds: Mapping[str, Embed], drivers: int) -> list[Figure]:
    """The same drivers on the same faces by every family, compared within it and across."""
    shown = tqdm(world.looks.families, desc=FAMILIES)
    parts = [measured(rendered(world, drivers, family=family), embeds) for family in shown]
    labels = joined([part[0] for part in parts])
    readings = {
        system: {name: np.concatenate([part[1][system][name] for part in parts]) for name in parts[0][1][system]}
        for system in embeds
    }
    matrix = list(slices.by_generators(labels, _trials(labels)))
    own = [
        replace(part, table=FAMILIES, row=family)
        for family in labels.generators
        for part in matrix
        if part.row == slices.cell(family, family)
    ]
    return figures(labels, readings, [*own, *matrix])


def _channels(world: World, embeds: Mapping[str, Embed], drivers: int) -> list[Figure]:
    """The same drivers on the same face through one codec and bit rate, or from one frame rate, after the other."""
    found = []
    for (table, row), alter in tqdm(alterations().items(), desc="Channels"):
        labels, readings = measured(rendered(world, drivers, alter=alter), embeds)
        found += figures(labels, readings, [Slice(table, row, slices.on_one_face(labels, _trials(labels)))])
    return found


def alterations() -> dict[tuple[str, str], Alter]:
    """By table and row what is done to every clip's channel."""
    codecs: tuple[Codec, ...] = ("vp8", "h264")
    found: dict[tuple[str, str], Alter] = {(CODECS, "no codec"): partial(replace, codec=None)}
    for codec, rate in product(codecs, BIT_RATES):
        found[CODECS, f"{codec}, {rate // 1000} kbit/s"] = partial(replace, codec=codec, bit_rate=rate)
    return found | {(RATES, str(fps)): partial(replace, source_fps=fps) for fps in SOURCE_FPS}


def _long(world: World, embeds: Mapping[str, Embed], drivers: int) -> list[Figure]:
    """Clips of LONG frames: by window length, and by seconds of evidence."""
    trials = rendered(world, drivers, frames=LONG)
    labels, readings = measured(trials, embeds, LENGTHS, LONG)
    pairs = slices.on_one_face(labels, _trials(labels))
    lengths = np.full(len(trials.frames), LONG)
    return figures(labels, readings, [*slices.by_length(LENGTHS, pairs), *slices.by_seconds(lengths, pairs)])


def rendered(
    world: World, drivers: int, frames: int = HORIZON, family: Family | None = None, alter: Alter = as_drawn
) -> Trials:
    """Three clips of each driver on one face, two of one session: the same drivers and the same face in every call."""
    rng = np.random.default_rng(_SEED)
    return world.validation_trials(rng, frames, drivers, faces=1, clips=3, sessions=2, family=family, alter=alter)


def _trials(labels: Labels) -> Numbers:
    return slices.all_trials(labels, np.random.default_rng(_SEED))


def _about(trials: Trials, drivers: int) -> list[str]:
    kinds = [f"{len(np.unique(trials.driver[trials.kind == kind]))} {kind}" for kind in np.unique(trials.kind)]
    return [
        "All embeddings are those of guard's own engine. Intervals are 95 %, by bootstrap over people. Motion energy, "
        "pixels and the untrained network are trivial systems: what they reach is a shortcut of the data.",
        f"Simulated avatars of held-out drivers ({' and '.join(kinds)}) on held-out faces; real and procedural drivers "
        "are never compared with each other, nor real ones of different frame rates.",
        f"The tables by family, channel, window length and seconds are of {drivers} procedural drivers, three clips "
        "each on one face, from two recording sessions; the rows of a table have the same drivers and face.",
    ]
