"""NVFAIR: who is in a video, which split it counts in, and which files count in none."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guard.core.errors import InputError
from tests.trainer.data.trees import SPLITS, tree
from trainer.data.nvfair import PUBLISHED, SPLITS_FILE, nvfair, read_splits
from trainer.data.videos import Kind, Video

VC, CREMA = "NVIDIA-VC-subset", "CREMA-D"


def test_published_lists_have_the_counts_that_are_published() -> None:
    assert Counter(PUBLISHED.values()) == {"train": 111, "val": 15, "test": 35}
    source = {"i": "NVIDIA-VC", "A": "RAVDESS", "1": "CREMA-D"}
    counts = Counter((split, source[who[0]]) for who, split in PUBLISHED.items())
    for split, expected in {"train": (32, 16, 63), "val": (4, 2, 9), "test": (10, 6, 19)}.items():
        assert tuple(counts[split, name] for name in ("NVIDIA-VC", "RAVDESS", "CREMA-D")) == expected
    assert [PUBLISHED[who] for who in ("id010", "id011", "id029", "Actor_18", "Actor_19", "1085", "1060")] == [
        *("test", "train", "val", "val", "test", "test", "val")
    ]


def test_originals_and_both_reenactments_are_told_apart_and_share_their_clip(tmp_path: Path) -> None:
    paths = (
        f"{VC}/facevid2vid-generated/id001/id001--1085_IEO--1085.mp4",
        f"{CREMA}/lia-generated/1085/1085--1085_IEO--1085.mp4",
        f"{CREMA}/originals/1085/1085_IEO.mp4",
    )
    listed = nvfair(tree(tmp_path, *paths))
    assert listed.videos == [
        Video(paths[0], "id001", "1085", "1085_IEO", "facevid2vid", "test", False),
        Video(paths[1], "1085", "1085", "1085_IEO", "lia", "test", False),
        Video(paths[2], "1085", "1085", "1085_IEO", None, "test", True),
    ]
    assert [video.kind for video in listed.videos] == [Kind.CROSS, Kind.SELF, Kind.ORIGINAL]
    assert listed.passed == {
        SPLITS_FILE: "is missing: the splits are those that this program knows",
        "RAVDESS": "cannot be read: No such file or directory",
    }


@pytest.mark.parametrize(
    ("name", "driver", "clip"),
    [
        ("id001--id002.mp4", "id002", None),
        ("id001--1085_A--1085'.mp4", "1085", "1085_A"),
        ("id001--a--b--id002.mp4", "id002", "a--b"),
    ],
)
def test_odd_names_of_the_release(tmp_path: Path, name: str, driver: str, clip: str | None) -> None:
    (video,) = nvfair(tree(tmp_path, f"{VC}/tps-generated/id001/{name}")).videos
    assert (video.target, video.driver, video.clip, video.generator) == ("id001", driver, clip, "tps")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("tps-generated/id001/id001--1031_A--1031.mp4", "crosses splits: target and driver are in different ones"),
        ("tps-generated/id001/id001--x--1092.mp4", "1092 is in no split"),
        ("originals/id047/a.mp4", "id047 is in no split"),
        ("tps-generated/id001/id002--x--id001.mp4", "is named id002 but lies in id001"),
        ("tps-generated/id001/talk.mp4", "is not named TARGET--CLIP--DRIVER.mp4"),
        ("tps-generated/id001/id001--x--.mp4", "is not named TARGET--CLIP--DRIVER.mp4"),
        ("new-generated/id001/id001--x--id001.mp4", "new-generated is no folder of this layout"),
        ("tps-generated/id001--x--id001.mp4", "lies where only folders belong"),
        ("originals/id001/a.wav", "is no .mp4"),
    ],
)
def test_what_counts_in_no_split_is_passed_over_with_the_reason(tmp_path: Path, path: str, reason: str) -> None:
    listed = nvfair(tree(tmp_path, f"{VC}/{path}", f"{VC}/originals/id001/good.mp4"))
    assert [video.path for video in listed.videos] == [f"{VC}/originals/id001/good.mp4"]
    assert listed.passed[f"{VC}/{path}"] == reason


def test_own_lists_of_the_release_are_followed_and_what_differs_is_reported(tmp_path: Path) -> None:
    tree(tmp_path, f"{VC}/originals/id001/a.mp4", f"{CREMA}/originals/1060/a.mp4", f"{CREMA}/originals/1002/a.mp4")
    (tmp_path / SPLITS_FILE).write_text(SPLITS.replace("1060", "1002"))
    listed = nvfair(tmp_path)
    assert {video.target: video.split for video in listed.videos} == {"id001": "test", "1002": "val"}
    assert listed.passed[f"{CREMA}/originals/1060/a.mp4"] == "1060 is in no split"
    assert listed.passed[SPLITS_FILE].startswith("is followed, but differs from what was published: 1001 1002 1003")


def test_complete_lists_are_read_without_a_word(tmp_path: Path) -> None:
    lists = {split: [who for who in PUBLISHED if PUBLISHED[who] == split] for split in ("train", "val", "test")}
    names = {"train": "train", "val": "validation", "test": "test"}
    text = "\n\n".join("\n".join([f"identities in {names[split]} set:", *who]) for split, who in lists.items())
    (tree(tmp_path, f"{VC}/originals/id001/a.mp4") / SPLITS_FILE).write_text(text.replace("1085", "1085'"))
    assert read_splits(tmp_path / SPLITS_FILE) == PUBLISHED
    assert SPLITS_FILE not in nvfair(tmp_path).passed


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "IDENTITIES  in {} Set :",
            "Identity in the {} set:",
            "{}",
            "# {} (35 people)",
            "{}_ids:",
            "\t{} split \u2013 IDs",
        ),
    ],
)
@pytest.mark.parametrize("names", [("train", "val", "test"), ("Training", "Validation", "Testing")])
def test_headings_may_be_worded_in_any_way_that_names_one_split(
    tmp_path: Path, heading: str, names: tuple[str, str, str]
) -> None:
    lists = {split: [who for who in PUBLISHED if PUBLISHED[who] == split] for split in ("train", "val", "test")}
    lines = [[heading.format(name), "", *lists[split]] for name, split in zip(names, lists, strict=True)]
    text = "\r\n".join(line for block in lines for line in block)
    (tmp_path / SPLITS_FILE).write_bytes(text.replace("Actor_03", " actor_03 ").encode("utf-8-sig"))
    assert read_splits(tmp_path / SPLITS_FILE) == PUBLISHED


def test_lists_may_stand_in_a_line(tmp_path: Path) -> None:
    (tmp_path / SPLITS_FILE).write_text("train: id027, Actor_01,1031\nval: id029 1060\ntest:\nid001, id002\n1085'")
    names = {"train": ("id027", "Actor_01", "1031"), "val": ("id029", "1060"), "test": ("id001", "id002", "1085")}
    assert read_splits(tmp_path / SPLITS_FILE) == {who: split for split, listed in names.items() for who in listed}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SPLITS.replace("id029\n1060\n", ""), "lists nobody for val; name somebody under a heading for each of train,"),
        (SPLITS + "id027\n", "line 15: id027 is in train and in test; leave it in one list"),
    ],
)
def test_lists_that_cannot_be_right_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tree(tmp_path, f"{VC}/originals/id001/a.mp4") / SPLITS_FILE).write_text(text)
    with pytest.raises(InputError, match=said):
        nvfair(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not understood: no line names train, val or test"),
        (("id001\n" + SPLITS).encode(), "is not understood: line 1, 'id001', is before any heading"),
        (SPLITS.replace("validation", "holdout").encode(), "line 6, 'identities in holdout set:', is neither"),
        (
            ("We split into train, val and test.\n" + SPLITS).encode(),
            "line 1, 'We split into train, val and test.', is",
        ),
        (b"id001,test\nid002,test\n", "line 1, 'id001,test', is neither"),
        (SPLITS.encode("utf-16"), "is not understood: line 1, "),
        (b"train set:\n\xff\n", "is not understood: line 2, '\N{REPLACEMENT CHARACTER}', is neither"),
    ],
)
def test_lists_that_are_not_understood_give_way_to_the_published_ones_and_are_reported(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tree(tmp_path, f"{VC}/originals/id001/a.mp4") / SPLITS_FILE).write_bytes(content)
    listed = nvfair(tmp_path)
    assert [video.split for video in listed.videos] == ["test"]
    told = listed.passed[SPLITS_FILE]
    assert said in told
    assert "; the splits are those that this program knows. To have it followed, head each list by a line such" in told


@given(some.binary(max_size=300) | some.text(max_size=300).map(lambda text: (SPLITS + text).encode("utf-8", "replace")))
def test_any_bytes_are_lists_or_not_understood_or_refused(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / SPLITS_FILE
        path.write_bytes(content)
        with suppress(InputError):
            splits = read_splits(path)
            assert splits if isinstance(splits, str) else set(splits.values()) == {"train", "val", "test"}


@pytest.mark.parametrize("path", [f"NVFAIR-v2-release/{VC}/originals/id001/a.mp4", "a--b--c.mp4", f"{VC}/originals/x"])
def test_wrong_root_is_refused_and_says_what_was_expected(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match=r"holds no video of this layout; .*; expected the folders NVIDIA-VC-subset, "):
        nvfair(tree(tmp_path, path))
