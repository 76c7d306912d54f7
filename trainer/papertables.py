"""Tables III to VIII of the paper: which systems they compare, and the AUCs that it prints."""

from dataclasses import dataclass

from trainer.models.fingerprint import CONDITIONS, Architecture, Backbone, Condition

OVERALL = "Overall"
GENERATORS = ("FV2V", "TPS", "LIA")
"""The paper's generators, in the order in which Tables IV and V train on one at a time."""
LANDMARKS = "NVFAIR landmark baseline"


@dataclass(frozen=True)
class Row:
    """One system of a table; `printed` are the paper's AUCs by column.

    `architecture` None is a system of others, quoted; LANDMARKS is trained where landmarks are to be had.
    `trained_on` is a place in GENERATORS, None for all of them jointly.
    """

    label: str
    printed: dict[str, float]
    architecture: Architecture | None
    frames: int = 64
    trained_on: int | None = None


MOTION_ENERGY, PIXELS, UNTRAINED = "motion energy", "pixels", "untrained network (F5C, FEAT_DIFF)"
TRIVIAL = tuple(Row(label, {}, None) for label in (MOTION_ENERGY, PIXELS, UNTRAINED))
"""Rows that every table has besides the paper's: what they reach is a shortcut of the data, not who drives."""


@dataclass(frozen=True)
class Table:
    """`reference` are the rows of others that a figure shows beside ours, by `trained_on`."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""
    reference: tuple[Row, ...] = ()


def _printed(overall: float, fv2v: float, tps: float, lia: float) -> dict[str, float]:
    return {OVERALL: overall, "FV2V": fv2v, "TPS": tps, "LIA": lia}


def _by_condition(backbone: Backbone, printed: dict[Condition, dict[str, float]]) -> tuple[Row, ...]:
    prefix = "" if backbone == "F5C" else f"{backbone} "
    return tuple(Row(f"{prefix}{name}", values, Architecture(name, backbone)) for name, values in printed.items())


def _matrix(architecture: Architecture | None, *rows: tuple[float, float, float]) -> tuple[Row, ...]:
    """A row for each training generator, with the AUCs of its model on each test generator."""
    return tuple(
        Row(f"trained on {name}", dict(zip(GENERATORS, values, strict=True)), architecture, trained_on=place)
        for place, (name, values) in enumerate(zip(GENERATORS, rows, strict=True))
    )


_BASELINE_MATRIX = _matrix(None, (0.87, 0.82, 0.84), (0.85, 0.85, 0.84), (0.83, 0.82, 0.84))
_PROPOSED = _printed(0.877, 0.869, 0.880, 0.882)
_PIXELS = _printed(0.861, 0.849, 0.868, 0.866)
_FEAT, _PIXEL, _RAW, _STATIC = CONDITIONS

TABLES = {
    3: Table(
        "Table III: AUC by generator",
        (
            Row(LANDMARKS, _printed(0.853, 0.870, 0.850, 0.840), None),
            *_by_condition("F5C", {_FEAT: _PROPOSED, _PIXEL: _PIXELS}),
        ),
    ),
    4: Table(
        "Table IV: FEAT_DIFF across generators",
        _matrix(Architecture(_FEAT), (0.869, 0.833, 0.842), (0.838, 0.879, 0.872), (0.852, 0.869, 0.902)),
        reference=_BASELINE_MATRIX,
    ),
    5: Table(
        "Table V: PIXEL_DIFF across generators",
        _matrix(Architecture(_PIXEL), (0.865, 0.822, 0.816), (0.839, 0.891, 0.873), (0.857, 0.862, 0.893)),
        reference=_BASELINE_MATRIX,
    ),
    6: Table(
        "Table VI: what the temporal head is given",
        _by_condition(
            "F5C",
            {
                _FEAT: _printed(0.877, 0.869, 0.882, 0.880),
                _PIXEL: _printed(0.861, 0.849, 0.866, 0.868),
                _RAW: _printed(0.649, 0.719, 0.684, 0.682),
                _STATIC: _printed(0.610, 0.685, 0.631, 0.630),
            },
        ),
        note="The paper prints TPS and LIA of FEAT_DIFF and PIXEL_DIFF the other way round here than in Table III.",
    ),
    7: Table(
        "Table VII: length of the clip",
        tuple(
            Row(f"T = {frames}", printed, Architecture(), frames)
            for frames, printed in {
                16: _printed(0.813, 0.808, 0.817, 0.816),
                32: _printed(0.862, 0.853, 0.868, 0.866),
                64: _PROPOSED,
                128: _printed(0.891, 0.883, 0.895, 0.896),
            }.items()
        ),
    ),
    8: Table(
        "Table VIII: the backbone",
        (
            *_by_condition(
                "ResNet18",
                {
                    _STATIC: _printed(0.581, 0.695, 0.596, 0.599),
                    _RAW: _printed(0.581, 0.693, 0.609, 0.608),
                    _FEAT: _printed(0.547, 0.567, 0.553, 0.556),
                    _PIXEL: _printed(0.759, 0.785, 0.763, 0.764),
                },
            ),
            *_by_condition("F5C", {_FEAT: _PROPOSED}),
        ),
        note="ResNet18 has the temporal head here; in the authors' code it has another one (trainer/models/resnet.py).",
    ),
}
