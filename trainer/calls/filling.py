"""Fills the bank, person by person, in processes: what is there already is kept, so that a broken run goes on."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from guard.bundle import Bundle
from guard.core.verifier import Settings
from guard.engine import OnnxEngine
from trainer.blocks import WorldFiles
from trainer.calls import filming
from trainer.calls.bank import save
from trainer.calls.films import load_films, save_films
from trainer.calls.looking import measured
from trainer.data.world.world import World


class Order(NamedTuple):
    """One person who is to be filmed into `films` and measured into `path`."""

    films: Path
    path: Path
    kind: str
    number: int
    bundle: Path | None
    files: WorldFiles


def folder_of(bank: Path, bundle: Bundle) -> Path:
    """Where the people that this model measured are: its weights and graphs decide, not how it is calibrated."""
    parts = b"".join(bundle.contents[name] for name in sorted(bundle.contents) if name != "README.md")
    return bank / f"{bundle.model_id}-{hashlib.sha256(parts).hexdigest()[:12]}"


def orders(bank: Path, folder: Path, bundle: Path | None, files: WorldFiles, drivers: int) -> list[Order]:
    """Who is missing in the bank's folder, of `drivers` procedural drivers and all held-out real ones."""
    real = len(files.world("validation").cast.real) * filming.REAL_FACES
    wanted = [("procedural", number) for number in range(drivers)] + [("real", number) for number in range(real)]
    found = [
        Order(
            bank / "films" / f"{kind}-{number:04d}.npz",
            folder / f"{kind}-{number:04d}.npz",
            kind,
            number,
            bundle,
            files,
        )
        for kind, number in wanted
    ]
    return [order for order in found if not order.path.exists()]


def fill(wanted: list[Order], workers: int) -> Iterator[Order]:
    """Film everybody who is wanted; yields each order once it is done."""
    if workers == 1:
        yield from map(film, wanted)
        return
    # Spawned, not forked: a fork of a process whose threads hold locks can hang.
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(film, wanted)


def film(order: Order) -> Order:
    """Film one person and put them in the bank, unless another process has."""
    if order.path.exists():
        return order
    world, engine, settings = _opened(order.bundle, order.files)
    if not order.films.exists():
        filmed = (filming.real if order.kind == "real" else filming.procedural)(order.number, world)
        save_films(filmed, order.films)
    save(measured(load_films(order.films), engine, settings), order.path)
    return order


@lru_cache(maxsize=1)
def _opened(bundle: Path | None, files: WorldFiles) -> tuple[World, OnnxEngine, Settings]:
    """What every person of one order needs, once a process."""
    loaded = Bundle.load(bundle) if bundle else Bundle.default()
    return files.world("validation"), OnnxEngine(loaded), loaded.settings()
