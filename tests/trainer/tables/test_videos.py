"""A cached tree in the shape of NVFAIR's release to a report, the bundle through guard's own engine."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from guard.bundle import Bundle
from guard.engine import OnnxEngine
from trainer.baselines import motion_energy
from trainer.data.cache import Cache, CacheWriter, Stamp
from trainer.data.decode import Clip
from trainer.data.videos import Video
from trainer.ranking import bootstrap_ranks
from trainer.tables import videos as tables
from trainer.tables.videos import report_videos
from trainer.verification import systems

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals are tested with trainer.ranking."""
    monkeypatch.setattr("trainer.tables.figures.bootstrap_ranks", partial(bootstrap_ranks, rounds=4))


METRICS = [
    {"system": "ours", "name": "AUC, strict protocol, lia", "value": 0.7, "low": 0.6, "high": 0.8, "on": "9 pairs"}
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    """Two generators; three people on each other's faces, twice on their own, who sway each in their own way."""
    folder, number = tmp_path_factory.mktemp("cache") / "cache", 0
    with CacheWriter(folder, "nvfair") as writer:
        for generator in ("lia", "tps"):
            for target in "abc":
                for driver, clip in [*((d, f"{d}-on-{target}") for d in "abc"), (target, f"{target}2")]:
                    path = f"{generator}/{target}--{clip}--{driver}.mp4"
                    video = Video(path, target, driver, clip, generator, "test", original=False)
                    writer.add(video, Stamp(1, number), Clip(swaying(driver, number, 70 + 64 * (number % 2)), 0, ""))
                    number += 1
    return Cache(folder)


def swaying(driver: str, seed: int, frames: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    base = rng.integers(60, 190, (128, 128))
    across = np.round(5 * np.sin(np.arange(frames) * (0.3 + 0.2 * "abc".index(driver)))).astype(int)
    return np.stack([np.roll(base, shift, axis=1) for shift in across]).astype(np.uint8)


def test_a_report_has_every_table_and_every_system(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cheap(bundle: Bundle, threads: int, folder: Path | None) -> dict[str, object]:
        return dict.fromkeys(("ours", "motion energy"), motion_energy)

    monkeypatch.setattr(tables, "systems", cheap)
    listed = [entry.video for entry in cache.entries.values()]
    report_videos(tmp_path / "report", Bundle.default(), METRICS, cache, listed, most=600)
    found = json.loads((tmp_path / "report" / "figures.json").read_text())
    rows = {(f["table"], f["row"]) for f in found}
    assert {row for table, row in rows if table.startswith("Genuine")} == {
        *(f"{face} face, {generator} generator" for face in ("same", "other") for generator in ("same", "other")),
    }
    assert {row for table, row in rows if table.startswith("Cross")} == {
        f"enrolled on {a}, verified on {b}" for a in ("lia", "tps") for b in ("lia", "tps")
    }
    assert {row for table, row in rows if table.startswith("Seconds")} == {"0.64", "1.28", "2.56"}
    assert len([row for table, row in rows if table.startswith("Motion")]) >= 3
    assert {f["system"] for f in found if f["table"] != "The layout's protocol"} == {"ours", "motion energy"}
    text = (tmp_path / "report" / "report.md").read_text()
    assert "does not tell the session" in text
    assert "24 renderings by 3 drivers" in text


def test_what_is_read_of_a_video_comes_from_the_shipped_engine(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, bundle = {}, Bundle.default()
    monkeypatch.setattr(tables, "figures", lambda labels, readings, slices: seen.update(readings) or [])
    monkeypatch.setattr(tables, "panels", lambda *_: {})
    monkeypatch.setattr(tables, "systems", lambda b, t, f: dict([next(iter(systems(b, t, f).items()))]))
    listed = [entry.video for entry in cache.entries.values()]
    report_videos(tmp_path / "report", bundle, METRICS, cache, listed, most=2)
    (readings,) = seen.values()
    engine = OnnxEngine(bundle)
    expected = [engine.embed_clip(cache.clip(v.path)[None, :64])[0] for v in listed]
    for row in readings["first 64"]:
        assert min(float(np.abs(row - other).max()) for other in expected) < 1e-5
