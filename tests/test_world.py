"""Up, floor and the root's path, against a walker whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d.camera import Camera, rotation_for_up, up_for_tilt
from blender_pose3d.feet import foot_points, soles, standing
from blender_pose3d.ground import floor_height, root_correction
from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.quality import foot_skate
from blender_pose3d.root import root_path
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.up import find_up
from tests.walker import COCO_17, camera_at, film, walk

WALKS = {"sideways": (0.0, (-2.3, 0.0)), "away": (90.0, (0.3, 0.0)), "towards": (-80.0, (0.0, 3.0))}
UP = np.array([0.0, 0.0, 1.0])


def from_origin(joints: np.ndarray) -> np.ndarray:
    return joints - np.array([*joints[0, 0, :2], 0.0])


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))


@pytest.mark.parametrize("tilt", [-20.0, 0.0, 35.0])
def test_rotation_for_a_tilt(tilt):
    rotation = rotation_for_up(up_for_tilt(tilt))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    forward = rotation[:, 2]
    assert forward[0] == pytest.approx(0.0) and forward[1] > 0
    assert forward[2] == pytest.approx(-np.sin(np.radians(tilt)))
    np.testing.assert_allclose(rotation @ up_for_tilt(tilt), UP, atol=1e-12)


def test_camera_matrix_is_blenders():
    """A level Blender camera that looks along +y is turned by 90° about x, and projects as ours does."""
    camera = camera_at((1.0, -5.0, 1.5), tilt=10.0)
    point = np.array([1.4, 2.0, 0.7])
    local = np.linalg.inv(camera.matrix) @ (*point, 1.0)
    assert local[2] < 0  # in front of a Blender camera
    u = camera.fx * local[0] / -local[2] + camera.cx
    v = -camera.fy * local[1] / -local[2] + camera.cy
    np.testing.assert_allclose(camera.project(point), (u, v))
    np.testing.assert_allclose(camera_at().matrix[:3, :3], [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-12)
    assert np.isnan(camera.project(np.array([0.0, -9.0, 1.0]))).all()
    assert camera.tilt == pytest.approx(10.0) and camera.roll == pytest.approx(0.0)


@pytest.mark.parametrize("skeleton", ["halpe", "coco"])
@pytest.mark.parametrize("name", WALKS)
def test_root_path_from_perfect_joints(name, skeleton):
    heading, start = WALKS[name]
    extra = {"skeleton": COCO_17} if skeleton == "coco" else {}
    shot = film(walk(4.0, heading=heading, start=start), camera_at(), **extra)
    motion = motion_from_tracks(shot.tracks, settings=MotionSettings(plant_feet=0.0))
    truth = from_origin(shot.joints)
    away = np.linalg.norm((motion.joints - truth)[:, 0, :2], axis=-1)
    assert away.max() < 0.06
    assert np.linalg.norm(motion.joints - truth, axis=-1).mean() < 0.04


@pytest.mark.parametrize("tilt", [-8.0, 0.0, 15.0])
@pytest.mark.parametrize("name", WALKS)
def test_noisy_walk_in_the_world(name, tilt):
    heading, start = WALKS[name]
    shot = film(
        walk(4.0, heading=heading, start=start),
        camera_at((0.0, -5.0, 1.3), tilt),
        noise=0.015,
        pixels=3.0,
        seed=int(tilt) + 9,
    )
    motion = motion_from_tracks(shot.tracks)
    truth = from_origin(shot.joints)
    assert angle(motion.camera.rotation[2], shot.camera.rotation[2]) < 1.5
    away = np.linalg.norm((motion.joints - truth)[:, 0, :2], axis=-1)
    assert away.max() < 0.05 * np.linalg.norm(truth[-1, 0, :2])
    points, height = foot_points(motion.joints, H36M_19)
    assert np.percentile(points[..., 2] - height, 20) == pytest.approx(0.0, abs=0.02)
    assert motion.joints[0, 0, :2] == pytest.approx((0.0, 0.0))


def test_the_camera_sees_the_motion_where_the_footage_did():
    shot = film(walk(4.0, heading=70.0), camera_at((0.5, -5.0, 1.6), 8.0))
    motion = motion_from_tracks(shot.tracks)
    seen, filmed = motion.camera.project(motion.joints), shot.camera.project(shot.joints)
    assert np.linalg.norm(seen - filmed, axis=-1).mean() < 6.0
    assert motion.camera.origin[2] == pytest.approx(1.6, abs=0.1)


def test_a_rolled_camera_is_set_upright():
    shot = film(walk(5.0, start=(-2.5, 0.0)), camera_at(tilt=5.0, roll=4.0), noise=0.005)
    motion = motion_from_tracks(shot.tracks)
    assert angle(motion.camera.rotation[2], shot.camera.rotation[2]) < 1.5


def test_a_wrong_joint_does_not_pull_the_root():
    shot = film(walk(4.0, heading=90.0), camera_at())
    joints2d = shot.tracks.joints2d.copy()
    joints2d[0, 40:60, shot.tracks.skeleton2d.index("left_wrist")] += 250.0
    motion = motion_from_tracks(shot.tracks)
    spoiled = film(walk(4.0, heading=90.0), camera_at()).tracks
    spoiled.joints2d[:] = joints2d
    moved = np.linalg.norm(motion_from_tracks(spoiled).joints[:, 0] - motion.joints[:, 0], axis=-1)
    assert moved.max() < 0.05


def test_the_height_scales_everything():
    shot = film(walk(3.0, heading=45.0), camera_at())
    small = motion_from_tracks(shot.tracks, settings=MotionSettings(height=0.85, plant_feet=0.0))
    full = motion_from_tracks(shot.tracks, settings=MotionSettings(plant_feet=0.0))
    travelled = [np.linalg.norm(m.joints[-1, 0] - m.joints[0, 0]) for m in (small, full)]
    assert travelled[0] == pytest.approx(travelled[1] / 2, rel=0.02)


def test_a_tilt_that_is_set_is_believed():
    shot = film(walk(3.0), camera_at(tilt=10.0))
    motion = motion_from_tracks(shot.tracks, settings=MotionSettings(camera_tilt=25.0))
    assert motion.camera.tilt == pytest.approx(25.0)
    assert any("taken to look" in note for note in motion.notes)


def test_somebody_lying_down_gets_a_level_camera_and_is_told():
    standing_up = walk(3.0, start=(-1.0, 0.0))
    lying = standing_up[..., [2, 1, 0]] * (1.0, 1.0, 0.3) + (0.0, 0.0, 0.2)
    motion = motion_from_tracks(film(lying, camera_at()).tracks)
    assert motion.camera.tilt == 0.0
    assert any("assumed to be level" in note for note in motion.notes)
    assert np.isfinite(motion.joints).all()


def test_no_way_to_tell_the_distance_is_said_not_guessed():
    shot = film(walk(2.0), camera_at())
    shot.tracks.score2d[:] = 0.0
    motion = motion_from_tracks(shot.tracks)
    assert np.isfinite(motion.joints).all()
    assert any("stays in one place" in note for note in motion.notes)
    pose = walk(1.0) - walk(1.0)[:, :1]
    rays = np.zeros((30, 19, 2))
    assert root_path(pose, rays, np.ones((30, 19)), 30.0) is None
    assert root_path(pose, np.full((30, 19, 2), np.nan), np.ones((30, 19)), 30.0) is None


def test_planted_feet_slide_less_without_a_pop():
    shot = film(walk(5.0, heading=60.0), camera_at((0.0, -6.0, 1.2)), noise=0.003, pixels=3.0)
    loose = motion_from_tracks(shot.tracks, settings=MotionSettings(plant_feet=0.0))
    firm = motion_from_tracks(shot.tracks)
    skate = [foot_skate(m.joints, H36M_19, 30.0) for m in (loose, firm)]
    assert skate[1] < 0.8 * skate[0]
    step = [np.linalg.norm(np.diff(m.joints[:, 0], n=2, axis=0), axis=-1).max() for m in (loose, firm)]
    assert step[1] < step[0] + 0.005


def test_root_correction_holds_a_sliding_foot():
    still = np.repeat(walk(0.1)[:1], 90, axis=0)
    drift = np.zeros((90, 1, 3))
    drift[:, 0, 0] = 0.05 * np.sin(np.arange(90) / 30.0)
    fixed = still + drift + root_correction(still + drift, H36M_19, 30.0, 1.0)[:, None]
    assert np.ptp(fixed[:, 0, 0]) < 0.1 * np.ptp(drift[:, 0, 0])
    assert not root_correction(still, H36M_19, 30.0, 0.0).any()
    assert not root_correction(still[:3], H36M_19, 30.0, 1.0).any()


def test_floor_is_where_feet_stand_even_in_a_jump():
    joints = walk(4.0)
    assert floor_height(joints, H36M_19, 30.0) == pytest.approx(0.0, abs=0.01)
    air = np.zeros(len(joints))
    air[50:65] = 0.5 * np.sin(np.linspace(0, np.pi, 15))
    assert floor_height(joints + air[:, None, None] * UP, H36M_19, 30.0) == pytest.approx(0.0, abs=0.01)
    assert floor_height(joints + 3.0 * UP, H36M_19, 30.0) == pytest.approx(3.0, abs=0.01)


def test_who_stands_on_a_wall_stays_up_there() -> None:
    joints = np.repeat(walk(1.0)[:1], 180, axis=0)
    wall = np.where(np.arange(180) < 90, 2.0, 0.0)[:, None] * UP
    moved = root_correction(joints + wall[:, None], H36M_19, 30.0, 1.0)
    assert np.abs(moved[:80, 2]).max() < 0.1


def test_the_floor_is_the_level_that_a_jump_off_a_wall_ends_on() -> None:
    joints = walk(4.0)
    wall = np.where(np.arange(len(joints)) < 90, 2.0, 0.0)
    assert floor_height(joints + wall[:, None, None] * UP, H36M_19, 30.0) == pytest.approx(0.0, abs=0.02)


def test_standing_knows_stand_from_swing():
    points, _ = foot_points(walk(4.0), H36M_19)
    sure = standing(points, UP, 30.0)
    truth = np.linalg.norm(np.gradient(points, axis=0), axis=-1) * 30.0 < 0.05
    assert ((sure > 0.5) == truth)[5:-5].mean() > 0.93


def test_on_tiptoe_the_toes_are_the_sole():
    joints = np.repeat(walk(0.1)[:1], 30, axis=0)
    joints[..., 2] += 0.1
    for side in "LR":
        joints[:, H36M_19.index(side + "Toe"), 2] -= 0.1
    points, sure = soles(joints, H36M_19, UP, 30.0)
    assert points.shape == (30, 2, 3) and (sure > 0.9).all()
    np.testing.assert_allclose(points[..., 2], 0.0, atol=1e-3)
    assert floor_height(joints, H36M_19, 30.0) == pytest.approx(0.0, abs=1e-3)


def test_up_is_equivariant_under_mirror():
    camera = camera_at(tilt=9.0, roll=2.0)
    local = (walk(4.0, heading=30.0) - camera.origin) @ camera.rotation
    score = np.ones(local.shape[:2])
    up = find_up(local, score, H36M_19, 30.0).direction
    flipped = find_up(local[:, H36M_19.mirror] * (-1, 1, 1), score, H36M_19, 30.0).direction
    np.testing.assert_allclose(flipped * (-1, 1, 1), up, atol=1e-6)


def test_camera_is_a_plain_value():
    camera = Camera(1.0, 1.0, 0.0, 0.0, 2, 2, np.eye(3), np.zeros(3))
    np.testing.assert_allclose(camera.project(np.array([[2.0, 4.0, 2.0]])), [[1.0, 2.0]])
