"""The model as shipped: one directory, or the same as one .zip. Nothing in it is code or a pickle."""

import hashlib
import json
import reprlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from guard.core.calibration import Calibration
from guard.core.change import assumed
from guard.core.errors import BundleError, InputError, SettingsError
from guard.core.items import Floats, Thresholds
from guard.core.policy import Operating
from guard.core.verifier import Settings
from guard.core.window import EDGE
from guard.manifest import CARD, EMBEDDING, FORMAT_VERSION, WEIGHTS, Manifest, required_graphs

_MANIFEST, _SEAL = "bundle.json", "bundle.json.sha256"
"""bundle.json holds the digests of the other files, the seal its own, in sha256sum's form."""
_LARGEST_FILE = 64 << 20
"""Bytes. Thirty times what a bundle needs: a damaged or hostile archive must not fill the memory."""


@dataclass(frozen=True)
class Bundle:
    """A bundle in memory, every file checked against its hash. `manifest` is the whole of bundle.json."""

    manifest: Mapping[str, Any]
    contents: Mapping[str, bytes]
    _parsed: Manifest

    @classmethod
    def load(cls, path: Path) -> "Bundle":
        """Read a directory or .zip. Raises BundleError saying which file or field is wrong and how."""
        read = _reader(path)
        content = read(_MANIFEST)
        if read(_SEAL) != seal(content):
            raise BundleError(
                _MANIFEST, f"differs from its digest in {_SEAL}; if it was changed on purpose, renew that"
            )
        manifest = _json(content)
        parsed = _parse(manifest)
        contents = {name: _checked(name, read(name), digest) for name, digest in parsed.files.items()}
        bundle = cls(manifest, contents, parsed)
        try:
            bundle.settings()
            bundle.operating.check()
        except SettingsError as error:
            raise BundleError(_MANIFEST, str(error)) from error
        return bundle

    @classmethod
    def default(cls) -> "Bundle":
        """The bundle inside the package."""
        with as_file(files("guard") / "models" / "default") as path:
            return cls.load(path)

    @property
    def model_id(self) -> str:
        return self._parsed.model_id

    @property
    def input_size(self) -> int:
        return self._parsed.input.size

    @property
    def fps(self) -> int:
        return self._parsed.input.fps

    @property
    def input_scale(self) -> str:
        return self._parsed.input.scale

    @property
    def horizons(self) -> tuple[int, ...]:
        return self._parsed.horizons

    @property
    def verdict_stride(self) -> int:
        return self._parsed.verdict_stride

    @property
    def state_size(self) -> int | None:
        """Values in a stream's state; None: there is no step, only whole clips."""
        return self._parsed.state_size

    @property
    def calibration(self) -> dict[int, Calibration]:
        return self._parsed.calibration

    @property
    def thresholds(self) -> Thresholds:
        return self._parsed.thresholds

    @property
    def operating(self) -> Operating:
        """What simulated calls showed of the thresholds; empty lists in a bundle that was not measured by them."""
        return self._parsed.operating

    @property
    def motion_floor(self) -> float:
        return self._parsed.motion_floor

    @property
    def centre(self) -> Floats | None:
        """Mean embedding (256,) of many people, taken off before embeddings are compared; None: nothing is."""
        centre = self._parsed.cohort.centre
        return None if centre is None else np.array(centre, np.float32)

    def check_steps(self, field: str) -> None:
        """Raises InputError, naming the `field` that chose it, for a bundle that cannot go on frame by frame."""
        if self.state_size is None:
            problem = f"{self.model_id} computes its whole window again for every score"
            remedy = "name a bundle whose input.scale is not clip, or judge files with guard verify"
            raise InputError(field, problem, remedy)

    @property
    def edge(self) -> int:
        """Frames of a window that no column of its inside comes with (guard.core.window)."""
        return self._parsed.edge

    def settings(self) -> Settings:
        """What the core needs to know. Raises SettingsError for values that cannot work."""
        return Settings(
            model_id=self.model_id,
            horizons=self.horizons,
            verdict_stride=self.verdict_stride,
            calibration=self.calibration,
            thresholds=self.thresholds,
            motion_floor=self.motion_floor,
            centre=self.centre,
            least_fps=self._parsed.input.least_fps,
            variety_floor=self._parsed.variety_floor,
            sessions=self._parsed.sessions,
            change=self._parsed.change or assumed(max(self.horizons)),
            continuity=self._parsed.continuity,
            edge=self.edge,
        )

    def graph(self, name: str) -> bytes:
        """The ONNX file of the "clip" graph, or "step" or "project" where there are; its weights are in `weights`."""
        return self.contents[self._parsed.graphs[name].file]

    @property
    def weights(self) -> bytes:
        """What the graphs refer to as WEIGHTS."""
        return self.contents[WEIGHTS]


