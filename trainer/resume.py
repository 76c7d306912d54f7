"""What a run that is gone on with keeps: it was begun with options and files that nothing may change under way."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from guard.core.errors import InputError
from trainer.blocks import WorldFiles
from trainer.presets import Preset
from trainer.videosets import VideoSet, digest

WORLD, VIDEOS = "world", "videos"
"""The `source` of what a run learns from, in its checkpoint."""
BLOCKS, TRIALS, BEGUN = "blocks", "trials.npz", "begun.json"
"""In the folder of a run in the simulated world: its clips, and what they are rendered from."""
RENDERED_BY = ("identities", "block_clips", "block_frames", "reuse", "clean", "ramp")
"""What of a preset decides which clips a block holds; by the rest batches are drawn from blocks, and learned from."""


def refuse_with_resume(**given: Any) -> None:
    """Raises InputError if an option that only a new run takes was given, by its name without dashes; None is not."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"--{name}", "belongs to a new run", "leave it out: --resume goes on as the run began")


def begun_with(files: WorldFiles) -> dict[str, Any]:
    """What a run renders from, by option: SHA-256 of a file or None, and what is held out."""
    given = {"motion": files.motion, "targets": files.targets}
    hashes: dict[str, Any] = {name: path and sha256(path.read_bytes()).hexdigest() for name, path in given.items()}
    return {"source": WORLD} | hashes | {"fold": files.fold, "hold-out": sorted(files.held_out)}


def begun_with_videos(videos: VideoSet) -> dict[str, Any]:
    """Which videos a run learns from and validates on: digests of both lists."""
    lists = {"training": videos.training, "validation": videos.validation}
    return {"source": VIDEOS} | {name: digest(videos.cache, listed) for name, listed in lists.items()}


def check_begun_with(files: WorldFiles, facts: Mapping[str, Any]) -> None:
    """Raises InputError unless `files` are what a checkpoint's `facts` say. Earlier checkpoints say nothing."""
    if _source(facts) == VIDEOS:
        raise InputError("--root", f"is missing: this run was begun with {facts['videos'][-1]}", "give the same")
    before = facts.get("begun_with")
    if before is None:
        return
    for name, now in (begun_with(files) | {"source": before.get("source")}).items():
        if now != before.get(name):
            began = before[name] if before[name] or name == "fold" else "nothing"
            raise InputError(f"--{name}", f"is not what this run was begun with, which was {began}", "give the same")


def check_begun_with_videos(videos: VideoSet, facts: Mapping[str, Any], out: Path) -> None:
    """Raises InputError unless `videos` are what the `facts` of the checkpoint in `out` say.

    Of earlier checkpoints' videos only the number and kind are known.
    """
    now = videos.summary()
    before = facts["videos"][-1] if _source(facts) == VIDEOS else "the simulated world"
    if before != now:
        raise InputError(str(out), f"was begun with {before}, not with {now}", "name another folder")
    lists = begun_with_videos(videos)
    others = [name for name, found in facts.get("begun_with", {}).items() if found != lists[name]]
    if others:
        problem = f"was begun with other {' and '.join(others)} videos than these {now}"
        how = "a name, person, split, size or time of change is another"
        raise InputError(str(out), f"{problem}: {how}", "name another folder")


def rendered_from(files: WorldFiles, preset: Preset, seed: int) -> dict[str, Any]:
    """All that the clips in a run's folder depend on, by name."""
    return begun_with(files) | {"seed": seed} | {name: getattr(preset, name) for name in RENDERED_BY}


def take_folder(out: Path, files: WorldFiles, preset: Preset, seed: int, begins: bool) -> None:
    """Say in folder `out` what its clips are rendered from, for whoever finds them without a checkpoint.

    The same run may begin again with the clips that lie there. Raises InputError where they are another run's, or when
    a run `begins` and nothing is said of them; one that goes on has its checkpoint's word, as earlier versions had.
    """
    there = any((out / BLOCKS).glob("*.npz")) or (out / TRIALS).exists()
    remedy = f"name another folder, or delete {BLOCKS} and {TRIALS} in it"
    _take(out, rendered_from(files, preset, seed), "clips", there, begins, remedy)


def take_bank(bank: Path, files: WorldFiles) -> None:
    """The same for a bank of filmed people (trainer.calls.bank), which is known by what it was filmed with."""
    remedy = "name another folder, or delete this one"
    _take(bank, begun_with(files), "films", any(bank.glob("*/*.npz")), True, remedy)


def _take(folder: Path, now: dict[str, Any], what: str, there: bool, begins: bool, remedy: str) -> None:
    path = folder / BEGUN
    before = _said(path)
    if not there:
        if before != now:
            folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".part")
            temporary.write_text(json.dumps(now) + "\n")
            temporary.replace(path)
    elif before is None:
        if begins:
            raise InputError(str(folder), f"holds {what} of an unknown run, without a {BEGUN} that says which", remedy)
    elif others := [name for name, value in now.items() if before.get(name) != value]:
        differs = ", ".join(f"{name} {_word(before.get(name))}, not {_word(now[name])}" for name in others)
        raise InputError(str(folder), f"holds {what} of another run, with {differs}", remedy)


def _said(path: Path) -> dict[str, Any] | None:
    """What the file says; None where it is not there, or says nothing."""
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _word(value: Any) -> str:
    """A value for the eye: of a hash its beginning."""
    if value is None or value == []:
        return "none"
    return "+".join(value) if isinstance(value, list) else value[:8] if isinstance(value, str) else str(value)


def _source(facts: Mapping[str, Any]) -> str:
    """Earlier checkpoints did not name it: those of videos had no `begun_with`."""
    begun = facts.get("begun_with")
    if begun is None:
        return VIDEOS if facts.get("videos") else WORLD
    return str(begun.get("source", WORLD))
