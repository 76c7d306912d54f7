"""How a bundle's embeddings become verdicts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass

from guard.core.calibration import Calibration
from guard.core.change import Change
from guard.core.errors import SettingsError
from guard.core.extractor import LEAST_FPS
from guard.core.items import FPS, Floats, Thresholds
from guard.core.session import SessionModel
from guard.core.window import EDGE

VARIETY_FLOOR = 0.002
"""Of a bundle that does not say: windows of the very same pictures differ less, whatever the model. What is varied
enough depends on the model, and nobody is refused by a floor that was measured of another."""
OPENING = 60.0
"""Seconds of video that a call's later driver is compared with, of who is not enrolled."""
_LARGEST = 1e6
"""Of a value in calibration or thresholds: whatever is computed from them is finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """What a bundle says, and what an operator wants of it.

    `horizons` are window lengths in frames, each with its `calibration`; `verdict_stride` is in grid frames,
    `motion_floor` in gray levels; `centre` (256,) is taken off embeddings before they are compared, None takes nothing.
    `least_fps` is how many frames a second a source has to give, `variety_floor` how much windows of who enrols have to
    differ (guard.enrolment.progress). `sessions` are by horizon; where one is missing, guard.core.session.ASSUMED
    holds. `change` finds who takes over from the person that is verified, `continuity` from who opened the call, for
    `opening` seconds; None looks for nobody. With `observe` nobody is accused. `edge` is that of windows, see
    guard.core.window. Raises SettingsError naming the field.
    """

    model_id: str
    horizons: tuple[int, ...]
    verdict_stride: int
    calibration: dict[int, Calibration]
    thresholds: Thresholds
    motion_floor: float
    centre: Floats | None
    least_fps: float = LEAST_FPS
    variety_floor: float = VARIETY_FLOOR
    sessions: Mapping[int, SessionModel] = field(default_factory=dict)
    change: Change | None = None
    continuity: Change | None = None
    opening: float = OPENING
    observe: bool = False
    edge: int = EDGE

    def __post_init__(self) -> None:
        if not self.horizons or min(self.horizons) < self.edge:
            raise SettingsError("horizons", f"{self.horizons} must be one or more, each of at least {self.edge} frames")
        if self.verdict_stride < 1:
            raise SettingsError("verdict_stride", f"{self.verdict_stride} must be at least 1")
        if not 0 < self.least_fps <= FPS:
            raise SettingsError("least_fps", f"{self.least_fps} must be above 0 and at most {FPS}")
        if missing := set(self.horizons) - set(self.calibration):
            raise SettingsError("calibration", f"is missing for horizons {sorted(missing)}")
        for name in ("calibration", "thresholds", "sessions", "change", "continuity", "opening"):
            if not all(abs(value) <= _LARGEST for value in _numbers(getattr(self, name))):  # NaN is not, either
                raise SettingsError(name, f"holds a value that is no number of at most {_LARGEST:g}")
        self._check_thresholds()
        for model in self.sessions.values():
            _check_model(model, "sessions")
        for name, change in (("change", self.change), ("continuity", self.continuity)):
            if change is None:
                continue
            if change.horizon not in self.horizons:
                raise SettingsError(name, f"compares windows of {change.horizon} frames, which are no horizon")
            _check_model(change.spread, name)

    def _check_thresholds(self) -> None:
        if not self.thresholds.suspect < 0 < self.thresholds.verify:
            raise SettingsError("thresholds", "suspect must lie below 0 and verify above")
        if self.thresholds.limit < max(self.thresholds.verify, -self.thresholds.suspect) or self.thresholds.memory <= 0:
            raise SettingsError("thresholds", "limit must reach both thresholds and memory be positive")
        if min(self.thresholds.change, self.thresholds.continuity) <= 0 or self.opening <= 0:
            raise SettingsError("thresholds", "change, continuity and the opening must be positive")


def _check_model(model: SessionModel, name: str) -> None:
    if not model.impostor.mean < model.genuine.mean:
        raise SettingsError(name, "genuine LLRs must lie above impostors' on average")
    if any(min(spread.within, spread.tau) <= 0 or spread.between < 0 for spread in (model.genuine, model.impostor)):
        raise SettingsError(name, "variances and tau must be positive")


def _numbers(value: object) -> Iterable[float]:
    """Every number within a tree of dataclasses, mappings and tuples."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _numbers(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _numbers(getattr(value, part.name))
