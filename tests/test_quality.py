"""Numbers that say how good a motion is, on motions whose numbers are known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.quality import bone_spread, compare, floor_penetration, foot_skate, jitter, measure
from blender_pose3d.skeleton import H36M_19
from tests.walker import camera_at, film, walk


def test_jitter_of_a_cubic_is_its_third_derivative():
    time = np.arange(60) / 30.0
    joints = np.zeros((60, 2, 3))
    joints[..., 0] = (2.0 * time**3)[:, None]  # third derivative: 12 m/s^3
    quality = measure(joints, np.ones((60, 2)), H36M_19_PAIR, 30.0)
    assert quality.jitter == pytest.approx(12.0)
    assert quality.jitter_frame == pytest.approx(12.0 / 30**3 * 1000)
    assert jitter(joints[:3]) is None


def test_jitter_does_not_count_across_missing_frames():
    joints = np.zeros((30, 1, 3))
    joints[15] = np.nan
    assert jitter(joints) == 0.0
    assert jitter(np.full((30, 1, 3), np.nan)) is None


def test_missing_shares():
    joints = walk(1.0)
    score = np.ones(joints.shape[:2])
    joints[:6] = np.nan
    score[6:9, 3] = 0.0
    quality = measure(joints, score, H36M_19, 30.0)
    assert quality.missing_frames == pytest.approx(0.2)
    assert quality.missing_joints == pytest.approx(0.2 + 3 / (30 * 19))


def test_bone_spread():
    joints = walk(1.0)
    assert bone_spread(joints, H36M_19) < 0.02  # the truth walks with stiff bones but for the toes' trunk
    joints[:, H36M_19.index("LWrist")] += np.random.default_rng(0).normal(0, 0.1, (30, 3))
    assert bone_spread(joints, H36M_19) > 0.01
    assert bone_spread(np.full((5, 19, 3), np.nan), H36M_19) is None


def test_skate_is_the_speed_of_a_standing_foot_that_slides():
    joints = np.repeat(walk(1.0)[:1], 60, axis=0)
    assert foot_skate(joints, H36M_19, 30.0) == pytest.approx(0.0)
    joints[..., 0] += (0.2 * np.arange(60) / 30.0)[:, None]
    assert foot_skate(joints, H36M_19, 30.0) == pytest.approx(0.2, rel=0.01)
    assert foot_skate(walk(3.0), H36M_19, 30.0) < 0.06
    assert foot_skate(joints[:1], H36M_19, 30.0) is None


def test_penetration_is_the_depth_of_soles():
    joints = walk(2.0)
    assert floor_penetration(joints, H36M_19) == pytest.approx((0.0, 0.0), abs=1e-9)
    joints[..., 2] -= 0.03
    mean, deepest = floor_penetration(joints, H36M_19)
    assert deepest == pytest.approx(0.03) and 0 < mean <= 0.03


def test_compare_is_json_and_better_after():
    shot = film(walk(4.0), camera_at((0.0, -6.0, 1.2)), noise=0.01, pixels=2.0)
    report = compare(motion_from_tracks(shot.tracks))
    again = json.loads(json.dumps(report, allow_nan=False))
    assert set(again) == {"raw", "after"}
    assert again["after"]["jitter"] < 0.2 * again["raw"]["jitter"]
    assert again["after"]["bone_spread"] < 1e-6 < again["raw"]["bone_spread"]
    assert again["raw"]["skate"] is None and again["after"]["skate"] < 0.2
    assert again["after"]["missing_joints"] < 0.01


def test_compare_of_one_frame_is_json():
    shot = film(walk(1.0)[:1], camera_at())
    json.dumps(compare(motion_from_tracks(shot.tracks)), allow_nan=False)


class _Pair:
    """Two joints, one bone."""

    bones = np.array([[0, 1]])
    joints = ("Hip", "Spine")


H36M_19_PAIR = _Pair()
