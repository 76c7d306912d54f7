"""Bring your own people: a bundle tuned on a folder of their videos, and what that changed for those it never saw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guard.bundle import Bundle, write_bundle
from guard.engine import OnnxEngine
from guard.manifest import CARD
from trainer.baselines import baselines
from trainer.beforeafter import Change, advice, beside, changes, measured, table, untold
from trainer.blocks import WorldFiles
from trainer.card import SIMULATED, UNMEASURED, model_card
from trainer.data.world.world import Trials
from trainer.evaluate import each, evaluation_trials, learned, metric, metrics
from trainer.export import HORIZON, UNTRAINED, compare
from trainer.graphs import build_graphs
from trainer.memory import keep_freed_memory
from trainer.models.clips import FoldedClip
from trainer.ownpeople import OwnPeople, parted
from trainer.protocols import tells
from trainer.reopening import architecture_of, reopened
from trainer.trials import LEAST_IDENTITIES, Pairs, identities
from trainer.tuning import TUNING, WORLD_SHARE, tune, world_batches
from trainer.verification import tested
from trainer.videobatches import VideoBatches
from trainer.yardstick import Reading, Yardstick

BUNDLE, REPORT, HELD_OUT = "bundle", "report.md", "held-out.txt"
KEPT = ("format_version", "architecture", "input", "verdict_stride", "state_size", "edge", "graphs")
"""Fields of bundle.json that tuning leaves true. All others are of how the start's embeddings lie."""
LIMIT = (
    "Tuned on few people: on others it may be worse than what it was tuned from. How they move is in its weights, so "
    "it is to be handed on only with their consent."
)


@dataclass(frozen=True)
class Plan:
    """What to tune, on whom, and what it will be called."""

    start: Bundle
    model_id: str
    root: Path
    """A folder of the plain layout, decoded into the folder `cache`."""
    cache: Path
    files: WorldFiles
    """Of the world that is mixed in, and that calibrates."""
    drivers: int
    """Procedural drivers of the world to calibrate and measure on."""
    steps: int
    seed: int


def finetune(plan: Plan, out: Path) -> str:
    """Tune, measure both bundles on the same trials, write `out`/bundle and `out`/report.md; the report.

    Who is held out is written to `out`/held-out.txt, before anything is learned. Nobody that is measured is learned
    from. Raises InputError for too few people, or if those held out make no trial.
    """
    keep_freed_memory()
    cache, videos = tested(plan.root, "plain", plan.cache)
    people = parted(sorted(videos, key=lambda video: video.path), plan.seed)
    out.mkdir(parents=True, exist_ok=True)
    (out / HELD_OUT).write_text("".join(f"{name}\n" for name in people.unseen))
    clip = reopened(plan.start)
    yardstick = Yardstick(cache, people.measured, evaluation_trials(plan.files, plan.drivers))
    before = yardstick.read(OnnxEngine(plan.start).embed_clip, plan.start.centre)
    systems = baselines(architecture_of(plan.start))
    trivial = {name: yardstick.read(each(system), None) for name, system in systems.items()}
    preset = replace(TUNING, steps=plan.steps)
    batches = VideoBatches(cache, people.learned, preset, plan.seed)
    tune(clip, batches.batch, world_batches(plan.files, preset, plan.seed), preset, plan.seed)
    with TemporaryDirectory(prefix=".draft-", dir=out) as folder:
        draft = write(clip, Path(folder) / BUNDLE, plan, people, UNTRAINED)
    after = yardstick.read(OnnxEngine(draft).embed_clip, draft.centre)
    found = Found(before, after, trivial)
    write(clip, out / BUNDLE, plan, people, found.knowledge(yardstick.trials))
    text = "\n".join(report(plan, people, found)) + "\n"
    (out / REPORT).write_text(text)
    return text


