"""Who lies, or stands on their hands, is looked at in a region turned with them from the first look on."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import FakeNetwork, Scene

from engine.frame import ImageFrame
from engine.pose2d.base import Finds, Region, first_region
from engine.pose2d.blazepose_region import region_from_circle

SIDE = 640


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, -2.0, 3.1])
def test_the_square_is_turned_with_the_body(angle):
    hips, up = np.array([300.0, 200.0]), np.array([np.sin(angle), -np.cos(angle)])
    region = region_from_circle(hips, hips + 80 * up)
    np.testing.assert_allclose(region.centre, hips)
    np.testing.assert_allclose(region.size, 2 * 80 * 1.25)
    assert region.angle == pytest.approx(angle)


def test_bodies_without_size_still_have_a_region():
    assert (region_from_circle(np.zeros(2), np.zeros(2)).size >= 1).all()


def test_boxes_serve_where_nothing_more_is_known():
    boxes = FakeNetwork(Scene([]))
    turned = SimpleNamespace(
        region_from_box=boxes.region_from_box, region_from_circle=lambda hips, top: Region(hips, top, 1.0)
    )
    box, hips, top = np.array([[0.0, 0, 40, 80]]), np.array([[20.0, 40]]), np.array([[60.0, 40]])
    known, unknown = Finds(box, np.ones(1), hips, top), Finds.of_boxes(box, np.ones(1))
    assert first_region(turned, known, 0).angle == 1.0
    assert first_region(turned, unknown, 0).angle == 0.0
    assert first_region(boxes, known, 0).angle == 0.0


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_picture_shows_the_same_person_turned(demo_video, quarters):
    """The walker of the demo, and her picture turned by 90, 180 and 270 degrees: one frame is enough."""
    from engine.errors import MissingWeights
    from engine.people import follow
    from engine.pose2d.registry import load_detector, load_pose2d
    from engine.video import read_frames

    try:
        network, detector = load_pose2d("blazepose-full"), load_detector()
    except MissingWeights as error:
        pytest.skip(str(error))
    image = next(read_frames(demo_video, start=80)).image[994 - SIDE :, 860 : 860 + SIDE]
    turned = np.ascontiguousarray(np.rot90(image, quarters))
    straight, found = (
        follow([ImageFrame(0, 0.0, np.ascontiguousarray(picture))], network, detector)
        for picture in (image, turned)
    )
    assert len(straight.present) == len(found.present) == 1
    joints = found.joints2d[0, 0].astype(float)
    for _ in range(quarters):  # back by a quarter, clockwise
        joints = np.stack([SIDE - joints[:, 1], joints[:, 0]], axis=1)
    sure = (straight.score2d[0, 0] > 0.6) & (found.score2d[0, 0] > 0.6)
    height = np.ptp(straight.joints2d[0, 0, :, 1])
    assert sure.sum() >= 12
    apart = np.linalg.norm(joints - straight.joints2d[0, 0], axis=1)[sure] / height
    assert np.median(apart) < 0.02 and apart.max() < 0.12
