"""The model in onnxruntime: stateless, shared by all streams."""

from collections.abc import Iterator

import numpy as np
import onnxruntime

from guard.bundle import Bundle
from guard.core.errors import BundleError, EngineError
from guard.core.extractor import StepOutput
from guard.core.items import Floats, Gray
from guard.manifest import WEIGHTS, Tensor, required_graphs

BATCHES = (1, 2, 4, 8, 16)
"""Batch sizes that are run; others are split into these, so that onnxruntime plans its memory for five shapes."""
_TYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}


class OnnxEngine:
    """Runs a bundle's graphs on `threads` CPU threads; guard.core.extractor.Engine, and whole clips.

    Of a bundle without a step it runs whole clips only: see guard.clips.
    Raises BundleError when a graph is not what the bundle says, EngineError when one fails to run.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        self._state_size = bundle.state_size
        self._sessions = {name: _session(bundle, name, threads) for name in required_graphs(bundle.state_size)}

    @property
    def state_size(self) -> int:
        """Number of values in a stream's state."""
        if self._state_size is None:
            raise EngineError("the model has no step, it embeds whole clips only")
        return self._state_size

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        """The next picture of each of B streams: `frames` (B, 128, 128) uint8, `state` (B, K) float32."""
        return StepOutput(*_run(self._sessions["step"], {"frames": frames, "state": state}))

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        """Embeddings (B, 256) of windows that end with the streams' newest frames.

        `state` (B, K), `pooled` (B, 512) and `differences` (B,), all float32.
        """
        return _run(self._sessions["project"], {"state": state, "pooled": pooled, "differences": differences})[0]

    def embed_clip(self, frames: Gray) -> Floats:
        """Whole clips (B, T, 128, 128) uint8 of at least 2 frames -> embeddings (B, 256)."""
        # One by one: a clip of 64 frames already is a batch of 64 for the encoder.
        return np.concatenate([_call(self._sessions["clip"], {"frames": clip[None]})[0] for clip in frames])


def _session(bundle: Bundle, name: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # warnings there speak of the graph's construction, which no user can change
    # Threads that spin between calls take the processor from decoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_external_initializers_from_files_in_memory([WEIGHTS], [bundle.weights], [len(bundle.weights)])
    try:
        session = onnxruntime.InferenceSession(bundle.graph(name), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a dozen exception types without a base of their own
        raise BundleError(name, f"onnxruntime cannot load the graph: {error}") from error
    required = required_graphs(bundle.state_size)[name]
    _check_tensors(f"{name} inputs", session.get_inputs(), required.inputs)
    _check_tensors(f"{name} outputs", session.get_outputs(), required.outputs)
    return session


def _check_tensors(part: str, found: list[onnxruntime.NodeArg], required: dict[str, Tensor]) -> None:
    """Names, types and shapes in their order; a free length may bear any name."""
    if [node.name for node in found] != list(required):
        raise BundleError(part, f"are {[node.name for node in found]}, not {list(required)}")
    for node, tensor in zip(found, required.values(), strict=True):
        shape = tuple(length if isinstance(length, int) else None for length in node.shape)
        wanted = tuple(length if isinstance(length, int) else None for length in tensor.shape)
        if _TYPES.get(node.type) != tensor.type or shape != wanted:
            raise BundleError(part, f"{node.name} is {node.type} {node.shape}, not {tensor.type} {list(tensor.shape)}")


def _run(session: onnxruntime.InferenceSession, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Run a batch of any size in the sizes of BATCHES; outputs have as many rows as the inputs."""
    parts = [_call(session, part) for part in _split(inputs)]
    return parts[0] if len(parts) == 1 else [np.concatenate(rows) for rows in zip(*parts, strict=True)]


def _split(inputs: dict[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """Largest parts first. Nothing is padded: a row costs the same in a batch of any size, and an empty one as much."""
    rows = len(next(iter(inputs.values())))
    start = 0
    while start < rows:
        size = max(size for size in BATCHES if size <= rows - start)
        yield {name: array[start : start + size] for name, array in inputs.items()}
        start += size


def _call(session: onnxruntime.InferenceSession, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    try:
        return list(session.run(None, inputs))
    except Exception as error:  # see _session
        raise EngineError(f"the model failed to run: {error}") from error
