"""Pictures of an accusation: only where they are allowed, for their time, encrypted, in reports, gone with the rest."""

import asyncio
import base64
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from guard.bundle import Bundle
from guard.core.history import History
from guard.core.items import FPS, SIZE, Decision, Gray, GridFrame
from guard.gallery import Gallery
from guard.incidents.items import Incident
from guard.incidents.pictures import TAKEN, Picture, chosen, packed, png, unpacked
from guard.incidents.recorder import AFTER, LATER, Recorder
from guard.incidents.report import document, page
from guard.incidents.store import Incidents
from guard.rpc.incidentmessages import incident_message, short_message
from guard.updates import Event, Update
from tests.gallery.people import put
from tests.incidents.people import incident
from tests.service_fakes import Parts, frame

NOW = datetime(2026, 11, 27, tzinfo=UTC)
TELLING = b"a face that nobody is to see, in gray. "
FACE = (TELLING * 1000)[: SIZE * SIZE]


def with_pictures(name: str = "a" * 32) -> Incident:
    return replace(incident(name), pictures=(Picture(18.7, FACE), Picture(20.0, bytes(reversed(FACE)))))


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    made = Gallery(tmp_path / "gallery.sqlite")
    put(made, "Dora")
    return made


def count(gallery: Gallery, table: str) -> int:
    assert gallery.database.path is not None
    with closing(sqlite3.connect(gallery.database.path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def decoded(plain: bytes) -> Gray:
    with av.open(BytesIO(plain)) as container:
        return next(container.decode(video=0)).to_ndarray(format="gray")


@pytest.mark.slow
def test_pictures_come_back_for_their_time_and_are_swept_before_the_incident(gallery: Gallery) -> None:
    clock = Clock()
    incidents = Incidents(gallery, 30, 3, clock=clock)
    incidents.keep(with_pictures())
    assert incidents.one("a" * 32).pictures == with_pictures().pictures
    assert incidents.listed()[0].pictures == ()
    keys = count(gallery, "data_keys")
    clock.now += timedelta(days=3)
    assert incidents.one("a" * 32) == incident()
    incidents.sweep()
    assert (count(gallery, "incident_pictures"), count(gallery, "data_keys")) == (0, keys - 1)
    assert count(gallery, "incidents") == 1


@pytest.mark.slow
def test_they_are_encrypted_counted_in_an_export_and_erased_with_the_person(gallery: Gallery, tmp_path: Path) -> None:
    incidents = Incidents(gallery, 30, 3, clock=Clock())
    incidents.keep(with_pictures())
    incidents.keep(replace(incident("b" * 32)))
    for path in tmp_path.glob("gallery.sqlite*"):
        assert TELLING not in path.read_bytes()
    told = {one["id"]: one["pictures"] for one in json.loads(gallery.export("Dora"))["incidents"]}
    assert told == {"a" * 32: 2, "b" * 32: 0}
    gallery.remove("Dora")
    assert (count(gallery, "incident_pictures"), count(gallery, "data_keys")) == (0, 0)


def test_nothing_is_kept_of_them_where_no_time_is_set(gallery: Gallery) -> None:
    Incidents(gallery, 30, clock=Clock()).keep(with_pictures())
    assert count(gallery, "incident_pictures") == 0
    assert Incidents(gallery, 30, 3, clock=Clock()).one("a" * 32) == incident()


def test_the_report_shows_them_as_they_were_in_both_forms_and_over_grpc() -> None:
    said, facts = page(with_pictures()), json.loads(document(with_pictures()))
    assert "no picture" not in said
    assert said.count('src="data:image/png;base64,') == 2
    first = base64.b64decode(said.split("base64,")[1].split('"')[0])
    assert decoded(first).tobytes() == FACE
    assert [one["time"] for one in facts["pictures"]] == [18.7, 20.0]
    assert decoded(base64.b64decode(facts["pictures"][0]["png"])).tobytes() == FACE
    message = incident_message(with_pictures())
    assert decoded(message.pictures[1].png).tobytes() == bytes(reversed(FACE))
    assert len(short_message(replace(with_pictures(), pictures=())).pictures) == 0
    assert "no picture" in page(incident())
    assert "<img" not in page(incident())
    assert json.loads(document(incident()))["pictures"] == []


def test_a_few_of_the_newest_are_chosen_the_oldest_first() -> None:
    window = np.arange(64, dtype=np.uint8)[:, None, None] * np.ones((1, SIZE, SIZE), np.uint8)
    found = chosen(window, 20.0)
    assert [one.pixels[0] for one in found] == [3, 23, 43, 63]
    assert [one.time for one in found] == [17.6, 18.4, 19.2, 20.0]
    assert len(chosen(window[:5], 20.0)) == 1
    assert unpacked(packed(found)) == tuple(found)
    assert decoded(png(found[0])).shape == (SIZE, SIZE)


def test_the_window_of_the_shipped_model_holds_all_pictures_of_a_look() -> None:
    history = History(max(Bundle.default().horizons))
    for number in range(200):
        history.push(GridFrame(np.full((SIZE, SIZE), number, np.uint8), number / FPS, number, False))
    assert len(chosen(history.pictures(history.pushed - history.first), 8.0)) == TAKEN == 4


def contents(folder: Path) -> list[bytes]:
    """Of every file there."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@asynccontextmanager
async def recorded(*, allowed: bool) -> AsyncIterator[tuple[Parts, Recorder, list[Incident]]]:
    parts, made = Parts(), list[Incident]()
    look = parts.worker.show if allowed else None
    recorder = Recorder(made.append, lambda tenant: {}, parts.metrics, look)

    def publish(update: Update) -> None:
        if update.event is not Event.JOINED:
            made.extend(recorder.take(update))

    parts.feed.publish = publish  # type: ignore[method-assign]
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    yield parts, recorder, made
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    parts.worker.shutdown()


async def accuse(parts: Parts, opted_out: bool = False) -> None:
    """An impostor drives for 11 s under Dora's name, and leaves."""
    joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="whep")
    for number in range(275):
        await parts.calls.room(joined.key)
        parts.calls.offer(joined.key, frame(number, bright=True), parts.clock())
        await parts.worker.rest(joined.key)
    verdict = parts.calls.newest(joined.key)
    assert verdict is not None
    assert verdict.decision is Decision.IMPOSTOR_SUSPECTED
    parts.calls.leave(joined.key)


@pytest.mark.slow
async def test_an_accusation_has_the_pictures_of_then_and_of_five_seconds_later() -> None:
    assert AFTER > LATER == 25
    async with recorded(allowed=True) as (parts, _, made):
        await accuse(parts)
    (one,) = made
    assert one.kind == "IMPOSTOR_SUSPECTED"
    shown = {frame(number, bright=True).pixels.tobytes(): number for number in range(275)}
    numbers = [shown[picture.pixels] for picture in one.pictures]
    assert len(numbers) >= 2
    assert numbers == sorted(numbers)
    for number, picture in zip(numbers, one.pictures, strict=True):
        assert picture.time == pytest.approx(number / 25, abs=0.25)
    assert max(numbers) / 25 == pytest.approx(one.time + 5.0, abs=0.3)


@pytest.mark.slow
async def test_nothing_of_a_picture_is_kept_or_even_held_where_that_is_not_allowed(
    gallery: Gallery, tmp_path: Path
) -> None:
    async with recorded(allowed=False) as (parts, _, made):
        await accuse(parts)
    (one,) = made
    assert one.pictures == ()
    Incidents(gallery, 30, clock=Clock()).keep(replace(one, happened_at=NOW))
    assert (count(gallery, "incidents"), count(gallery, "incident_pictures"), count(gallery, "crops")) == (1, 0, 0)
    pictures = [frame(number, bright=True).pixels.tobytes()[:64] for number in range(275)]
    assert not any(picture in kept for picture in pictures for kept in contents(tmp_path))
    assert "<img" not in page(one)