@dataclass(frozen=True)
class Found:
    """What was measured: of the start, of the tuned bundle, and of each trivial system on the same trials."""

    before: Reading
    after: Reading
    trivial: dict[str, Reading]

    @property
    def people(self) -> list[Change]:
        return changes(self.before.people, self.after.people)

    @property
    def world(self) -> list[Change]:
        return changes(self.before.world, self.after.world)

    def knowledge(self, trials: Trials) -> dict[str, Any]:
        """What the tuned bundle says of its scores: as trainer.evaluate.learn does, and of the people held out."""
        knowledge = learned(self.after.embeddings, trials)
        known = [*people_metrics(self.after.people), *knowledge["metrics"]]
        for system, reading in self.trivial.items():
            rows = [*people_metrics(reading.people), *metrics(reading.embeddings, trials, None)]
            known += [{"system": system} | row for row in rows]
        return knowledge | {"metrics": known}


def write(clip: FoldedClip, path: Path, plan: Plan, people: OwnPeople, knowledge: dict[str, Any]) -> Bundle:
    """A bundle like the one that was started from, but for its head and all that was measured. Raises BundleError."""
    start = plan.start.manifest
    source = {
        "name": f"videos of the owner's own people: {people.summary()}",
        "licence": "the owner's to say",
        "use": f"tuning of {plan.start.model_id} by {plan.steps} steps; those held out for the figures only",
    }
    manifest = {
        **{name: start[name] for name in KEPT if name in start},
        **knowledge,
        "horizons": [HORIZON],
        "model_id": plan.model_id,
        "training_data": [*start["training_data"], source],
        "licence": f"the owner's to say, within that of {plan.start.model_id}: {start['licence']}",
        "limits": list(dict.fromkeys([*(UNMEASURED if one == SIMULATED else one for one in start["limits"]), LIMIT])),
    }
    contents = {**build_graphs(clip), CARD: model_card(manifest).encode()}
    return write_bundle(path, manifest, contents, check=lambda bundle: compare(clip, bundle))


def people_metrics(people: Mapping[str, Pairs]) -> Iterator[dict[str, Any]]:
    """What the bundle says of the people held out."""
    for name, pairs in people.items():
        if tells(pairs):
            on = f"{identities(pairs)} held-out people of its owner, {len(pairs.score)} pairs"
            for measure, interval in measured(pairs).items():
                yield metric(f"{measure}, {name}", interval, on)


def report(plan: Plan, people: OwnPeople, found: Found) -> Iterator[str]:
    """Lines of Markdown."""
    own, world = found.people, found.world
    yield from (f"# {plan.model_id}, tuned from {plan.start.model_id}", "", f"**{advice(own, world)}**", "")
    yield f"{people.summary()} (seed {plan.seed}); {plan.steps} steps, of which the last counts."
    yield f"Of each step's loss {WORLD_SHARE:.0%} is of clips of the simulated world, so that what was known is not"
    yield f"forgotten. Calibrated on {plan.drivers} other drivers of that world, on none of the people; thresholds and"
    yield "everything else that decides are those of a bundle of which no call was simulated yet."
    yield ""
    yield "Intervals are 95 %, by bootstrap over people, in the simulated world over faces as well; the change has its"
    yield f"own, on the same trials. Fewer than {LEAST_IDENTITIES} people have none."
    yield from ("", "## The people held out", "", *table(own))
    yield from ("", "## Drivers of the simulated world", "", *table(world))
    yield from ("", "## Trivial systems", "", "What these reach on the same trials is a shortcut of the videos.", "")
    yield from beside({name: reading.people | reading.world for name, reading in found.trivial.items()})
    yield from missing(found.before.people | found.before.world)


def missing(trials: Mapping[str, Pairs]) -> Iterator[str]:
    """Lines of Markdown on what the tables lack; none where they lack nothing."""
    if sentences := untold(trials):
        yield from ("", "## Not measurable", "", *(f"- {sentence}" for sentence in sentences))
