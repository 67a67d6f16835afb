"""What a network's joints jump about by, told from its looks."""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import COCO_17
from engine import body2d
from engine.tracklet import Pose, Tracklet
from engine.wobble import wobble

ANKLE, WRIST = (body2d.CORE.index(f"left_{joint}") for joint in ("ankle", "wrist"))


def run_of(joints: np.ndarray, time: np.ndarray) -> Tracklet:
    """joints: (T, 17, 2) of a stature of 1."""
    run = Tracklet(COCO_17)
    for row, (at, places) in enumerate(zip(time, joints, strict=True)):
        run.add(row, at, Pose(places, np.ones(17), 1.0, np.ones((4, 26)), 1.0), alone=True)
    return run


def test_leaps_are_wobble_and_quick_even_motion_is_not():
    time = np.arange(60) / 30
    joints = np.zeros((60, 17, 2))
    joints[::5, COCO_17.index("left_ankle"), 0] = 0.2
    joints[:, COCO_17.index("left_wrist"), 1] = 0.4 * np.cos(4 * np.pi * time)  # 63 statures a second²
    found = wobble(run_of(joints, time))
    assert found[ANKLE] > 0.2
    assert found[WRIST] < 0.08
    assert found[[i for i in range(13) if i not in (ANKLE, WRIST)]].max() == 0


def test_looks_far_from_each_other_tell_nothing():
    time = np.arange(30) / 10
    joints = np.zeros((30, 17, 2))
    joints[::5] = 0.2
    assert (wobble(run_of(joints, time)) == 0).all()
    assert (wobble(Tracklet(COCO_17)) == 0).all()
