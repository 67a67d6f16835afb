"""Numbers that say how good a motion is, on motions whose numbers are known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_pose3d.motion import Motion, motion_from_tracks
from blender_pose3d.quality import Quality, bone_spread, foot_skate, jitter, quality
from blender_pose3d.quality_curves import farthest, largest, means, slides, strays
from blender_pose3d.quality_scale import FAIR, GOOD, MEASURES, POOR, UNKNOWN
from blender_pose3d.skeleton import H36M_17, H36M_19
from tests.synthetic_motion import motion_of, without_toes
from tests.walker import camera_at, film, walk


def standing(frames: int = 60) -> Motion:
    """Somebody who stands still on the floor, exactly as captured."""
    joints = np.repeat(walk(1.0)[:1], frames, axis=0)
    joints[..., 2] += 0.915 - joints[0, 0, 2]
    for side, out in (("L", 0.09), ("R", -0.09)):
        joints[:, H36M_19.index(side + "Knee")] = (0.0, out, 0.495)
        joints[:, H36M_19.index(side + "Ankle")] = (0.0, out, 0.08)
        joints[:, H36M_19.index(side + "Toe")] = (0.16, out, 0.015)
        joints[:, H36M_19.index(side + "Hip")] = (0.0, out, 0.915)
    contacts = np.ones((frames, 4), bool)
    raw = joints - joints[:, :1]
    return replace(motion_of(joints), raw=raw, contacts=contacts)


def checked(found: Quality) -> Quality:
    """Quality that is JSON as well."""
    json.dumps(found.to_dict(), allow_nan=False)
    json.dumps(found.totals(), allow_nan=False)
    return found


def test_jitter_and_acceleration_of_a_cubic_are_its_derivatives():
    motion = standing()
    time = np.arange(60) / 30.0
    wrist = H36M_19.index("LWrist")
    joints = motion.joints.copy()
    joints[:, wrist, 0] += 2.0 * time**3  # third derivative: 12 m/s^3, second: 12 t
    found = checked(quality(replace(motion, joints=joints))).after
    assert found["jitter"].total == pytest.approx(12.0 / 19)
    assert found["jitter"].values[20] == pytest.approx(12.0 / 19)
    assert found["jitter"].places[found["jitter"].where[20]] == "LWrist"
    assert found["acceleration"].values[30] == pytest.approx(12.0 / 19, rel=1e-6)
    assert np.isnan(found["jitter"].values[[0, -1]]).all()
    assert jitter(joints[:3]) is None


def test_jitter_does_not_count_across_missing_frames():
    joints = np.zeros((30, 1, 3))
    joints[15] = np.nan
    assert jitter(joints) == 0.0
    assert jitter(np.full((30, 1, 3), np.nan)) is None


def test_who_stands_still_on_the_floor_has_nothing_wrong():
    found = checked(quality(standing()))
    for key in ("jitter", "skate", "slip", "bones", "missing", "swapped"):
        assert found.after[key].total == pytest.approx(0.0, abs=1e-9), key
    assert found.after["penetration"].total == pytest.approx(0.0, abs=0.5)


def test_skate_is_how_far_a_foot_goes_from_where_it_was_set_down():
    motion = standing()
    slide = 0.1 * np.arange(60)[:, None] / 30.0
    joints = motion.joints + np.concatenate([slide, 0 * slide, 0 * slide], axis=1)[:, None]
    found = checked(quality(replace(motion, joints=joints))).after
    assert found["slip"].total == pytest.approx(0.1)
    assert found["skate"].total == pytest.approx(100 * 0.1 * 59 / 30)
    broken = motion.contacts.copy()
    broken[30] = False  # the foot was lifted: two contacts, each of half the way
    found = quality(replace(motion, joints=joints, contacts=broken)).after
    assert found["skate"].total == pytest.approx(100 * 0.1 * (29 + 28) / 2 / 30)
    none = quality(replace(motion, contacts=np.zeros((60, 4), bool))).after
    assert none["skate"].total is None and none["hover"].total is None


def test_depth_and_height_of_soles():
    motion = standing()
    still = quality(motion).after
    deep = quality(replace(motion, joints=motion.joints - (0, 0, 0.03))).after
    high = quality(replace(motion, joints=motion.joints - (0, 0, -0.05))).after
    assert deep["penetration"].total - still["penetration"].total == pytest.approx(3.0, abs=0.5)
    assert high["hover"].total - still["hover"].total == pytest.approx(5.0, abs=0.5)
    assert high["penetration"].total == 0.0


def test_bones_that_stretch():
    motion = standing()
    joints = motion.joints.copy()
    wrist, elbow = H36M_19.index("LWrist"), H36M_19.index("LElbow")
    joints[30, wrist] += 0.2 * (joints[30, wrist] - joints[30, elbow])
    found = quality(replace(motion, joints=joints)).after["bones"]
    assert found.values[30] == pytest.approx(20.0) and found.values[29] == pytest.approx(0.0, abs=1e-9)
    assert found.places[found.where[30]] == "LWrist"
    assert bone_spread(walk(1.0), H36M_19) < 0.02
    assert bone_spread(np.full((5, 19, 3), np.nan), H36M_19) is None


def test_missing_and_swapped_joints():
    motion = standing()
    raw = motion.raw.copy()
    raw[:6] = np.nan
    raw[6:9, 3] = np.nan
    raw[30:34] = raw[30:34, H36M_19.mirror]
    filled = ~np.isfinite(raw).all(-1)
    found = checked(quality(replace(motion, raw=raw, filled=filled)))
    for side in (found.raw, found.after):
        assert side["missing"].total == pytest.approx(100 * (0.1 + 3 / (60 * 19)))
    assert found.raw["swapped"].values[31] > 50 and found.raw["swapped"].values[20] == 0
    assert found.after["swapped"].total == 0.0
    score = motion.score.copy()
    score[:, H36M_19.index("LToe")] = 0.0  # out of the picture, but the lifter says something
    unseen = quality(replace(motion, score=score))
    assert unseen.raw["missing"].total == unseen.after["missing"].total == pytest.approx(100 / 19)


def test_reprojection_error_is_in_percent_of_the_persons_height():
    shot = film(walk(2.0), camera_at())
    motion = motion_from_tracks(shot.tracks)
    assert "reprojection" not in quality(motion).after
    right = quality(motion, shot.tracks).after["reprojection"]
    assert right.total < 3.0
    joints2d = shot.tracks.joints2d.copy()
    joints2d[..., 0] += 30.0
    off = quality(motion, replace(shot.tracks, joints2d=joints2d)).after["reprojection"]
    height = 1000.0 * 1.6 / 5.0
    assert off.total == pytest.approx(100 * 30 / height, rel=0.3)


def test_a_camera_that_turns_is_followed():
    joints = walk(2.0, start=(-1.0, 0.0))
    shot = film(joints, camera_at())
    turn = np.radians(np.linspace(0.0, 8.0, len(joints)))
    turns = np.zeros((len(joints), 3, 3))
    turns[:, 0, 0] = turns[:, 2, 2] = np.cos(turn)
    turns[:, 0, 2], turns[:, 2, 0], turns[:, 1, 1] = np.sin(turn), -np.sin(turn), 1.0
    motion = replace(motion_from_tracks(shot.tracks), turns=turns)
    camera = motion.camera
    local = np.einsum("tjx,txc->tjc", motion.joints - camera.origin, camera.rotation @ turns)
    seen = local[..., :2] / local[..., 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
    joints2d = shot.tracks.joints2d.copy()
    flat = shot.tracks.skeleton2d
    for side, word in (("L", "left_"), ("R", "right_")):
        for ours in ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist"):
            joints2d[0, :, flat.index(word + ours.lower())] = seen[:, H36M_19.index(side + ours)]
        joints2d[0, :, flat.index(word + "big_toe")] = seen[:, H36M_19.index(side + "Toe")]
    found = quality(motion, replace(shot.tracks, joints2d=joints2d)).after["reprojection"]
    assert found.total == pytest.approx(0.0, abs=1e-3)


def test_a_motion_is_better_than_what_was_captured():
    shot = film(walk(4.0), camera_at((0.0, -6.0, 1.2)), noise=0.01, pixels=2.0)
    found = checked(quality(motion_from_tracks(shot.tracks), shot.tracks))
    assert set(found.raw) == set(found.after) == {measure.key for measure in MEASURES}
    assert found.after["jitter"].total < 0.3 * found.raw["jitter"].total
    assert found.after["bones"].total < 1e-4 < found.raw["bones"].total
    assert found.after["skate"].total < found.raw["skate"].total
    np.testing.assert_array_equal(found.frame, np.arange(120))


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_few_frames(frames):
    shot = film(walk(1.0)[:frames], camera_at())
    found = checked(quality(motion_from_tracks(shot.tracks), shot.tracks))
    assert len(found.after["jitter"].values) == frames


def test_a_skeleton_without_toes():
    joints = without_toes(walk(1.0))
    found = checked(quality(motion_of(joints, skeleton=H36M_17)))
    assert found.touching.shape[1] in {2, 4}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_nothing_that_was_captured_breaks_it(seed, frames):
    rng = np.random.default_rng(seed)
    motion = motion_of(rng.normal(0.0, 10.0 ** rng.integers(-6, 3), (frames, 19, 3)))
    raw = rng.choice([np.nan, 0.0, 1.0, 1e6], motion.raw.shape)
    contacts = rng.random((frames, 4)) < 0.5 if rng.random() < 0.5 else None
    checked(quality(replace(motion, raw=raw, contacts=contacts)))
    checked(quality(replace(motion, raw=np.full_like(raw, np.nan), contacts=contacts)))


def test_skate_of_joints_alone():
    joints = standing().joints
    assert foot_skate(joints, H36M_19, 30.0) == pytest.approx(0.0)
    joints = joints + (0.2 * np.arange(60) / 30.0)[:, None, None] * np.array([1.0, 0.0, 0.0])
    assert foot_skate(joints, H36M_19, 30.0) == pytest.approx(0.2, rel=0.01)
    assert foot_skate(joints[:1], H36M_19, 30.0) is None


def test_curves_of_contacts():
    points = np.zeros((6, 2, 3))
    points[:, 0, 0] = [0, 1, 2, 3, 4, 5]
    touching = np.array([[1, 0], [1, 0], [0, 0], [1, 0], [1, 0], [1, 0]], bool)
    stray = strays(points, touching)
    np.testing.assert_array_equal(stray[:, 0], [0, 1, np.nan, 0, 1, 2])
    assert np.isnan(stray[:, 1]).all()
    np.testing.assert_array_equal(farthest(stray, touching), [1, 2])
    np.testing.assert_array_equal(slides(points, touching, 10.0)[:, 0], [np.nan, 10, np.nan, np.nan, 10, 10])
    top, where = largest(stray)
    assert top[5] == 2 and where[5] == 0 and np.isnan(top[2])
    assert np.isnan(means(np.full(3, np.nan))) and means(np.array([1.0, np.nan, 3.0])) == 2.0


def test_grades():
    jitters = MEASURES[0]
    assert [jitters.grade(v) for v in (None, 0.0, jitters.good, jitters.poor, 2 * jitters.poor)] == [
        UNKNOWN, GOOD, GOOD, FAIR, POOR,
    ]  # fmt: skip
    assert MEASURES[1].grade(5.0) == UNKNOWN
