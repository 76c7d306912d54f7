"""AVAPrintDB: names, splits by folder, and the benchmark's pairs as trials."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guard.core.errors import InputError
from tests.trainer.data.trees import tree
from trainer.data.avaprintdb import VIDEOS, PairTable, Trial, avaprintdb, read_trials
from trainer.data.videos import Kind, Video

UUID = "063b1674-e708-5f9c-8f09-2f75f27a31aa"
GOOD = f"{VIDEOS}/TEST/GAGA/C1061--C1005--{UUID}--GAGA.mp4"


def test_names_and_folders_tell_everything(tmp_path: Path) -> None:
    own = f"{VIDEOS}/DEV/HUNY/Actor_03--Actor_03--{UUID}--HUNY.mp4"
    landmarks = f"database/data/landmarks/TEST/GAGA/C1061--C1005--{UUID}--GAGA.npy"
    listed = avaprintdb(tree(tmp_path, GOOD, own, landmarks, "database/data/metadata/avaprintdb_metadata.csv"))
    assert listed.videos == [
        Video(own, "Actor_03", "Actor_03", UUID, "HUNY", "DEV", False),
        Video(GOOD, "C1061", "C1005", UUID, "GAGA", "TEST", False),
    ]
    assert [video.kind for video in listed.videos] == [Kind.SELF, Kind.CROSS]
    assert listed.passed == {}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (f"TEST/LIVE/C1061--C1005--{UUID}--GAGA.mp4", "is named GAGA but lies in LIVE"),
        ("TEST/GAGA/C1061--C1005--GAGA.mp4", "is not named TARGET--DRIVER--UUID--GENERATOR.mp4"),
        (f"EVAL/GAGA/C1061--C1005--{UUID}--GAGA.mp4", "EVAL/GAGA is no folder of this layout"),
        (f"DEV/GAGA/C1006--C1005--{UUID}--GAGA.mp4", "is in DEV, but shows or is driven by somebody of TEST"),
        (f"DEV/GAGA/C1061--C1006--{UUID}--GAGA.mp4", "is in DEV, but shows or is driven by somebody of TEST"),
    ],
)
def test_the_rest_is_passed_over_with_the_reason(tmp_path: Path, path: str, reason: str) -> None:
    listed = avaprintdb(tree(tmp_path, GOOD, f"{VIDEOS}/{path}"))
    assert [video.path for video in listed.videos] == [GOOD]
    assert listed.passed == {f"{VIDEOS}/{path}": reason}


@pytest.mark.parametrize("path", [GOOD.removeprefix("database/data/"), f"AVAPrintDB/{GOOD}", f"{VIDEOS}/TEST/x.mp4"])
def test_wrong_root_is_refused_and_says_what_was_expected(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match=r"holds no video of this layout; .*; expected database/data/videos/\{DEV,"):
        avaprintdb(tree(tmp_path, path))


def pairs(path: Path, *rows: str, header: str = "enrolment_sample,test_sample,label") -> Path:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8-sig")
    return path


def test_pairs_are_trials_between_videos_of_the_tree(tmp_path: Path) -> None:
    other = f"C1005--C1061--{UUID}--GAGA"
    name = GOOD.rpartition("/")[2]
    table = read_trials(pairs(tmp_path / "p.csv", f"{name},{other}.mp4,0", f"{name},any/where/{other}.npy,1"))
    expected = f"{VIDEOS}/TEST/GAGA/{other}.mp4"
    assert table == PairTable([Trial(GOOD, expected, False), Trial(GOOD, expected, True)], [])


@pytest.mark.parametrize("suffix", ["", ".mp4", ".npy"])
@pytest.mark.parametrize(("label", "genuine"), [("1.0", True), ("0.0", False), ("1", True), (" 0", False)])
def test_samples_may_lack_a_suffix_and_labels_may_be_any_form_of_0_and_1(
    tmp_path: Path, suffix: str, label: str, genuine: bool
) -> None:
    sample = GOOD.rpartition("/")[2].removesuffix(".mp4") + suffix
    assert read_trials(pairs(tmp_path / "p.csv", f"{sample},{sample},{label}")).trials == [Trial(GOOD, GOOD, genuine)]


@pytest.mark.parametrize("label", ["", "nan", "0.5", "true", "inf"])
def test_labels_that_are_neither_0_nor_1_are_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(InputError, match=f"line 2: the label is '{label}', not 0 or 1"):
        read_trials(pairs(tmp_path / "p.csv", f"{GOOD},{GOOD},{label}"))


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (["a,b"], "enrolment_sample,test", "has no column test_sample or label"),
        ([], "enrolment_sample,test_sample,label", "holds no pair"),
        ([f"{GOOD},{GOOD},2"], "enrolment_sample,test_sample,label", "line 2: the label is '2', not 0 or 1"),
        ([f"{GOOD},{GOOD}"], "enrolment_sample,test_sample,label", "line 2: the label is None"),
        (
            [f"{GOOD},x.mp4,1"],
            "enrolment_sample,test_sample,label",
            "line 2: 'x.mp4' is not named TARGET--DRIVER--UUID",
        ),
    ],
)
def test_table_that_holds_no_pairs_is_refused(tmp_path: Path, rows: list[str], header: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_trials(pairs(tmp_path / "p.csv", *rows, header=header))


def test_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "p.csv", tmp_path / "nowhere.csv"):
        with pytest.raises(InputError, match="cannot be read as a table"):
            read_trials(path)


def test_lines_that_say_no_trial_cost_themselves_and_not_the_table(tmp_path: Path) -> None:
    good, name = f"{GOOD},{GOOD},1".encode(), GOOD.encode()
    bad = [
        *(name + b",x.mp4,1", name + b"," + name + b",2", name, b"\xff" + good, b'"' + good),
        *(good + b',"' + b"x" * 200_000, name + b"," + b"y" * 9000 + b".mp4,0"),
    ]
    lines = [b"\xef\xbb\xbf enrolment_sample ,TEST_SAMPLE,label", good, b"", *bad, *[good] * 6]
    (tmp_path / "p.csv").write_bytes(b"\r\n".join(lines))
    table = read_trials(tmp_path / "p.csv")
    assert table.trials == [Trial(GOOD, GOOD, True)] * 7
    assert [line.partition(": ")[0] for line in table.unread] == [f"line {number}" for number in range(4, 11)]
    assert table.unread[0].startswith("line 4: 'x.mp4' is not named TARGET--DRIVER--UUID")
    assert table.unread[1].endswith("the label is '2', not 0 or 1")
    assert table.unread[3].endswith("is not UTF-8")
    assert max(map(len, table.unread)) < 300


def test_table_of_which_less_than_half_can_be_read_is_refused_with_the_first_reasons(tmp_path: Path) -> None:
    good, bad = f"{GOOD},{GOOD},1", f"{GOOD},{GOOD},2"
    assert len(read_trials(pairs(tmp_path / "half.csv", *[good] * 5, *[bad] * 5)).trials) == 5
    with pytest.raises(
        InputError, match=r"6 of its 11 lines say no trial: line 7: the label .*line 9: .*; and 3 more$"
    ):
        read_trials(pairs(tmp_path / "less.csv", *[good] * 5, *[bad] * 6))


HEADER = b"enrolment_sample,test_sample,label\n"


@given(some.binary(max_size=300) | some.text(max_size=300).map(lambda text: HEADER + text.encode("utf-8", "replace")))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "p.csv"
        path.write_bytes(content)
        with suppress(InputError):
            table = read_trials(path)
            assert len(table.trials) >= len(table.unread)


@given(some.binary(max_size=300))
def test_no_line_costs_another(line: bytes) -> None:
    good = f"{GOOD},{GOOD},1\n".encode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "p.csv"
        path.write_bytes(HEADER + good * 300 + line + b"\n" + good)
        table = read_trials(path)
    assert len(table.trials) >= 301
    assert all(not text.splitlines()[1:] for text in table.unread)
