"""Which runs are joined to one person after the pass."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d.skeleton import COCO_17
from engine import appearance
from engine.stitch import link_cost
from engine.tracklet import Pose, Tracklet

JOINTS = np.random.default_rng(0).uniform(200, 400, (17, 2))


def run(start: float, clothes: np.ndarray) -> Tracklet:
    tracklet = Tracklet(COCO_17)
    for i in range(30):
        pose = Pose(JOINTS, np.full(17, 0.9), 1.0, clothes, 200.0)
        tracklet.add(int(30 * start) + i, start + i / 30, pose, alone=True)
    return tracklet


def clothes(*bins: int) -> np.ndarray:
    """Each part of one colour, by the bin that it falls into."""
    parts = np.zeros((appearance.PARTS, appearance.LENGTH), dtype=np.float32)
    parts[np.arange(appearance.PARTS), bins] = 1
    return parts


@pytest.mark.parametrize(("arms", "same"), [(2, True), (5, False)])
def test_after_long_an_unlike_part_alone_tells_two_people_apart(arms, same):
    dark, other = clothes(1, 1, 2, 2), clothes(1, 1, arms, 2)
    # mostly alike, the arms too in part: near the limit that all parts together must keep
    other[2] = 0.65 * other[2] + 0.35 * dark[2]
    assert appearance.distance(dark, other) < 0.18
    cost = link_cost(run(0, dark), run(30, other), (640, 480))
    assert (cost <= 1.7) == same
