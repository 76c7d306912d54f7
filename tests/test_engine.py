"""The engine: batches of any size, graphs that are not what was promised, failures that are no numbers."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from guard.bundle import Bundle
from guard.core.errors import BundleError, EngineError
from guard.engine import OnnxEngine


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.default()


@pytest.fixture(scope="module")
def engine(bundle: Bundle) -> OnnxEngine:
    return OnnxEngine(bundle)


def pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 128, 128), dtype=np.uint8)


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, shape).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [2, 3, 7, 19])
def test_a_batch_of_any_size_gives_what_each_row_gives_alone(engine: OnnxEngine, rows: int) -> None:
    frames, state = pictures(rows), values(rows, engine.state_size)
    together = engine.step(frames, state)
    for row in (0, rows // 2, rows - 1):
        alone = engine.step(frames[row : row + 1], state[row : row + 1])
        np.testing.assert_allclose(together.state[row], alone.state[0], rtol=0, atol=1e-5)
        np.testing.assert_allclose(together.column[row], alone.column[0], rtol=0, atol=1e-5)
        np.testing.assert_allclose(together.start[row], alone.start[0], rtol=0, atol=1e-5)
    assert together.state.shape == (rows, engine.state_size)


def test_projections_have_unit_norm_and_do_not_mix_rows(engine: OnnxEngine) -> None:
    state = np.zeros((5, engine.state_size), np.float32)
    pooled = np.zeros((5, 512), np.float32)
    for frame in pictures(70).reshape(14, 5, 128, 128):
        output = engine.step(frame, state)
        state, pooled = output.state, pooled + output.column
    found = engine.project(state, pooled, np.full(5, 63, np.float32))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    alone = engine.project(state[3:4], pooled[3:4], np.full(1, 63, np.float32))
    np.testing.assert_allclose(found[3], alone[0], rtol=0, atol=1e-6)


def test_clips_of_more_frames_than_the_edge_are_embedded(engine: OnnxEngine) -> None:
    edge = Bundle.default().edge
    for length in (edge + 1, edge + 2, edge + 4):
        embeddings = engine.embed_clip(pictures(2, length))
        assert embeddings.shape == (2, 256)
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_the_engine_remembers_nothing(engine: OnnxEngine) -> None:
    frames, state = pictures(1), np.zeros((1, engine.state_size), np.float32)
    first = engine.step(frames, state)
    engine.step(pictures(4), values(4, engine.state_size))
    again = engine.step(frames, state)
    np.testing.assert_array_equal(first.state, again.state)
    assert not state.any()


def test_input_of_the_wrong_shape_is_an_error_and_no_number(engine: OnnxEngine) -> None:
    with pytest.raises(EngineError, match="failed to run"):
        engine.step(pictures(1), np.zeros((1, 7), np.float32))
    with pytest.raises(EngineError, match="failed to run"):
        engine.step(pictures(1).astype(np.float32), np.zeros((1, engine.state_size), np.float32))


@pytest.mark.slow
def test_a_bundle_of_whole_clips_embeds_them_and_has_no_state(bundle: Bundle) -> None:
    parsed = bundle._parsed.model_copy(update={"state_size": None})
    whole, clips = OnnxEngine(replace(bundle, _parsed=parsed)), pictures(2, bundle.edge + 1)
    np.testing.assert_array_equal(whole.embed_clip(clips), OnnxEngine(bundle).embed_clip(clips))
    with pytest.raises(EngineError, match="has no step"):
        _ = whole.state_size


def with_graph(bundle: Bundle, name: str, content: bytes) -> Bundle:
    return replace(bundle, contents={**bundle.contents, f"{name}.onnx": content})


def test_a_graph_of_another_shape_is_refused_by_name(bundle: Bundle) -> None:
    small = ["B", "T", 64, 64]
    frames = onnx.helper.make_tensor_value_info("frames", onnx.TensorProto.UINT8, small)
    embedding = onnx.helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, small)
    cast = onnx.helper.make_node("Cast", ["frames"], ["embedding"], to=onnx.TensorProto.FLOAT)
    graph = onnx.helper.make_graph([cast], "small", [frames], [embedding])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    with pytest.raises(BundleError, match=r"clip inputs: frames is .*64, 64\], not uint8 .*128, 128"):
        OnnxEngine(with_graph(bundle, "clip", model.SerializeToString()))


def test_a_graph_with_other_names_is_refused_by_name(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"project inputs: are .*frames.*, not .*state"):
        OnnxEngine(with_graph(bundle, "project", bundle.graph("step")))


def test_a_file_that_is_no_graph_is_refused(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="clip: onnxruntime cannot load the graph"):
        OnnxEngine(with_graph(bundle, "clip", b"not a graph"))


def test_weights_that_are_too_few_are_refused(bundle: Bundle) -> None:
    contents = {**bundle.contents, "weights.bin": bundle.weights[:1000]}
    with pytest.raises(BundleError, match="cannot load"):
        OnnxEngine(replace(bundle, contents=contents))


@pytest.mark.slow
def test_onnxruntime_reports_to_nobody_and_leaves_no_trace(tmp_path: Path) -> None:
    """With its telemetry on it writes a session number where temporary files go, before anything is sent."""
    load = "from guard.bundle import Bundle; from guard.engine import OnnxEngine; OnnxEngine(Bundle.default())"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    places = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", load], env=environment | places, check=True)
    assert list(tmp_path.iterdir()) == []
