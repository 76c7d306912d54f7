"""bundle.json: what a bundle says about itself, and what its graphs must look like."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from guard.core.calibration import Calibration
from guard.core.change import Change
from guard.core.extractor import LEAST_FPS
from guard.core.items import Thresholds
from guard.core.policy import Operating
from guard.core.session import SessionModel
from guard.core.settings import VARIETY_FLOOR
from guard.core.window import EDGE

FORMAT_VERSION = 1
EMBEDDING, COLUMN = 256, 512
LONGEST = 1024
"""Frames of a window, and of a verdict's stride: 41 s. Each stream keeps that many."""
LARGEST_STATE = 1 << 22
"""Values of a stream's state: 16 MiB, sixty times what the network needs."""
WEIGHTS, CARD = "weights.bin", "README.md"
FileName = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
"""A plain name: a bundle never reaches outside itself."""
ModelId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[ -~]+\z")]
"""Printable ASCII: it is read in logs and is a metric's label."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Tensor(_Part):
    """Type and shape of a graph's input or output; a letter stands for a length that is free."""

    type: Literal["uint8", "float32"]
    shape: tuple[int | str, ...]


class Graph(_Part):
    """One ONNX file; its weights are in the file that all graphs share."""

    file: str = FileName
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


class Input(_Part):
    """The pictures that the model was trained on: gray, square, full range, `size` pixels a side, `fps` a second."""

    size: Literal[128]
    fps: Literal[25]
    scale: Literal["fixed", "local", "clip"]
    """How the graphs scale gray levels. Fixed: by constants. Local: by the light and the contrast about each pixel of
    the same frame. With both, cached features stay right. Clip: by the mean and the deviation of the whole clip, which
    change with every frame, so that there is only the graph for whole clips."""
    least_fps: float = Field(default=LEAST_FPS, gt=0, le=25)
    """Frames a second of the slowest sources that the model learned from and was measured on."""


class Cohort(_Part):
    """Statistics of many people: the mean embedding that is taken off before a comparison, or None."""

    centre: tuple[Annotated[float, Field(ge=-1, le=1)], ...] | None


class Metric(_Part):
    """A measured figure with its 95 % interval, null of too few people; `on` says on whom and what."""

    system: str | None = None
    """What reaches it, where that is not the model but a trivial system beside it."""
    name: str
    value: float
    low: float | None
    high: float | None
    on: str


class Source(_Part):
    """Something the model learned from."""

    name: str
    licence: str
    use: str


class Manifest(_Part):
    """The whole of bundle.json."""

    format_version: Literal[1]
    model_id: ModelId
    architecture: Literal["f5c-feat-diff", "f5c-feature-flow", "f5c-feat-diff-authors"]
    """The paper's network, the same encoder under a head of feature flow, or the authors' published code."""
    input: Input
    horizons: tuple[Annotated[int, Field(le=LONGEST)], ...] = Field(min_length=1, max_length=16)
    verdict_stride: int = Field(ge=1, le=LONGEST)
    state_size: int | None = Field(default=None, ge=1, le=LARGEST_STATE)
    """None where there is no step."""
    edge: int = Field(default=EDGE, ge=EDGE, le=LONGEST)
    """Frames of a window that no column of its inside comes with: see guard.core.window."""
    graphs: dict[str, Graph]
    files: dict[str, str]
    """sha256 in hexadecimal of every other file of the bundle."""
    calibration: dict[int, Calibration]
    thresholds: Thresholds
    sessions: dict[int, SessionModel] = Field(default_factory=dict)
    """How far a whole call can be told by, by horizon; where one is missing, guard.core.session.ASSUMED holds."""
    change: Change | None = None
    continuity: Change | None = None
    operating: Operating = Operating()
    """What simulated calls showed of each threshold, from lax to strict."""
    motion_floor: float = Field(ge=0, le=255)
    variety_floor: float = Field(default=VARIETY_FLOOR, ge=0, le=1)
    """Mean cosine distance of windows to the nearest one that shares no frame, below which nobody is enrolled."""
    cohort: Cohort
    metrics: tuple[Metric, ...]
    training_data: tuple[Source, ...]
    licence: str
    limits: tuple[str, ...]


def required_graphs(state_size: int | None) -> dict[str, Graph]:
    """The graphs that a bundle must have: of streams with a state of `state_size` values, or of whole clips only."""
    embedding = Tensor(type="float32", shape=("B", EMBEDDING))
    frames = Tensor(type="uint8", shape=("B", "T", 128, 128))
    clip = Graph(file="clip.onnx", inputs={"frames": frames}, outputs={"embedding": embedding})
    return {"clip": clip} if state_size is None else {**_stream_graphs(state_size, embedding), "clip": clip}


def _stream_graphs(state_size: int, embedding: Tensor) -> dict[str, Graph]:
    frame, column = Tensor(type="uint8", shape=("B", 128, 128)), Tensor(type="float32", shape=("B", COLUMN))
    state = Tensor(type="float32", shape=("B", state_size))
    count = Tensor(type="float32", shape=("B",))
    return {
        "step": Graph(
            file="step.onnx",
            inputs={"frames": frame, "state": state},
            outputs={"next_state": state, "column": column, "start": column},
        ),
        "project": Graph(
            file="project.onnx",
            inputs={"state": state, "pooled": column, "differences": count},
            outputs={"embedding": embedding},
        ),
    }
