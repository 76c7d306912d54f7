"""What is measured of a film is what the guard's own extractor says, of every horizon."""

import numpy as np
import pytest

from guard.core.extractor import Extractor
from guard.core.items import Frame, Measurement
from guard.core.window import EDGE
from tests.core.fakes import FakeEngine
from tests.core.helpers import noise, settings
from trainer.calls.bank import HORIZONS
from trainer.calls.films import Film, Films, Label
from trainer.calls.looking import looked_at, measured

LABEL = Label(0, False, "latent", "none", "speaking")


def extracted(film: Film, horizon: int) -> dict[tuple[int, int], Measurement]:
    extractor = Extractor(FakeEngine(), (horizon,), 1, 0.5, edge=EDGE)
    stream = extractor.open()
    found = [
        look
        for picture, time in zip(film.pictures, film.time, strict=True)
        for look in extractor.step([(stream, Frame(picture, time))])[0]
    ]
    return {(look.run, look.slot): look for look in found}


@pytest.mark.slow
@pytest.mark.parametrize("fps", [25, 20, 30])
def test_every_horizon_is_what_an_extractor_of_it_alone_measures(fps: int) -> None:
    times = np.arange(150) / fps
    times[100:] += 1.0  # a gap: two runs
    film = Film(LABEL, times, noise(150))
    recording = looked_at(film, FakeEngine(), settings())
    assert set(recording.run) == {0, 1}
    assert set((recording.slot + 1 - max(HORIZONS)) % 5) == {0}
    for column, horizon in enumerate(HORIZONS):
        expected = extracted(film, horizon)
        for moment, place in enumerate(zip(recording.run.tolist(), recording.slot.tolist(), strict=True)):
            look = expected[place]
            assert recording.time[moment] == pytest.approx(look.time)
            assert recording.reason[moment, column] == str(look.reason or "")
            if look.embedding is not None:
                assert recording.embedding[moment, column] == pytest.approx(look.embedding, abs=1e-6)
                assert recording.motion[moment, column] == pytest.approx(look.motion)
                assert recording.filler[moment, column] == pytest.approx(look.filler)
            else:
                assert not recording.embedding[moment, column].any()


def test_a_person_is_all_of_their_films() -> None:
    films = Films("real", 3, 12, (Film(LABEL, np.arange(40) / 25, noise(40)),) * 2)
    person = measured(films, FakeEngine(), settings())
    assert (person.kind, person.number, person.face, len(person.calls)) == ("real", 3, 12, 2)
