"""Whole calls: `trainer calibrate`, `simulate-calls` and `adaptation`, all from a bank of long performances."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from guard.bundle import Bundle
from guard.core.errors import InputError
from trainer.blocks import WorldFiles
from trainer.calls import filming
from trainer.calls.adapting import Adaptation
from trainer.calls.bank import HORIZONS, Person, people
from trainer.calls.calibrating import fit, halves, measure, outcome_of
from trainer.calls.evidence import growth
from trainer.calls.filling import fill, folder_of, orders
from trainer.calls.plots import plot_delays, plot_evidence, plot_reliability
from trainer.calls.shipping import fitted_fields, simulated_fields, write_fields
from trainer.calls.simulating import simulate
from trainer.cli.options import JsonOption, MotionOption, TargetsOption, load_bundle, names, world_files
from trainer.resume import take_bank

BankOption = Annotated[Path, typer.Option(help="Folder of films and measurements; filled where they are missing.")]
DriversOption = Annotated[
    int, typer.Option(help="Procedural drivers, two for each face at least; 15 s of one core each.")
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes that film and measure.")]
BundleOption = Annotated[Path | None, typer.Option(help="A bundle; without it, the packaged one.")]
WriteOption = Annotated[Path | None, typer.Option(help="Write a bundle with what was found here; the same is allowed.")]
ExchangedOption = Annotated[
    bool, typer.Option("--exchanged", help="Exchange the halves: fit and choose on the drivers otherwise tried.")
]
PlotsOption = Annotated[Path | None, typer.Option(help="Folder for plots.")]
BANK = Path("runs/bank")


def calibrate(
    bundle: BundleOption = None,
    bank: BankOption = BANK,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: DriversOption = 60,
    workers: WorkersOption = 1,
    horizons: Annotated[str | None, typer.Option(help="Horizons to ship, such as 16,64; else the bundle's.")] = None,
    exchanged: ExchangedOption = False,
    write: WriteOption = None,
    plots: PlotsOption = None,
    json_: JsonOption = False,
) -> None:
    """Fit what scores are worth on half of the drivers, and measure it on the others."""
    loaded = load_bundle(bundle)
    loaded.check_steps("--bundle")
    shipped = _horizons(horizons, loaded)
    found = _people(loaded, bundle, bank, world_files(motion, targets), drivers, workers)
    fitting, testing = halves(found, exchanged=exchanged)
    with threadpool_limits(1):  # these matrices are small: threads would spin longer than they work
        fitted = fit(fitting, HORIZONS, max(shipped), loaded.centre)
        rows = list(growth(testing, fitted, max(shipped), loaded.centre))
        figures = list(measure(testing, fitted, max(shipped), loaded.centre))
    for row in [*figures, *rows]:
        _tell(row, json_)
    if plots:
        plots.mkdir(parents=True, exist_ok=True)
        plot_evidence(plots / "evidence.png", rows)
        plot_reliability(plots / "reliability.png", *outcome_of(testing, fitted, max(shipped), loaded.centre))
    if write:
        cost = next(row for row in figures if row["what"] == f"{max(shipped)} frames")
        write_fields(loaded, write, fitted_fields(loaded.manifest, fitted, shipped, cost))


def simulate_calls(
    bundle: BundleOption = None,
    bank: BankOption = BANK,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: DriversOption = 60,
    workers: WorkersOption = 1,
    hours: Annotated[
        float, typer.Option(min=1, help="Hours of genuine calls to measure on; as many to choose by.")
    ] = 1000,
    rate: Annotated[float, typer.Option(min=0.01, help="False accusations per 100 participant-hours to aim at.")] = 1.0,
    exchanged: ExchangedOption = False,
    write: WriteOption = None,
    plots: PlotsOption = None,
    json_: JsonOption = False,
) -> None:
    """Choose thresholds in simulated calls of half of the drivers, and say what they do in calls of the others."""
    loaded = load_bundle(bundle)
    loaded.check_steps("--bundle")
    found = _people(loaded, bundle, bank, world_files(motion, targets), drivers, workers)
    with threadpool_limits(1):
        simulated = simulate(found, loaded.settings(), hours, rate, exchanged=exchanged)
    if simulated.rate > rate:
        least = f"{simulated.rate:.3g} in 100 hours, the least that so many drivers and hours can promise"
        typer.echo(f"trainer: warning: thresholds are of {least}, not of {rate:g}", err=True)
    for row in simulated.rows():
        _tell(row, json_)
    if plots:
        plots.mkdir(parents=True, exist_ok=True)
        plot_delays(plots / "delays.png", simulated.delays(), simulated.chosen_by)
    if write:
        write_fields(loaded, write, simulated_fields(loaded.manifest, simulated))
    typer.echo(json.dumps(simulated.figures()))


def adaptation(
    bundle: BundleOption = None,
    bank: BankOption = BANK,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: DriversOption = 60,
    workers: WorkersOption = 1,
    json_: JsonOption = False,
) -> None:
    """What templates that follow calls gain in later sessions, and what impostors could teach them."""
    loaded = load_bundle(bundle)
    loaded.check_steps("--bundle")
    found = _people(loaded, bundle, bank, world_files(motion, targets), drivers, workers)
    with threadpool_limits(1):
        for row in Adaptation([person for person in found if person.kind == "procedural"], loaded.settings()).rows():
            _tell(row, json_)


def _horizons(listed: str | None, bundle: Bundle) -> tuple[int, ...]:
    """Raises InputError for horizons that the bank does not keep."""
    if listed is None:
        return bundle.horizons
    if not set(names(listed)) <= set(map(str, HORIZONS)):
        raise InputError("--horizons", f"{listed!r} is not a list of some of {', '.join(map(str, HORIZONS))}")
    return tuple(sorted(map(int, names(listed))))


def _people(
    loaded: Bundle, bundle: Path | None, bank: Path, files: WorldFiles, drivers: int, workers: int
) -> list[Person]:
    """Everybody in the bank, who is filmed and measured first where they are missing.

    Raises InputError for so few drivers that somebody would be alone before a face: without an impostor; and for a bank
    that was filmed with other tracks or portraits.
    """
    least = 2 * filming.FACES
    if drivers < least:
        problem = (
            f"{drivers} are too few: each of the {filming.FACES} faces takes two drivers, one the impostor of the other"
        )
        raise InputError("--drivers", problem, f"give {least} or more")
    take_bank(bank, files)
    folder = folder_of(bank, loaded)
    wanted = orders(bank, folder, bundle, files, drivers)
    for _ in tqdm(fill(wanted, workers), total=len(wanted), disable=None if wanted else True):
        pass
    return [person for person in people(folder) if person.kind == "real" or person.number < drivers]


def _tell(figures: dict[str, Any], json_: bool) -> None:
    """One row of figures."""
    shown = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    line = ", ".join(f"{name} {value}" for name, value in shown.items())
    typer.echo(json.dumps(shown) if json_ else line)
