"""The plain layout: one folder of TARGET--CLIP--DRIVER.mp4, for videos of one's own. It knows no split."""

from pathlib import Path

from trainer.data.videos import Listing, Video, checked, listing, stem

SHAPE = "TARGET--CLIP--DRIVER.mp4"


def plain(root: Path) -> Listing:
    """The videos of a plain folder. Raises InputError if it holds none."""
    return checked(listing(root, "", 0, _read_name), root, f"files named {SHAPE} in the folder itself")


def _read_name(path: str) -> Video | str:
    parts = stem(path).split("--")
    if len(parts) != 3 or not all(parts):
        return f"is not named {SHAPE}"
    target, clip, driver = parts
    return Video(path, target, driver, clip, generator=None, split=None, original=False)
