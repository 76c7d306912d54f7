"""Export: torch and onnxruntime agree, or nothing is written."""

from pathlib import Path

import numpy as np
import pytest
import torch

from guard.bundle import Bundle
from guard.core.errors import BundleError, InputError
from guard.core.items import Floats, Gray
from guard.engine import OnnxEngine
from tests.trainer.models.helpers import lively_model, noise_clips
from trainer.export import UNTRAINED, compare, compare_engine, export_bundle, streamed
from trainer.models.fingerprint import Architecture, Fingerprint

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    out = tmp_path_factory.mktemp("export") / "bundle.zip"
    export_bundle(lively_model(), out, "lively", UNTRAINED)
    return Bundle.load(out)


@torch.no_grad()
def test_both_ways_of_scoring_give_what_torch_gives(bundle: Bundle) -> None:
    engine, clips = OnnxEngine(bundle), noise_clips(3, 16, seed=7)
    expected = lively_model()(clips).numpy()
    np.testing.assert_allclose(engine.embed_clip(clips.numpy()), expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(streamed(engine, clips.numpy(), bundle.edge), expected, rtol=0, atol=1e-5)


def test_another_models_graphs_are_refused(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="clip: differs from torch by"):
        compare(lively_model(seed=1), bundle)


def test_graphs_that_are_a_little_wrong_are_refused(bundle: Bundle) -> None:
    model = lively_model()
    with torch.no_grad():
        model.head.mlp[0].weight *= 1 + 0.01 * torch.randn_like(model.head.mlp[0].weight)
    with pytest.raises(BundleError, match="clip: differs from torch by"):
        compare(model, bundle)


class Swapping(OnnxEngine):
    """Moves embeddings of the first clips by as much as a neighbour in another's place does."""

    swapped = 3

    def embed_clip(self, frames: Gray) -> Floats:
        found = super().embed_clip(frames)
        found[: self.swapped, 0] += 0.03
        return found


def test_near_ties_in_some_clips_refuse_no_good_model_and_differences_in_most_do(bundle: Bundle) -> None:
    engine = Swapping(bundle)
    compare_engine(lively_model(), engine, bundle.edge)
    engine.swapped = 4
    with pytest.raises(BundleError, match=r"clip: differs from torch by 3\.0e-02 on 4 of 7 random clips"):
        compare_engine(lively_model(), engine, bundle.edge)


def test_a_model_that_cannot_be_compared_replaces_nothing(tmp_path: Path) -> None:
    broken = lively_model()
    torch.nn.init.constant_(broken.head.mlp[3].bias, float("nan"))
    with pytest.raises(BundleError, match="differs"):
        export_bundle(broken, tmp_path / "bundle", "broken", UNTRAINED)
    assert not list(tmp_path.iterdir())


def test_a_system_to_compare_with_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is ResNet18 with STATIC, .*; bundles hold F5C with FEAT_DIFF"):
        export_bundle(Fingerprint(Architecture("STATIC", "ResNet18")), tmp_path / "bundle", "static", UNTRAINED)
    assert not list(tmp_path.iterdir())


def test_the_card_names_the_model_and_its_limits(bundle: Bundle) -> None:
    card = bundle.contents["README.md"].decode()
    assert card.startswith("# lively\n")
    assert "weights are random" in card
    assert all(limit in card for limit in bundle.manifest["limits"])
