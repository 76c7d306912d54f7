"""The ONNX files: names, shapes, one weights file for all."""

import numpy as np
import onnx
import pytest
import torch

from guard.manifest import WEIGHTS, required_graphs
from tests.trainer.models.helpers import lively_model
from trainer.graphs import WeightsFile, build_graphs
from trainer.models.streaming import STATE, Clip


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return build_graphs(Clip.of(lively_model()))


def test_bytes_that_are_there_are_not_stored_again() -> None:
    weights = WeightsFile()
    assert [weights.place(raw) for raw in (b"abcdef", b"cde", b"xy", b"abcdef")] == [0, 2, 6, 0]
    assert bytes(weights.content) == b"abcdefxy"


@pytest.mark.slow
def test_there_are_three_graphs_and_their_weights_of_about_two_megabytes(files: dict[str, bytes]) -> None:
    assert set(files) == {"step.onnx", "project.onnx", "clip.onnx", WEIGHTS}
    assert len(files[WEIGHTS]) < 2_700_000
    assert all(len(content) < 60_000 for name, content in files.items() if name != WEIGHTS)


@pytest.mark.parametrize("name", ["step", "project", "clip"])
def test_inputs_and_outputs_are_the_required_ones(files: dict[str, bytes], name: str) -> None:
    graph, required = onnx.load_from_string(files[f"{name}.onnx"]).graph, required_graphs(STATE)[name]
    for values, tensors in ((graph.input, required.inputs), (graph.output, required.outputs)):
        found = {value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim] for value in values}
        assert found == {name: list(tensor.shape) for name, tensor in tensors.items()}


def test_every_large_weight_lies_in_the_shared_file(files: dict[str, bytes]) -> None:
    for name in ("step.onnx", "project.onnx", "clip.onnx"):
        for tensor in onnx.load_from_string(files[name]).graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                where = {entry.key: entry.value for entry in tensor.external_data}
                assert where["location"] == WEIGHTS
                assert int(where["offset"]) + int(where["length"]) <= len(files[WEIGHTS])
            else:
                assert len(tensor.raw_data) < 1024


@pytest.mark.slow
def test_the_same_model_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    torch.manual_seed(5)
    assert build_graphs(Clip.of(lively_model())) == files


def test_weights_are_the_models(files: dict[str, bytes]) -> None:
    last = lively_model().head.mlp[3].weight.detach().numpy().astype(np.float32)
    assert last.tobytes() in files[WEIGHTS]
