"""Clips with exact truth: what is said of them is true of each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.rendered_tracks import pick, read_body
from bench.truth import read_truth, write_truth
from bench.truth_bodies import body_points, without_glitches
from bench.truth_camera import project, to_camera
from bench.truth_clips import SHOTS, Shot
from bench.truth_tracks import make
from blender_pose3d.skeleton import H36M_19, HALPE_26
from blender_pose3d.tracks import read_tracks, write_tracks
from engine.errors import BadInput
from engine.lift.lifter import load_lifter
from engine.train.splits import TEST
from tests.engine.mocap_files import write_bvh


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mocap")
    write_bvh(folder / "09_99.bvh", frames=130, sway=8.0)
    shot = Shot("made", "sways", "09_99", 0.2, 1.8, 6.0, turn=30, tilt=10, pan=True, fps=24.0)
    truth, tracks = make(shot, folder, load_lifter(), seed=1)
    return folder, truth, tracks


def test_the_table_is_of_unseen_motion():
    assert len(SHOTS) >= 16 and len({shot.name for shot in SHOTS}) == len(SHOTS)
    assert {shot.file.split("_")[0] for shot in SHOTS} <= set(TEST)
    assert sum(shot.pan for shot in SHOTS) == 2 and {shot.fps for shot in SHOTS} == {24.0, 30.0, 60.0}


def test_tracks_and_truth_are_of_one_motion(made, tmp_path):
    _, truth, tracks = made
    write_truth(tmp_path / "a.truth.npz", truth)
    write_tracks(tmp_path / "a.tracks.npz", tracks)
    truth, tracks = read_truth(tmp_path / "a.truth.npz"), read_tracks(tmp_path / "a.tracks.npz")
    assert len(tracks.time) == len(truth.time) == 39 and truth.fps == 24.0
    assert tracks.present.all() and tracks.skeleton2d == HALPE_26 and tracks.skeleton3d == H36M_19
    shown = project(to_camera(truth.joints, truth.rotation, truth.origin), tuple(truth.lens))
    wrist = H36M_19.index("LWrist"), HALPE_26.index("left_wrist")
    tall = truth.lens[1] * truth.stature / 6.0
    away = np.linalg.norm(tracks.joints2d[0, :, wrist[1]] - shown[:, wrist[0]], axis=-1)
    assert np.median(away) < 0.08 * tall
    first = truth.rotation[0].T @ truth.rotation
    turned = np.einsum("tij,tik->tjk", first, tracks.camera_rotation)
    angle = np.degrees(np.arccos(np.clip((np.trace(turned, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    assert angle.max() < 0.5 and tracks.meta["camera"]["motion"] == "turning"


def test_cameras_are_level_where_they_are_said_to_be(made):
    _, truth, _ = made
    np.testing.assert_allclose(
        truth.rotation @ truth.rotation.transpose(0, 2, 1), np.eye(3)[None] + 0 * truth.rotation, atol=1e-9
    )
    np.testing.assert_allclose(np.degrees(np.arcsin(-truth.rotation[:, 2, 2])), 10.0)
    assert (np.linalg.det(truth.rotation) > 0).all()
    depth = to_camera(truth.joints, truth.rotation, truth.origin)[..., 2]
    assert depth.min() > 1.0


def test_a_body_has_its_size_and_stands_on_the_floor(made):
    points, stature = body_points(made[0] / "09_99.bvh", 3)
    assert points.shape[1] == 45 and stature == pytest.approx(14.0 * 0.0254 / 0.45 / 0.491, rel=1e-3)
    knee, ankle = (points[:, H36M_19.index(n)] for n in ("LKnee", "LAnkle"))
    shank = np.linalg.norm(knee - ankle, axis=-1)
    assert shank.mean() == pytest.approx(7.0 * 0.0254 / 0.45, rel=0.02) and shank.std() < 0.01
    skin = points[:, 19 + HALPE_26.index("left_knee")] - knee
    assert np.linalg.norm(skin, axis=-1).mean() < 0.1


def test_glitches_go_and_motion_stays():
    time = np.arange(200) / 60
    points = np.stack([np.sin(6 * time), np.cos(6 * time), 0 * time], axis=-1)[:, None] * 0.5
    torn = points.copy()
    torn[100, 0] += 0.3
    mended = without_glitches(torn)
    assert np.abs(mended - points)[5:-5].max() < 0.01


def test_missing_motion_is_one_line(tmp_path):
    with pytest.raises(BadInput, match="no 09_12"):
        make(SHOTS[0], tmp_path, None, seed=1)


def test_rendered_clips_read_the_same_way(made, tmp_path):
    _, truth, tracks = made
    keypoints = np.zeros((len(truth.time), 26, 3))
    np.savez(
        tmp_path / "body.npz",
        joints=truth.joints, keypoints=keypoints, rotation=truth.rotation.transpose(0, 2, 1),
        origin=truth.origin[0], intrinsics=truth.lens, stature=truth.stature,
    )  # fmt: skip
    again = read_body(tmp_path)
    np.testing.assert_allclose(again.rotation, truth.rotation)
    assert again.info["pan"] and again.soles.shape == (39, 4, 3)
    assert pick(tracks, truth).people == 1
    with pytest.raises(BadInput, match="did not follow"):
        pick(tracks, replace(truth, joints=truth.joints - np.array([0.0, 0.0, 5.0])))
