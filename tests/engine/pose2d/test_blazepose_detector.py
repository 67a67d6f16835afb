"""BlazePose's detector: anchors, decoding, merging, tiles; and real footage."""

from __future__ import annotations

import numpy as np
import pytest

from engine.pose2d.blazepose_detector import (
    ANCHORS,
    INPUT,
    Candidates,
    anchor_centres,
    body_boxes,
    decode,
    joined,
    merge,
)


def person(x: float, y: float, radius: float, score: float, angle: float = 0.0) -> Candidates:
    """Somebody with the hips at x, y; angle as a region's: clockwise in the picture."""
    hips = np.array([x, y])
    circle = hips + radius * np.array([np.sin(angle), -np.cos(angle)])
    half = radius * 0.15
    return Candidates(
        np.array([[*circle - half, *circle + half]]), hips[None], circle[None], np.array([score])
    )


def test_anchors():
    anchors = anchor_centres()
    assert anchors.shape == (ANCHORS, 2) == (2254, 2)
    np.testing.assert_allclose(anchors[0], anchors[1])
    np.testing.assert_allclose(anchors[0], [4 / INPUT, 4 / INPUT])
    np.testing.assert_allclose(anchors[2], [12 / INPUT, 4 / INPUT])  # x runs first
    np.testing.assert_allclose(anchors[1568], [8 / INPUT, 8 / INPUT])
    np.testing.assert_allclose(anchors[-1], [1 - 16 / INPUT, 1 - 16 / INPUT])
    assert len(np.unique(anchors[-294:], axis=0)) == 49


def test_decode_one():
    values = np.zeros((ANCHORS, 12), dtype=np.float32)
    logits = np.full((ANCHORS, 1), -1000.0, dtype=np.float32)
    values[700] = [3, -2, 20, 30, 1, 40, 5, -60, 0, 0, 0, 0]
    logits[700] = 2
    found = decode(values, logits, anchor_centres())
    x, y = anchor_centres()[700] * INPUT
    assert len(found) == 1
    assert found.score[0] == pytest.approx(1 / (1 + np.exp(-2)))
    np.testing.assert_allclose(found.head[0], [x + 3 - 10, y - 2 - 15, x + 3 + 10, y - 2 + 15])
    np.testing.assert_allclose(found.hips[0], [x + 1, y + 40])
    np.testing.assert_allclose(found.circle[0], [x + 5, y - 60])
    assert found.radius[0] == pytest.approx(np.hypot(4, 100))


def test_decode_none_with_huge_logits():
    values = np.zeros((ANCHORS, 12), dtype=np.float32)
    assert len(decode(values, np.full(ANCHORS, -1e30), anchor_centres())) == 0
    assert (decode(values, np.full(ANCHORS, 1e30), anchor_centres()).score == 1).all()


def test_merge_blends_what_shows_one_person():
    people = joined([person(100, 100, 50, 0.6), person(103, 100, 50, 0.9), person(300, 100, 50, 0.7)])
    found = merge(people, blend=True)
    assert found.score.tolist() == [0.9, 0.7]
    np.testing.assert_allclose(found.hips, [[(0.6 * 100 + 0.9 * 103) / 1.5, 100], [300, 100]])


def test_merge_of_views_takes_the_best():
    people = joined([person(100, 100, 50, 0.6), person(103, 100, 55, 0.9)])
    found = merge(people, blend=False)
    np.testing.assert_allclose(found.hips, [[103, 100]])


def test_two_people_side_by_side_stay_two():
    people = joined([person(100, 100, 100, 0.9), person(140, 100, 100, 0.8)])
    assert len(merge(people, blend=True)) == 2


def test_merge_of_nobody():
    nobody = person(0, 0, 1, 0.5)[np.zeros(0, dtype=int)]
    assert len(merge(nobody, blend=True)) == 0
    assert body_boxes(nobody).shape == (0, 4)


def test_body_boxes_hold_the_body():
    upright, lying, leaning = body_boxes(
        joined([person(0, 0, 100, 1), person(0, 0, 100, 1, np.pi / 2), person(0, 0, 100, 1, np.pi / 4)])
    )
    np.testing.assert_allclose(upright, [-55, -110, 55, 110], atol=1e-6)
    np.testing.assert_allclose(lying, [-110, -55, 110, 55], atol=1e-6)
    np.testing.assert_allclose(leaning, [-110, -110, 110, 110], atol=1e-6)


def test_moved():
    found = person(10, 20, 5, 1).moved(2.0, np.array([100, 200]))
    np.testing.assert_allclose(found.hips, [[120, 240]])
    assert found.radius[0] == pytest.approx(10)


@pytest.fixture(scope="module")
def detector():
    from engine.errors import MissingWeights
    from engine.pose2d.registry import load_detector

    try:
        return load_detector("cpu")
    except MissingWeights as error:
        pytest.skip(str(error))


@pytest.mark.network
@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (2, 900), (900, 2), (224, 224)])
def test_empty_pictures_show_nobody(detector, shape):
    image = np.full((*shape, 3), 120, dtype=np.uint8)
    box, score = detector.detect(image)
    assert box.shape == (0, 4) and score.shape == (0,)
    assert box.dtype == score.dtype == np.float32


@pytest.mark.network
@pytest.mark.slow
def test_both_people_of_real_footage_are_found(detector, demo_video):
    """At frame 80 one stands on a shed and one walks on the lawn; places read off the picture by eye."""
    from engine.video import read_frames

    image = next(read_frames(demo_video, start=80)).image
    box, score = detector.detect(image)
    assert len(box) == 2
    assert (score > 0.9).all()
    middle = (box[:, :2] + box[:, 2:]) / 2
    middle = middle[np.argsort(middle[:, 1])]
    np.testing.assert_allclose(middle, [[570, 300], [1180, 740]], atol=60)
    assert ((box[:, 3] - box[:, 1] > 380) & (box[:, 3] - box[:, 1] < 580)).all()
