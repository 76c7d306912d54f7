"""What a run that is gone on with keeps: it was begun with options and files that nothing may change under way."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from guard.core.errors import InputError
from trainer.blocks import WorldFiles
from trainer.videosets import VideoSet, digest

WORLD, VIDEOS = "world", "videos"
"""The `source` of what a run learns from, in its checkpoint."""


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


def _source(facts: Mapping[str, Any]) -> str:
    """Earlier checkpoints did not name it: those of videos had no `begun_with`."""
    begun = facts.get("begun_with")
    if begun is None:
        return VIDEOS if facts.get("videos") else WORLD
    return str(begun.get("source", WORLD))
