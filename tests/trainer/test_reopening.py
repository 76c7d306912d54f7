"""A bundle opened again: the weights that it was written from, or one line that says why not."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from guard.bundle import Bundle
from guard.core.errors import BundleError, InputError
from guard.engine import OnnxEngine
from tests.trainer.models.helpers import lively_model, noise_clips
from trainer.export import UNTRAINED, export_bundle
from trainer.models.clips import folded_clip
from trainer.models.fingerprint import OURS, PAPER, Architecture
from trainer.reopening import architecture_of, reopened, weights

pytestmark = pytest.mark.slow

LAST = {"convolutions": "head.mlp.3.weight", "covariance": "head.embedding.weight"}
"""The largest weights of each head."""


@pytest.fixture(scope="module", params=[PAPER, OURS], ids=["paper", "ours"])
def architecture(request: pytest.FixtureRequest) -> Architecture:
    return request.param


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, architecture: Architecture) -> Bundle:
    out = tmp_path_factory.mktemp("reopening") / "bundle.zip"
    return export_bundle(lively_model(architecture=architecture), out, "lively", UNTRAINED)


@torch.no_grad()
def test_the_weights_and_the_embeddings_are_those_that_were_exported(
    bundle: Bundle, architecture: Architecture
) -> None:
    model, clips = lively_model(architecture=architecture), noise_clips(2, 16, seed=3)
    expected, opened = folded_clip(model).state_dict(), reopened(bundle)
    found = opened.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    torch.testing.assert_close(opened(clips), model(clips), rtol=0, atol=1e-5)


@torch.no_grad()
def test_the_shipped_bundle_embeds_as_in_the_engine() -> None:
    shipped, clips = Bundle.default(), noise_clips(2, 16, seed=3)
    expected = OnnxEngine(shipped).embed_clip(clips.numpy())
    np.testing.assert_allclose(reopened(shipped)(clips).numpy(), expected, rtol=0, atol=1e-4)


def changed(bundle: Bundle, change: str) -> Bundle:
    """The bundle with another clip graph, as somebody else's program might have written it."""
    model = onnx.load_model_from_string(bundle.graph("clip"))
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name in LAST.values()]
    if change == "name":
        tensor.name = "projection"
    else:
        tensor.dims[0] = 1 << 20
    return Bundle(bundle.manifest, {**bundle.contents, "clip.onnx": model.SerializeToString()}, bundle._parsed)


@pytest.mark.parametrize("change", ["name", "shape"])
def test_another_network_is_refused(bundle: Bundle, change: str) -> None:
    with pytest.raises(BundleError, match="clip: is of another network than this trainer makes"):
        reopened(changed(bundle, change))


def test_graphs_that_embed_otherwise_than_the_weights_say_are_refused(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped(graph: onnx.GraphProto, shared: bytes) -> dict[str, torch.Tensor]:
        found = weights(graph, shared)
        name = next(name for name in LAST.values() if name in found)
        return found | {name: found[name].flip(0)}

    monkeypatch.setattr("trainer.reopening.weights", swapped)
    with pytest.raises(BundleError, match="differs from torch by"):
        reopened(bundle)


def test_a_bundle_of_whole_clips_is_refused(bundle: Bundle) -> None:
    parsed = bundle._parsed.model_copy(update={"state_size": None})
    with pytest.raises(InputError, match="--bundle: lively computes its whole window again"):
        reopened(Bundle(bundle.manifest, bundle.contents, parsed))


def test_a_bundle_of_another_edge_is_not_of_todays_network() -> None:
    bundle = Bundle.default()
    assert architecture_of(bundle)
    before = replace(bundle, _parsed=bundle._parsed.model_copy(update={"edge": 5}))
    assert architecture_of(before) is None
