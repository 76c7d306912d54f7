"""The three graphs as ONNX, with their weights in one file that they share."""

import io
import warnings
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from onnx import TensorProto, external_data_helper, numpy_helper
from torch import Tensor, nn

from guard.manifest import WEIGHTS, Graph, required_graphs
from trainer.models.clips import FoldedClip
from trainer.models.covariance import SPAN

_OPSET = 18
_SMALL = 1024
"""Bytes. Constants below stay in the graph, where the optimiser of onnxruntime can see them."""


class WeightsFile:
    """The bytes of the shared file; equal weights, also parts of larger ones, are stored once."""

    def __init__(self) -> None:
        self.content = bytearray()

    def place(self, raw: bytes) -> int:
        """Offset of these bytes, appended unless they are there."""
        found = self.content.find(raw)
        if found >= 0:
            return found
        self.content.extend(raw)
        return len(self.content) - len(raw)


def build_graphs(clip: FoldedClip) -> dict[str, bytes]:
    """Files of a bundle by name: three graphs and WEIGHTS, all with the weights of `clip`."""
    step, project, state_size = clip.streaming()
    picture = torch.zeros(2, 128, 128, dtype=torch.uint8)
    state, pooled, differences = torch.zeros(2, state_size), torch.zeros(2, 512), torch.full((2,), 63.0)
    examples: dict[str, tuple[nn.Module, tuple[Tensor, ...]]] = {
        "step": (step, (picture, state)),
        "project": (project, (state, pooled, differences)),
        "clip": (clip, (picture[:, None].repeat(1, SPAN + 1, 1, 1),)),
    }
    return write_graphs(examples, required_graphs(state_size))


def build_clip_graph(model: nn.Module) -> dict[str, bytes]:
    """The same for a model that maps whole clips (B, T, 128, 128) uint8 to embeddings and is no Fingerprint."""
    clips = torch.zeros(2, 5, 128, 128, dtype=torch.uint8)
    return write_graphs({"clip": (model.cpu().eval(), (clips,))}, required_graphs(None))


def write_graphs(
    examples: Mapping[str, tuple[nn.Module, tuple[Tensor, ...]]], graphs: Mapping[str, Graph]
) -> dict[str, bytes]:
    """Files by name: modules exported as these `graphs`, each traced on its example inputs, and WEIGHTS."""
    weights, files = WeightsFile(), {}
    for name, graph in graphs.items():
        exported = export(*examples[name], graph)
        onnx.checker.check_model(exported)
        move_weights(exported, weights)
        files[graph.file] = exported.SerializeToString()
    return files | {WEIGHTS: bytes(weights.content)}


def export(module: nn.Module, inputs: tuple[Tensor, ...], graph: Graph) -> onnx.ModelProto:
    """The module as ONNX with the graph's names and free lengths."""
    shapes = {**graph.inputs, **graph.outputs}
    free = {name: {i: n for i, n in enumerate(t.shape) if isinstance(n, str)} for name, t in shapes.items()}
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # The tracing exporter is called deprecated, but its graphs are leaner than those of its successor.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            inputs,
            buffer,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes=free,
            opset_version=_OPSET,
            do_constant_folding=False,  # onnxruntime folds when it loads; folded here, slices would be stored twice
            dynamo=False,
        )
    exported = onnx.load_from_string(buffer.getvalue())
    add_unused(exported, graph)
    state_shapes(exported, shapes)
    return exported


def add_unused(model: onnx.ModelProto, graph: Graph) -> None:
    """Give the model the inputs that it makes no use of, which tracing leaves out: all bundles are called alike."""
    traced = {value.name: value for value in model.graph.input}
    kinds = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8}
    inputs = [
        traced.get(name) or onnx.helper.make_tensor_value_info(name, kinds[tensor.type], tensor.shape)
        for name, tensor in graph.inputs.items()
    ]
    del model.graph.input[:]
    model.graph.input.extend(inputs)


def state_shapes(model: onnx.ModelProto, tensors: Mapping[str, object]) -> None:
    """Write the promised shapes onto inputs and outputs: tracing loses some of them."""
    for value in (*model.graph.input, *model.graph.output):
        shape = value.type.tensor_type.shape
        del shape.dim[:]
        for length in tensors[value.name].shape:
            dimension = shape.dim.add()
            if isinstance(length, str):
                dimension.dim_param = length
            else:
                dimension.dim_value = length


def move_weights(model: onnx.ModelProto, weights: WeightsFile) -> None:
    """Move the graph's larger constants into the shared file."""
    # Largest first, so that a part of a larger one is found in it.
    for tensor in sorted(model.graph.initializer, key=lambda tensor: -np.prod(tensor.dims)):
        raw = numpy_helper.to_array(tensor).tobytes()
        if len(raw) < _SMALL:
            continue
        offset = weights.place(raw)
        tensor.raw_data = raw
        external_data_helper.set_external_data(tensor, WEIGHTS, offset, len(raw))
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