def seal(manifest: bytes) -> bytes:
    """What bundle.json.sha256 says of a bundle.json: a flipped bit in a threshold must not go unnoticed."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {_MANIFEST}\n".encode()


def write_bundle(
    out: Path, manifest: Mapping[str, Any], contents: Mapping[str, bytes], check: Callable[[Bundle], None]
) -> Bundle:
    """Write a directory (or .zip, by the name of `out`), load it again, `check` it, then move it into place.

    `manifest` comes without "files". Whatever fails, what was at `out` stays as it was. Raises BundleError.
    """
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    text = (json.dumps({**manifest, "files": digests}, indent=1) + "\n").encode()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".bundle-") as folder:
        fresh = Path(folder) / out.name
        _write({_MANIFEST: text, _SEAL: seal(text), **contents}, fresh)
        bundle = Bundle.load(fresh)
        check(bundle)
        if out.is_dir() and not fresh.is_file():
            shutil.move(out, Path(folder) / "replaced")  # a directory cannot be renamed over another
        fresh.replace(out)
    return bundle


def _write(contents: Mapping[str, bytes], path: Path) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # without the time of day
        return
    path.mkdir()
    for name, content in contents.items():
        (path / name).write_bytes(content)


def _reader(path: Path) -> Callable[[str], bytes]:
    """A function that reads one file of the bundle at `path` by name."""
    if path.is_dir():
        return lambda name: _file_content(path, name)
    if not path.exists():
        raise BundleError(str(path), "there is no such directory or .zip")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise BundleError(str(path), f"is neither a directory nor a .zip that can be read: {error}") from error
    return lambda name: _member_content(archive, name)


def _file_content(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        _check_size(name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise BundleError(name, f"cannot be read: {error.strerror}") from error


def _member_content(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        _check_size(name, archive.getinfo(name).file_size)
        return archive.read(name)
    except KeyError:
        raise BundleError(name, "is missing from the archive") from None
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError) as error:
        raise BundleError(name, f"cannot be unpacked: {error}") from error


def _check_size(name: str, size: int) -> None:
    if size > _LARGEST_FILE:
        raise BundleError(name, f"has {size} bytes, more than the {_LARGEST_FILE} that any part may have")


def _json(content: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BundleError(_MANIFEST, f"is not JSON that can be read: {error}") from error
    if not isinstance(manifest, dict):
        raise BundleError(_MANIFEST, "is not a JSON object")
    return manifest


def _parse(manifest: dict[str, Any]) -> Manifest:
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise BundleError("format_version", f"is {reprlib.repr(version)}, this program reads {FORMAT_VERSION}")
    try:
        parsed = Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors()[0]
        raise BundleError(".".join(map(str, first["loc"])), first["msg"]) from error
    _check_graphs(parsed)
    _check_files(parsed.files, [CARD, WEIGHTS, *(graph.file for graph in parsed.graphs.values())])
    if parsed.cohort.centre is not None and len(parsed.cohort.centre) != EMBEDDING:
        raise BundleError("cohort.centre", f"has {len(parsed.cohort.centre)} values, not {EMBEDDING}")
    return parsed


def _check_graphs(manifest: Manifest) -> None:
    if manifest.architecture == "f5c-feature-flow" and min(manifest.horizons) <= manifest.edge:
        raise BundleError("horizons", f"must be above {manifest.edge}, of a head that sees as many differences at once")
    if manifest.architecture != "f5c-feature-flow" and manifest.edge != EDGE:
        raise BundleError("edge", f"is {EDGE} of every head but that of feature flow")
    if (manifest.state_size is None) is not (manifest.input.scale == "clip"):
        raise BundleError("state_size", "is there unless input.scale is clip")
    required = required_graphs(manifest.state_size)
    if unknown := manifest.graphs.keys() - required.keys():
        raise BundleError(f"graphs.{min(unknown)}", f"has no place beside input.scale {manifest.input.scale}")
    for name, graph in required.items():
        if name not in manifest.graphs:
            raise BundleError(f"graphs.{name}", "is missing")
        if manifest.graphs[name] != graph:
            raise BundleError(f"graphs.{name}", f"must be {graph.model_dump_json()}")


def _check_files(listed: Iterable[str], needed: Iterable[str]) -> None:
    for name in needed:
        if name not in listed:
            raise BundleError("files", f"{name} has no hash")
    for name in listed:
        if Path(name).name != name:
            raise BundleError("files", f"{name!r} is not a plain file name")


def _checked(name: str, content: bytes, digest: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BundleError(name, f"is damaged: its sha256 is {found[:12]}..., bundle.json says {digest[:12]}...")
    return content
