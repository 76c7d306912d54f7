"""Who is learned from and who is held out: by driver, by chance, and never with too few."""

import pytest

from guard.core.errors import InputError
from trainer.data.videos import Video
from trainer.ownpeople import OwnPeople, parted


def videos(people: int, clips: int = 2, faces: int = 2) -> list[Video]:
    """Each of so many people drives every face by as many clips."""
    return [
        Video(f"f{face}--{clip}--p{who}.mp4", f"f{face}", f"p{who}", str(clip), None, None, False)
        for who in range(people)
        for face in range(faces)
        for clip in range(clips)
    ]


def drivers(listed: list[Video]) -> set[str]:
    return {video.driver for video in listed}


@pytest.mark.parametrize(("people", "held_out"), [(4, 2), (8, 2), (9, 3), (30, 10)])
def test_a_third_of_the_people_is_held_out_whole(people: int, held_out: int) -> None:
    given = videos(people)
    found = parted(given, seed=3)
    assert (len(drivers(found.held_out)), len(drivers(found.learned))) == (held_out, people - held_out)
    assert drivers(found.held_out) & drivers(found.learned) == set()
    assert sorted(v.path for v in found.held_out + found.learned) == sorted(v.path for v in given)


def test_the_seed_says_who() -> None:
    given = videos(12)
    assert parted(given, seed=1) == parted(list(reversed(given))[::-1], seed=1)
    assert len({frozenset(drivers(parted(given, seed).held_out)) for seed in range(5)}) > 1


def test_who_has_one_clip_is_learned_from_only() -> None:
    given = [*videos(4), *(Video(f"f--c--q{n}.mp4", "f", f"q{n}", "c", None, None, False) for n in range(8))]
    for seed in range(5):
        assert len(drivers(parted(given, seed).held_out)) == 4 // 3 + 1
        assert all(who.startswith("p") for who in drivers(parted(given, seed).held_out))


@pytest.mark.parametrize(("given", "said"), [(videos(3), "add 1 more"), (videos(9, clips=1), "add 4 more")])
def test_too_few_are_told_how_many_are_missing(given: list[Video], said: str) -> None:
    with pytest.raises(InputError, match=rf"--root: shows \d people with 2 clips each: .*; {said}"):
        parted(given, seed=0)


def test_people_are_counted_and_not_named() -> None:
    listed = videos(4)
    mixed = OwnPeople([v for v in listed if v.driver in "p0p1"], [v for v in listed if v.driver in "p2p3"])
    assert mixed.summary() == (
        "8 videos of 2 people learned from, 8 videos of 2 people held out "
        "(8 of these on faces that are learned from too)"
    )
    apart = OwnPeople([v for v in listed if v.target == "f0"], [v for v in listed if v.target == "f1"])
    assert apart.summary() == "8 videos of 4 people learned from, 8 videos of 4 people held out"


def test_people_who_make_no_trial_are_told_by_their_names() -> None:
    own = [Video(f"{who}--{n}--{who}.mp4", who, who, str(n), None, None, False) for who in "abcd" for n in (0, 1)]
    with pytest.raises(InputError, match="on no face do those held out make both"):
        parted(own, seed=0)


def test_those_held_out_are_named() -> None:
    found = parted(videos(6), seed=0)
    assert found.unseen == sorted(drivers(found.held_out))
    assert drivers(found.measured) == drivers(found.held_out)
