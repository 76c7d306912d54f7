"""The installed command with the shipped model, as a user types it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guard.bundle import Bundle
from guard.core.items import Frame
from guard.engine import OnnxEngine
from guard.video import events
from tests.films import film, lively

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def faceless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films of tests show nobody."""
    monkeypatch.setenv("AVATAR_GUARD_FRAMING", "off")


GUARD = (sys.executable, "-c", "from guard.cli import app; app()")


def guard(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*GUARD, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done


def objects(*arguments: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in guard(*arguments, "--json").stdout.splitlines()]


def test_from_a_film_to_a_decision(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", 150, size=(320, 180), painter=lively, sound=True)
    gallery = ("--gallery", tmp_path / "g.sqlite")
    (enrolled,) = objects("enroll", "Ada", clip, "--consent-by", "Grace", *gallery)
    assert enrolled["model_id"] == Bundle.default().model_id
    assert enrolled["windows"] == 11
    *verdicts, last = objects("verify", clip, "--claim", "Ada", *gallery)
    scored = [verdict for verdict in verdicts if verdict["score"] is not None]
    assert len(scored) == last["summary"]["windows_scored"] >= 18
    assert np.mean([verdict["score"] for verdict in scored if verdict["horizon"] == 64]) > 0.5  # its own template
    assert last["summary"]["decision"] == verdicts[-1]["decision"]
    assert guard("verify", clip, "--claim", "Eve", *gallery, code=2).stderr.count("\n") == 1


def test_streamed_embeddings_are_those_of_whole_windows(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.webm", 90, size=(180, 320), codec="libvpx")
    pictures = np.stack([event.pixels for event in events(clip, print) if isinstance(event, Frame)])
    found = objects("embed", clip, "--every", "13")
    assert [line["t"] for line in found] == pytest.approx([2.52, 3.04, 3.56])
    engine = OnnxEngine(Bundle.default())
    for line, last in zip(found, (63, 76, 89), strict=True):
        whole = engine.embed_clip(pictures[None, last - 63 : last + 1])[0]
        assert float(whole @ np.array(line["embedding"], np.float32)) > 0.999  # near-ties of neighbours may differ


def test_bundle_with_a_flipped_byte(tmp_path: Path) -> None:
    bundle, clip = tmp_path / "bundle", film(tmp_path / "a.mp4", 10)
    shutil.copytree(Path(__file__).parents[2] / "guard" / "models" / "default", bundle)
    weights = bytearray((bundle / "weights.bin").read_bytes())
    weights[1000] ^= 1
    (bundle / "weights.bin").write_bytes(weights)
    failed = guard("embed", clip, "--json", "--bundle", bundle, code=1)
    assert failed.stdout == ""
    assert failed.stderr.startswith("guard: bundle: weights.bin: is damaged")
    assert failed.stderr.count("\n") == 1


def test_bench_measures_the_shipped_model() -> None:
    (costs,) = objects("bench")
    assert (costs["horizon"], costs["threads"]) == (64, 1)
    assert costs["clip_ms"] > costs["step_ms"] > costs["step_graph_ms"] > 0
