"""What a step costs against the published way of scoring, on one thread, in one run."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch

from guard.bundle import Bundle
from guard.engine import OnnxEngine
from trainer.published import PublishedLoop

WINDOW = 64


def bench(bundle: Bundle, rounds: int = 9) -> dict[str, float]:
    """Milliseconds of a step at batch 1 and of the published loop over a clip of 64 frames; medians, and their ratio.

    The two take turns, so that whatever else the machine does slows both alike.
    """
    torch.set_num_threads(1)
    engine, loop = OnnxEngine(bundle, threads=1), PublishedLoop().eval()
    clip = np.random.default_rng(0).integers(0, 256, (WINDOW, 128, 128), dtype=np.uint8)
    state = np.zeros((1, engine.state_size), np.float32)
    steps, loops = [], []
    with torch.inference_mode():
        for _ in range(rounds):
            loops.append(milliseconds(lambda: loop(torch.from_numpy(clip))))
            steps += [milliseconds(lambda frame=frame: engine.step(frame[None], state)) for frame in clip]
    step, published = median(steps), median(loops)
    return {"step_ms": step, "published_ms": published, "ratio": published / step}


def milliseconds(work: Callable[[], Any]) -> float:
    """How long `work` takes, in milliseconds."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3
