"""Two runs that take turns at one body are one; two people are not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import BLUE, RED, Figure, Scene, walker

from blender_pose3d.skeleton import COCO_17
from engine import appearance, body2d
from engine.doubles import join_doubles
from engine.tracklet import Pose, Tracklet

FRAMES = 40


def run(figure: Figure, rows: np.ndarray, wobble: float = 0.0) -> Tracklet:
    scene, tracklet = Scene([figure]), Tracklet(COCO_17)
    score = np.full(17, 0.9)
    for row in rows:
        joints = figure.joints(row) + wobble
        clothes = appearance.describe(scene.draw(row), figure.joints(row), score, COCO_17)
        stature = float(body2d.stature(joints, COCO_17))
        tracklet.add(int(row), row / 30, Pose(joints, score, 1.0, clothes, stature), alone=True)
    return tracklet


@pytest.fixture
def red() -> Figure:
    return walker(np.linspace(300, 340, FRAMES), RED)


ALL = np.arange(FRAMES)
TURNS = ALL % 8 < 3  # the shorter run's frames


def test_runs_that_take_turns_are_joined(red):
    (joined,) = join_doubles([run(red, ALL[TURNS], wobble=4), run(red, ALL[~TURNS])])
    assert list(joined.rows) == ALL.tolist()
    np.testing.assert_allclose(joined.times, ALL / 30)
    away = np.stack([joined.joints[i] - red.joints(i) for i in ALL]).mean(axis=(1, 2))
    np.testing.assert_allclose(away, np.where(TURNS, 4, 0), atol=1e-3)


def test_frames_of_both_are_the_longer_run_s(red):
    (joined,) = join_doubles([run(red, ALL[4:12], wobble=4), run(red, ALL[10:])])
    assert list(joined.rows) == ALL[4:].tolist()
    np.testing.assert_allclose(joined.joints[11 - 4], red.joints(11), atol=1e-3)


def test_who_is_seen_at_the_same_time_stays(red):
    assert len(join_doubles([run(red, ALL, wobble=4), run(red, ALL[5:30])])) == 2


def test_who_stands_elsewhere_stays(red):
    other = walker(np.linspace(400, 440, FRAMES), RED)
    assert len(join_doubles([run(red, ALL[~TURNS]), run(other, ALL[TURNS])])) == 2


def test_who_wears_something_else_stays(red):
    other = walker(np.linspace(300, 340, FRAMES), BLUE)
    assert len(join_doubles([run(red, ALL[~TURNS]), run(other, ALL[TURNS])])) == 2


def test_runs_one_after_the_other_are_left_to_stitching(red):
    assert len(join_doubles([run(red, ALL[:20]), run(red, ALL[22:])])) == 2
