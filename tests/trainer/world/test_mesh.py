import numpy as np
import pytest

from trainer.data.world import mesh

LISTS = ("OVAL", "LIPS_OUTER", "LIPS_INNER", "LEFT_EYE", "RIGHT_EYE", "LEFT_BROW", "RIGHT_BROW", "NOSE_RIDGE", "SKIN")


@pytest.mark.parametrize("name", LISTS)
def test_lists_name_landmarks_once(name):
    members = getattr(mesh, name)
    assert len(set(members)) == len(members)
    assert 0 <= min(members) <= max(members) < mesh.LANDMARKS


def test_control_landmarks_hold_every_contour():
    assert {*mesh.LIPS_INNER, *mesh.LEFT_EYE, *mesh.OVAL, *mesh.LEFT_IRIS} <= set(mesh.CONTROL)
    assert list(mesh.CONTROL) == sorted(set(mesh.CONTROL))
    assert len(mesh.CONTROL) < 300


def test_left_is_the_persons_left(prior):
    """On a picture the person's left is to the right: larger x."""
    for left, right in ((mesh.LEFT_EYE, mesh.RIGHT_EYE), (mesh.LEFT_BROW, mesh.RIGHT_BROW)):
        assert prior.shape[list(left), 0].min() > prior.shape[list(right), 0].max()


def test_parts_are_where_faces_have_them(prior):
    height = {name: prior.shape[list(getattr(mesh, name)), 1].mean() for name in LISTS}
    assert height["LEFT_BROW"] < height["LEFT_EYE"] < height["NOSE_RIDGE"] + 0.1 < height["LIPS_OUTER"]


def outline_crosses_itself(points):
    """Whether any two sides of a closed outline cut each other."""
    ends = np.roll(points, -1, axis=0)

    def side(a, b, c):
        return np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    count = len(points)
    return any(
        side(points[i], ends[i], points[j]) != side(points[i], ends[i], ends[j])
        and side(points[j], ends[j], points[i]) != side(points[j], ends[j], ends[i])
        for i in range(count)
        for j in range(i + 2, count - (i == 0))
    )


@pytest.mark.parametrize("name", ["OVAL", "LIPS_OUTER", "LIPS_INNER", "LEFT_EYE", "RIGHT_EYE"])
def test_outlines_are_in_drawing_order(prior, name):
    assert not outline_crosses_itself(prior.shape[list(getattr(mesh, name)), :2].astype(float))


def test_a_region_is_full_on_its_members_and_fades(prior):
    weights = mesh.region_weights(prior.shape, mesh.LIPS_OUTER, 0.08)
    assert weights[list(mesh.LIPS_OUTER)].min() == 1.0
    assert weights[list(mesh.LEFT_BROW)].max() < 0.01


def test_mirroring_swaps_the_sides_and_comes_back(prior):
    mirror = mesh.mirror_index(prior.shape)
    assert mirror[61] == 291  # corners of the mouth
    assert mirror[33] == 263  # outer corners of the eyes
    assert (mirror[mirror] == np.arange(478)).mean() > 0.95


def test_the_baseline_follows_126_landmarks_once_each():
    assert len(mesh.TRACKED) == len(set(mesh.TRACKED)) == 126
    assert set(mesh.TRACKED) <= set(mesh.CONTROL)
    assert set(mesh.OUTER_CORNERS) <= set(mesh.TRACKED)
