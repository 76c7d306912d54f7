"""Bring your own people: a bundle tuned on a folder of their videos, and what that changed for those it never saw."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guard.bundle import Bundle, write_bundle
from guard.core.errors import InputError
from guard.engine import OnnxEngine
from guard.manifest import CARD
from trainer.beforeafter import Change, advice, changes, table, untold
from trainer.blocks import WorldFiles
from trainer.card import model_card
from trainer.evaluate import evaluation_trials, learned, metric
from trainer.export import UNTRAINED, compare
from trainer.graphs import build_graphs
from trainer.memory import keep_freed_memory
from trainer.models.clips import FoldedClip
from trainer.ownpeople import OwnPeople, parted
from trainer.protocols import tells
from trainer.reopening import reopened
from trainer.trials import LEAST_IDENTITIES, Pairs
from trainer.tuning import TUNING, WORLD_SHARE, tune, world_batches
from trainer.verification import tested
from trainer.videobatches import VideoBatches
from trainer.videosets import few
from trainer.yardstick import Yardstick

BUNDLE, REPORT = "bundle", "report.md"
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

    Nobody that is measured is learned from. Raises InputError for too few people, or if those held out make no trial.
    """
    keep_freed_memory()
    cache, videos = tested(plan.root, "plain", plan.cache)
    people = parted(sorted(videos, key=lambda video: video.path), plan.seed)
    clip = reopened(plan.start)
    yardstick = Yardstick(cache, few(people.held_out), evaluation_trials(plan.files, plan.drivers))
    before = yardstick.read(OnnxEngine(plan.start), plan.start.centre)
    if not any(map(tells, before.people.values())):
        problem = f"{people.summary()}: on no face do those held out make both a genuine and an impostor trial"
        raise InputError("--root", problem, "have people drive each other's faces")
    preset = replace(TUNING, steps=plan.steps)
    batches = VideoBatches(cache, people.learned, preset, plan.seed)
    tune(clip, batches.batch, world_batches(plan.files, preset, plan.seed), preset, plan.seed)
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".draft-", dir=out) as folder:
        draft = write(clip, Path(folder) / BUNDLE, plan, people, UNTRAINED)
    after = yardstick.read(OnnxEngine(draft), draft.centre)
    own, world = changes(before.people, after.people), changes(before.world, after.world)
    knowledge = learned(after.embeddings, yardstick.trials)
    knowledge["metrics"] = [*held_out_metrics(own), *knowledge["metrics"]]
    write(clip, out / BUNDLE, plan, people, knowledge)
    lines = [*report(plan, people, own, world), *missing(before.people | before.world)]
    text = "\n".join(lines) + "\n"
    (out / REPORT).write_text(text)
    return text


def write(clip: FoldedClip, path: Path, plan: Plan, people: OwnPeople, knowledge: dict[str, Any]) -> Bundle:
    """A bundle like the one that was started from, but for its head and what is known of it. Raises BundleError."""
    source = {
        "name": f"videos of the owner's own people: {people.summary()}",
        "licence": "the owner's to say",
        "use": f"tuning of {plan.start.model_id} by {plan.steps} steps; those held out for the figures only",
    }
    manifest = {
        **{name: value for name, value in plan.start.manifest.items() if name != "files"},
        **knowledge,
        "model_id": plan.model_id,
        "training_data": [*plan.start.manifest["training_data"], source],
        "limits": [*plan.start.manifest["limits"], LIMIT],
    }
    contents = {**build_graphs(clip), CARD: model_card(manifest).encode()}
    return write_bundle(path, manifest, contents, check=lambda bundle: compare(clip, OnnxEngine(bundle)))


def held_out_metrics(own: Sequence[Change]) -> list[dict[str, Any]]:
    """What the bundle says of the people held out."""
    return [
        metric(change.name, change.after, f"{change.drivers} held-out people of its owner, {change.after.pairs} pairs")
        for change in own
    ]


def report(plan: Plan, people: OwnPeople, own: Sequence[Change], world: Sequence[Change]) -> Iterator[str]:
    """Lines of Markdown."""
    yield from (f"# {plan.model_id}, tuned from {plan.start.model_id}", "", f"**{advice(own, world)}**", "")
    yield f"{people.summary()} (seed {plan.seed}); {plan.steps} steps, of which the last counts."
    yield f"Of each step's loss {WORLD_SHARE:.0%} is of clips of the simulated world, so that what was known is not"
    yield f"forgotten. Calibrated on {plan.drivers} other drivers of that world, on none of the people."
    yield ""
    yield "Intervals are 95 %, by bootstrap over people; the change has its own, on the same trials. Fewer than"
    yield f"{LEAST_IDENTITIES} people have none."
    yield from ("", "## The people held out", "", *table(own))
    yield from ("", "## Drivers of the simulated world", "", *table(world))


def missing(trials: Mapping[str, Pairs]) -> Iterator[str]:
    """Lines of Markdown on what the tables lack; none where they lack nothing."""
    if sentences := untold(trials):
        yield from ("", "## Not measurable", "", *(f"- {sentence}" for sentence in sentences))
