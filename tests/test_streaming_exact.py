"""The product's promise: streaming costs one frame and gives what the whole clip gives. The real model, default bundle.

Given the same encoder outputs, a streamed embedding equals the whole window's to 1e-5 in each component: arithmetic,
without exceptions. From pictures, the encoder sees batches of other shapes, which rounds otherwise; two neighbours that
are nearly equally near may then change places in its top-k. Such windows are counted, and must be few.
"""

from random import Random

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from torch import Tensor
from torch.nn import functional

from guard.bundle import Bundle
from guard.core.extractor import Extractor
from guard.core.items import Floats, Frame, Gray, GridFrame
from guard.core.stream import Stream
from guard.engine import OnnxEngine
from guard.manifest import WEIGHTS
from tests.core.plans import Segment, life, play, segments

EDGE = Bundle.default().edge
HORIZONS = (EDGE + 1, 16, 24)
FEATURE = (128, 16, 16)
"""A feature; its values are the first of a stream's state."""
TIE = 1e-4
"""A feature that differs by more than this between two batches has lost a neighbour; rounding alone stays far below."""


def film(count: int) -> Gray:
    """(count, 128, 128): soft blobs that wander over a soft background, with a little noise."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:128, :128]
    centres = 64 + random.normal(0, 30, (6, 2)) + np.cumsum(random.normal(0, 2, (count, 6, 2)), axis=0)
    blobs = np.exp(-((y - centres[..., 0, None, None]) ** 2 + (x - centres[..., 1, None, None]) ** 2) / 200)
    light = 60 + 0.5 * x + (blobs * random.uniform(-60, 90, (6, 1, 1))).sum(axis=1)
    return np.clip(light + random.normal(0, 2, light.shape), 0, 255).astype(np.uint8)


PICTURES = film(100)


class Watched(Stream):
    """A stream that remembers the feature of each slot of each run."""

    def __init__(self, engine: OnnxEngine) -> None:
        super().__init__(engine.state_size, max(64, *HORIZONS), None, opted_out=False, edge=EDGE)
        self.features: dict[int, list[Floats]] = {}

    def advance(self, frame: GridFrame, state: Floats, column: Floats, start: Floats) -> None:
        super().advance(frame, state, column, start)
        feature = state[: np.prod(FEATURE)].reshape(FEATURE).copy()
        self.features.setdefault(self.cuts, []).append(feature)

    def features_of(self, run: int, slot: int, horizon: int) -> Floats:
        """(horizon, 128, 16, 16): what the encoder gave for the window that ends with `slot`."""
        return np.stack(self.features[run][slot + 1 - horizon : slot + 1])


class WholeClip:
    """The network on whole windows, written anew: flow, covariance, logarithm; and the bundle's own clip graph."""

    def __init__(self, bundle: Bundle) -> None:
        model = onnx.load_from_string(bundle.graph("clip"))
        self._weights = {tensor.name: read(tensor, bundle.weights) for tensor in model.graph.initializer}
        differences = next(node for node in model.graph.node if node.op_type == "Slice")
        features = onnx.helper.make_tensor_value_info(differences.input[0], onnx.TensorProto.FLOAT, None)
        model.graph.output.append(features)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_external_initializers_from_files_in_memory([WEIGHTS], [bundle.weights], [len(bundle.weights)])
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), options)

    def from_pictures(self, window: Gray) -> tuple[Floats, Floats]:
        """Embedding (256,) and features (T, 128, 16, 16) of a window (T, 128, 128)."""
        embedding, features = self._session.run(None, {"frames": window[None]})
        return embedding[0], features[0]

    def from_features(self, features: Floats) -> Floats:
        """Embedding (256,) of features (T, 128, 16, 16), in float64."""
        flow = self._flow(torch.from_numpy(features).double())
        along = flow.flatten(1) @ self._double("head.directions.weight").T
        filters = self._double("head.filters")  # (bands, span, directions)
        seen = along.unfold(0, filters.shape[1], 1)  # (T - span, directions, span)
        described = []
        for taps in filters:
            filtered = (seen * taps.T).sum(dim=-1)
            covariance = filtered.T @ filtered / len(filtered)
            floor = 0.1 * covariance.diagonal().mean() + 0.002
            values, vectors = torch.linalg.eigh(covariance + floor * torch.eye(len(covariance)))
            logarithm = (vectors * values.log()) @ vectors.T
            described.append(logarithm[tuple(torch.triu_indices(*logarithm.shape))])
        answer = self._double("head.embedding.weight") @ torch.cat(described) + self._double("head.embedding.bias")
        return (answer / answer.norm()).float().numpy()

    def _flow(self, features: Tensor) -> Tensor:
        """(T, 128, 16, 16) -> (T-1, 2, 16, 16): least squares over one window after the other, by a solver."""
        means, changes = (features[1:] + features[:-1]) / 2, features.diff(dim=0)
        slopes = functional.conv2d(means, self._double("flow.slopes.weight")).unflatten(1, (2, -1))
        change = functional.conv2d(changes, self._double("flow.changes.weight"))
        matrices = torch.einsum("tanyx,tbnyx->tabyx", slopes, slopes) / slopes.shape[2]
        right = torch.einsum("tanyx,tnyx->tayx", slopes, change) / slopes.shape[2]
        flow = torch.zeros_like(right)
        for side, stiffness in zip((9, 5, 3, 1), self._double("flow.stiffness").exp(), strict=True):
            matrix = box(matrices.flatten(1, 2), side).unflatten(1, (2, 2)) + stiffness * torch.eye(2)[..., None, None]
            answer = box(right, side) + stiffness * flow
            flow = torch.linalg.solve(matrix.permute(0, 3, 4, 1, 2), answer.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return flow

    def _double(self, name: str) -> Tensor:
        return self._weights[name].double()


def box(cells: Tensor, side: int) -> Tensor:
    """Means over side x side cells, of those within the picture."""
    kernel = torch.ones(1, 1, side, side, dtype=cells.dtype)
    flat = cells.flatten(0, 1)[:, None]
    counted = functional.conv2d(torch.ones_like(flat), kernel, padding=side // 2)
    return (functional.conv2d(flat, kernel, padding=side // 2) / counted).view_as(cells)


def read(tensor: onnx.TensorProto, weights: bytes) -> Tensor:
    """An initializer, from the graph or from the shared file."""
    place = {entry.key: entry.value for entry in tensor.external_data}
    if place:
        start = int(place["offset"])
        tensor = onnx.TensorProto(data_type=tensor.data_type, dims=tensor.dims)
        tensor.raw_data = weights[start : start + int(place["length"])]
    return torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())


@pytest.fixture(scope="module")
def engine() -> OnnxEngine:
    return OnnxEngine(Bundle.default())


@pytest.fixture(scope="module")
def whole() -> WholeClip:
    return WholeClip(Bundle.default())


@pytest.fixture(scope="module")
def tolerance(whole: WholeClip) -> float:
    """1e-5; less for a model that hardly tells windows apart, or the comparison would show nothing."""
    embeddings = [whole.from_pictures(PICTURES[n : n + 16])[0] for n in range(0, 80, 10)]
    return min(1e-5, difference(np.stack(embeddings[1:]), embeddings[0]) / 50)


def difference(a: Floats, b: Floats) -> float:
    return float(np.abs(a - b).max())


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(segments(36), min_size=1, max_size=4), some.integers(2, 7), some.randoms(use_true_random=False))
def test_given_the_same_features_streaming_is_exact(
    engine: OnnxEngine,
    whole: WholeClip,
    tolerance: float,
    plans: list[list[Segment]],
    stride: int,
    random: Random,
) -> None:
    lives = [life(plan, np.roll(PICTURES, 17 * n, axis=0)) for n, plan in enumerate(plans)]
    streams = [Watched(engine) for _ in lives]
    played = play(Extractor(engine, HORIZONS, stride, 0.0, edge=EDGE), streams, lives, random)
    for stream, measured in zip(streams, played, strict=True):
        for m in measured:
            if m.embedding is not None:
                exact = whole.from_features(stream.features_of(m.run, m.slot, m.horizon))
                assert difference(m.embedding, exact) <= tolerance


@pytest.mark.slow
@pytest.mark.parametrize(("horizon", "company"), [(64, 0), (16, 2), (16, 15)])
def test_from_pictures_streaming_is_exact_but_for_near_ties(
    engine: OnnxEngine, whole: WholeClip, tolerance: float, horizon: int, company: int
) -> None:
    """The stream is stepped together with `company` others; in the whole clip the encoder's batch has another shape."""
    extractor = Extractor(engine, (horizon,), 5, 0.0, edge=EDGE)
    watched, *others = (Watched(engine) for _ in range(1 + company))
    ties = compared = 0
    for n in range(horizon + 20):
        batch = [(stream, Frame(PICTURES[n - place], n / 25)) for place, stream in enumerate([watched, *others])]
        for m in extractor.step(batch)[0]:
            if m.embedding is not None:
                embedding, features = whole.from_pictures(PICTURES[n + 1 - horizon : n + 1])
                streamed = watched.features_of(0, n, horizon)
                assert difference(m.embedding, whole.from_features(streamed)) <= tolerance
                tied = int((np.abs(features - streamed).max(axis=1) > TIE).sum())  # positions, of 256 in each frame
                assert tied or difference(m.embedding, embedding) <= tolerance
                ties, compared = ties + tied, compared + 256 * horizon
    assert compared == 5 * 256 * horizon
    assert ties <= compared / 1000, f"{ties} of {compared} positions took another neighbour"
