"""The paper's tables as data: the numbers agree with each other where the paper's do."""

import pytest

from trainer.models.fingerprint import CONDITIONS, Architecture
from trainer.papertables import GENERATORS, OVERALL, TABLES


def printed(number: int) -> dict[str, dict[str, float]]:
    return {row.label: row.printed for row in TABLES[number].rows}


@pytest.mark.parametrize("number", TABLES)
def test_every_cell_is_an_auc_under_a_column_of_the_paper(number: int) -> None:
    rows = TABLES[number].rows
    assert len({row.label for row in rows}) == len(rows)
    for row in rows:
        assert [*row.printed] == [*(() if row.trained_on is not None else (OVERALL,)), *GENERATORS]
        assert all(0.5 < value < 1.0 for value in row.printed.values())


def test_the_proposed_system_is_the_same_in_tables_3_7_and_8() -> None:
    assert printed(3)["FEAT_DIFF"] == printed(7)["T = 64"] == printed(8)["FEAT_DIFF"]
    assert printed(3)["FEAT_DIFF"] == {"Overall": 0.877, "FV2V": 0.869, "TPS": 0.880, "LIA": 0.882}


def test_table_6_is_printed_with_two_columns_exchanged() -> None:
    for name in ("FEAT_DIFF", "PIXEL_DIFF"):
        one, other = printed(3)[name], printed(6)[name]
        assert (one["TPS"], one["LIA"]) == (other["LIA"], other["TPS"])
    assert "the other way round" in TABLES[6].note


def test_matrices_train_on_one_generator_at_a_time_and_have_a_reference() -> None:
    for number in (4, 5):
        rows, reference = TABLES[number].rows, TABLES[number].reference
        assert [row.trained_on for row in rows] == [row.trained_on for row in reference] == [0, 1, 2]
        assert all(row.architecture is None for row in reference)
    assert TABLES[4].rows[2].printed == {"FV2V": 0.852, "TPS": 0.869, "LIA": 0.902}
    assert TABLES[4].reference[1].printed == {"FV2V": 0.85, "TPS": 0.85, "LIA": 0.84}


def test_ablations_hold_every_condition_and_length() -> None:
    assert [row.architecture for row in TABLES[6].rows] == [Architecture(name) for name in CONDITIONS]
    assert {row.architecture for row in TABLES[8].rows[:4]} == {Architecture(name, "ResNet18") for name in CONDITIONS}
    assert [row.frames for row in TABLES[7].rows] == [16, 32, 64, 128]
