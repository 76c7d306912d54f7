"""Bundles: what is refused and how it is said; a directory and a .zip are the same."""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guard.bundle import Bundle, seal, write_bundle
from guard.core.errors import BundleError, InputError
from guard.manifest import WEIGHTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged bundle that a test may damage."""
    bundle = Bundle.default()
    write_bundle(tmp_path / "bundle", _without_files(bundle), bundle.contents, check=lambda _: None)
    return tmp_path / "bundle"


def _without_files(bundle: Bundle) -> dict[str, Any]:
    return {name: value for name, value in bundle.manifest.items() if name != "files"}


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    change(manifest)
    put(folder, json.dumps(manifest))


def as_clips(manifest: dict[str, Any]) -> None:
    """Claim a scale of whole clips; the graphs that step stay."""
    manifest["input"].update(scale="clip")
    manifest.update(state_size=None)


def put(folder: Path, manifest: str) -> None:
    """Write a bundle.json on purpose, its digest renewed."""
    (folder / "bundle.json").write_text(manifest)
    (folder / "bundle.json.sha256").write_bytes(seal(manifest.encode()))


def test_the_packaged_bundle_loads_and_says_what_it_is() -> None:
    bundle = Bundle.default()
    assert (bundle.input_size, bundle.fps, bundle.input_scale) == (128, 25, "local")
    assert bundle.settings().least_fps == 15  # measured: docs/benchmarks.md
    assert bundle.settings().variety_floor == 0.139  # measured: docs/enrolment.md
    assert 64 in bundle.horizons
    assert bundle.settings().model_id == bundle.model_id
    assert len(bundle.weights) < 3_000_000
    assert bundle.manifest["limits"]


def test_a_bundle_that_says_nothing_of_slow_sources_needs_20_frames_a_second(folder: Path) -> None:
    edit(folder, lambda manifest: manifest["input"].pop("least_fps"))
    assert Bundle.load(folder).settings().least_fps == 20


def test_a_bundle_that_says_nothing_of_edges_has_those_of_five_frames(folder: Path) -> None:
    assert Bundle.load(folder).settings().edge == 9
    edit(folder, lambda manifest: manifest.pop("edge"))
    assert Bundle.load(folder).settings().edge == 5


@pytest.mark.slow
def test_a_bundle_that_says_nothing_of_variety_asks_for_little(folder: Path) -> None:
    edit(folder, lambda manifest: manifest.pop("variety_floor", None))
    assert Bundle.load(folder).settings().variety_floor == 0.002
    edit(folder, lambda manifest: manifest.update(variety_floor=0.2))
    assert Bundle.load(folder).settings().variety_floor == 0.2


def test_a_zip_holds_the_same_as_a_directory(folder: Path, tmp_path: Path) -> None:
    loaded = Bundle.load(folder)
    written = write_bundle(tmp_path / "bundle.zip", _without_files(loaded), loaded.contents, check=lambda _: None)
    assert Bundle.load(tmp_path / "bundle.zip") == loaded == written


@pytest.mark.slow
def test_equal_bundles_make_equal_archives(folder: Path, tmp_path: Path) -> None:
    loaded = Bundle.load(folder)
    for name in ("one.zip", "two.zip"):
        write_bundle(tmp_path / name, _without_files(loaded), loaded.contents, check=lambda _: None)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("name", ["step.onnx", "project.onnx", "clip.onnx", WEIGHTS, "README.md"])
def test_one_flipped_bit_is_noticed_and_the_file_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=f"bundle: {name}: is damaged"):
        Bundle.load(folder)


def test_one_flipped_bit_of_the_slope_is_noticed(folder: Path) -> None:
    """With another digit it would still be a bundle, and change every verdict."""
    content = (folder / "bundle.json").read_bytes()
    digit = content.index(b'"slope": ') + len(b'"slope": ')
    other = bytes([content[digit] ^ 1])
    assert other.isdigit()
    (folder / "bundle.json").write_bytes(content[:digit] + other + content[digit + 1 :])
    with pytest.raises(BundleError, match=r"bundle\.json: differs from its digest in bundle\.json\.sha256"):
        Bundle.load(folder)


def test_the_seal_is_what_sha256sum_checks(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "bundle.json.sha256"], cwd=folder, check=True)
    (folder / "bundle.json.sha256").unlink()
    with pytest.raises(BundleError, match=r"bundle\.json\.sha256: cannot be read: No such file"):
        Bundle.load(folder)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_no_flipped_bit_ever_makes_another_bundle(folder: Path, tmp_path: Path, name: str) -> None:
    whole = Bundle.load(folder)
    write_bundle(tmp_path / name, _without_files(whole), whole.contents, check=lambda _: None)
    files = sorted((tmp_path / name).iterdir()) if (tmp_path / name).is_dir() else [tmp_path / name]
    rng, refused = np.random.default_rng(0), list[str]()
    for _ in range(1500):
        damaged = files[rng.integers(len(files))]
        content = damaged.read_bytes()
        place, bit = rng.integers(len(content)), 1 << rng.integers(8)
        damaged.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
        try:
            assert Bundle.load(tmp_path / name) == whole  # such as the date of an archive's member
        except BundleError as error:
            refused.append(str(error))
        damaged.write_bytes(content)
    assert len(refused) > 1400
    assert not [said for said in refused if "\n" in said]


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    with pytest.raises(BundleError, match=r"weights\.bin: cannot be read: No such file"):
        Bundle.load(folder)


def test_a_file_missing_from_an_archive_is_named(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "short.zip", "w") as archive:
        for name in ("bundle.json", "bundle.json.sha256"):
            archive.write(folder / name, name)
    with pytest.raises(BundleError, match="is missing from the archive"):
        Bundle.load(tmp_path / "short.zip")


def test_a_damaged_archive_is_one_line(folder: Path, tmp_path: Path) -> None:
    whole = shutil.make_archive(str(tmp_path / "whole"), "zip", folder)
    content = bytearray(Path(whole).read_bytes())
    content[len(content) // 3 : len(content) // 3 + 2000] = bytes(2000)
    (tmp_path / "damaged.zip").write_bytes(content)
    with pytest.raises(BundleError) as caught:
        Bundle.load(tmp_path / "damaged.zip")
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.update(format_version=2), "format_version: is 2, this program reads 1"),
        (lambda m: m.pop("model_id"), "model_id: Field required"),
        (lambda m: m.update(surprise=1), "surprise: Extra inputs"),
        (lambda m: m["input"].update(fps=30), "input.fps"),
        (lambda m: m["graphs"].pop("project"), "graphs.project: is missing"),
        (lambda m: m["graphs"]["step"]["inputs"]["state"].update(shape=["B", 7]), "graphs.step: must be"),
        (lambda m: m["graphs"]["clip"]["outputs"]["embedding"].update(type="uint8"), "graphs.clip: must be"),
        (lambda m: m["input"].update(scale="frame"), "input.scale: Input should be 'fixed', 'local' or 'clip'"),
        (lambda m: m["input"].update(least_fps=30), "input.least_fps: Input should be less than or equal to 25"),
        (lambda m: m.pop("state_size"), "state_size: is there unless input.scale is clip"),
        (lambda m: m["input"].update(scale="clip"), "state_size: is there unless input.scale is clip"),
        (as_clips, "graphs.project: has no place beside input.scale clip"),
        (lambda m: m["files"].pop("clip.onnx"), "files: clip.onnx has no hash"),
        (lambda m: m["files"].update({"../escape": "0"}), "'../escape' is not a plain file name"),
        (lambda m: m.update(horizons=[64, 128]), "calibration: is missing for horizons"),
        (lambda m: m.update(calibration={"64": {"slope": "steep", "offset": 0}}), "calibration.64.slope"),
        (lambda m: m["thresholds"].update(suspect=1.0), "suspect must lie below 0"),
        (lambda m: m["cohort"].update(centre=[0.5]), "cohort.centre: has 1 values, not 256"),
        (lambda m: m["cohort"].update(centre=[1e300] * 256), "cohort.centre.0: Input should be less than"),
        (
            lambda m: m.update(horizons=[9], calibration={"9": {"slope": 1, "offset": 0}}),
            "horizons: must be above 9",
        ),
        (lambda m: m.update(architecture="f5c-feat-diff"), "edge: is 5 of every head but that of feature flow"),
        (lambda m: m.update(edge=4), "edge: Input should be greater than or equal to 5"),
        (lambda m: m.update(edge=64), "horizons: must be above 64, of a head that sees as many differences at once"),
        (lambda m: m.update(horizons=[10**9]), "horizons.0: Input should be less than"),
        (lambda m: m.update(motion_floor=float("nan")), "motion_floor: Input should be a finite number"),
        (lambda m: m.update(variety_floor=1.5), "variety_floor: Input should be less than or equal to 1"),
        (lambda m: m["thresholds"].update(memory=float("nan")), "thresholds.memory: Input should be a finite"),
        (lambda m: m["thresholds"].update(memory=1e300), "thresholds: holds a value that is no number"),
        (lambda m: m["calibration"]["64"].update(slope=1e308), "calibration: holds a value that is no number"),
        (lambda m: m.update({"a\nb": 1}), "a\\nb: Extra inputs"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, change: Callable[[dict[str, Any]], object], said: str) -> None:
    edit(folder, change)
    with pytest.raises(BundleError) as caught:
        Bundle.load(folder)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is not JSON"), ("[" * 100_000, "is not JSON"), ("[]", "is not a JSON object"), ("{}", "is None")],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str, said: str) -> None:
    put(folder, content)
    with pytest.raises(BundleError, match=said):
        Bundle.load(folder)


def test_a_path_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no such directory"):
        Bundle.load(tmp_path / "nowhere")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(BundleError, match="neither a directory nor a"):
        Bundle.load(tmp_path / "text.zip")


def test_a_centre_is_read_as_an_array(folder: Path) -> None:
    edit(folder, lambda manifest: manifest["cohort"].update(centre=[0.25] * 256))
    np.testing.assert_array_equal(Bundle.load(folder).centre, np.full(256, 0.25, np.float32))
    edit(folder, lambda manifest: manifest["cohort"].update(centre=None))
    assert Bundle.load(folder).centre is None


def test_a_bundle_that_fails_its_check_replaces_nothing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    bundle = Bundle.load(folder)

    def refuse(_: Bundle) -> None:
        raise BundleError("step", "differs")

    with pytest.raises(BundleError, match="differs"):
        write_bundle(folder, {**_without_files(bundle), "model_id": "worse"}, bundle.contents, check=refuse)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_bundle_of_whole_clips_has_one_graph_and_cannot_be_stepped(folder: Path) -> None:
    bundle = Bundle.load(folder)
    bundle.check_steps("--bundle")
    edit(folder, as_clips)
    edit(folder, lambda manifest: [manifest["graphs"].pop(name) for name in ("step", "project")])
    whole = Bundle.load(folder)
    assert (whole.input_scale, whole.state_size) == ("clip", None)
    with pytest.raises(InputError, match=f"^--bundle: {whole.model_id} computes its whole window again for every"):
        whole.check_steps("--bundle")


def test_a_bundle_replaces_another(folder: Path) -> None:
    bundle = Bundle.load(folder)
    write_bundle(folder, {**_without_files(bundle), "model_id": "better"}, bundle.contents, check=lambda _: None)
    assert Bundle.load(folder).model_id == "better"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
