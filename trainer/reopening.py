"""A bundle's weights as a network that can be trained further: what is shipped is all that it takes.

The graphs hold the network folded: BatchNorm and the input scale are in the convolutions, and FCC's kernels, positions
and biases in products that cannot be taken apart again exactly. So the folded network itself is trained on. Nothing is
lost by that: BatchNorm's statistics would have to stay as they are in any case, for a few people have others.
"""

import numpy as np
import onnx
import torch
from onnx import GraphProto, TensorProto, external_data_helper, numpy_helper
from torch import Tensor

from guard.bundle import Bundle
from guard.core.errors import BundleError
from trainer.export import ARCHITECTURES, EDGES, compare
from trainer.models.clips import FoldedClip, folded_clip
from trainer.models.fingerprint import Architecture, Fingerprint


def reopened(bundle: Bundle) -> FoldedClip:
    """The network of a bundle that `trainer` has written, in eval mode; the engine's embeddings to 1e-4.

    Raises InputError for a bundle of whole clips, BundleError for one whose graphs are of another network.
    """
    bundle.check_steps("--bundle")
    graph = onnx.load_model_from_string(bundle.graph("clip")).graph
    with torch.no_grad():  # so that the folded weights are values of their own, not functions of others
        clip = folded_clip(Fingerprint(architecture_of(bundle)).eval()).eval()
    try:
        clip.load_state_dict(weights(graph, bundle.weights))
    except (RuntimeError, ValueError) as error:
        raise BundleError("clip", "is of another network than this trainer makes, and cannot be tuned") from error
    compare(clip, bundle)
    return clip


def architecture_of(bundle: Bundle) -> Architecture | None:
    """What the network of a bundle was made as; None for one that this trainer does not make, imported or of before."""
    for head, name in ARCHITECTURES.items():
        if name == bundle.manifest["architecture"] and bundle.edge == EDGES[head]:
            return Architecture(scale=bundle.manifest["input"]["scale"], head=head)
    return None


def weights(graph: GraphProto, shared: bytes) -> dict[str, Tensor]:
    """What a graph was exported with, by the names that the network gave it. Raises ValueError."""
    return {tensor.name: torch.from_numpy(_values(tensor, shared).copy()) for tensor in graph.initializer}


def _values(tensor: TensorProto, shared: bytes) -> np.ndarray:
    """A constant of the graph, from the graph itself or from the file that it shares with others."""
    if tensor.data_location != TensorProto.EXTERNAL:
        return numpy_helper.to_array(tensor)
    place = external_data_helper.ExternalDataInfo(tensor)
    kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    flat = np.frombuffer(shared, kind, int(np.prod(tensor.dims)), int(place.offset or 0))
    return flat.reshape(tensor.dims)
