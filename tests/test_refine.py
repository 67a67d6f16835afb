"""A lifted pose onto the picture: the tree's solution against a dense one, and nearer to the truth."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d import refine
from blender_pose3d.bones import bone_lengths, person_lengths, with_lengths
from blender_pose3d.picture import Picture, look
from blender_pose3d.refine import LEAN, onto_picture, upright
from blender_pose3d.skeleton import H36M_17, H36M_19, HALPE_26, Skeleton
from tests.synthetic_motion import without_toes
from tests.walker import camera_at, film, walk


def shown(noise: float = 0.0, pixels: float = 0.0, seed: int = 0):
    """Truth and lifted pose in camera axes, and the sight of it."""
    shot = film(walk(3.0, heading=40.0), camera_at(), noise=noise, pixels=pixels, seed=seed)
    tracks, camera = shot.tracks, shot.camera
    values = {key: float(tracks.meta["camera"][key]) for key in ("fx", "fy", "cx", "cy")}
    picture = Picture(tracks.joints2d[0].astype(float), tracks.score2d[0].astype(float), HALPE_26, values)
    truth = (shot.joints - shot.joints[:, :1]) @ camera.rotation
    pose = upright(tracks.joints3d[0].astype(float))
    return truth, pose, look(picture, tracks.score3d[0].astype(float), H36M_19)


def lengths_of(pose: np.ndarray, skeleton: Skeleton = H36M_19) -> np.ndarray:
    return bone_lengths(pose, np.ones(pose.shape[:2]), skeleton)


def error(pose: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(pose - truth, axis=-1).mean())


def test_a_pose_that_fits_stays_as_it_is():
    truth, pose, sight = shown()
    assert error(onto_picture(pose, sight, lengths_of(truth), H36M_19, 30.0), truth) < 0.004


@pytest.mark.parametrize("seed", [0, 1])
def test_a_noisy_pose_comes_nearer_to_the_truth(seed):
    truth, pose, sight = shown(noise=0.05, pixels=1.5, seed=seed)
    fitted = onto_picture(pose, sight, lengths_of(truth), H36M_19, 30.0)
    assert error(fitted, truth) < 0.95 * error(pose, truth)
    assert (fitted[:, 0] == 0).all()


def test_a_joint_seen_in_the_wrong_place_does_little():
    truth, pose, sight = shown(noise=0.01, pixels=1.0)
    sight.rays[20:30, 3] += 0.3
    fitted = onto_picture(pose, sight, lengths_of(truth), H36M_19, 30.0)
    assert np.linalg.norm(fitted - truth, axis=-1)[20:30].max() < 0.12


def test_without_sight_the_pose_stays():
    truth, pose, sight = shown(noise=0.03)
    sight.weight[:] = 0.0
    np.testing.assert_array_equal(onto_picture(pose, sight, lengths_of(truth), H36M_19, 30.0), pose)


def test_eliminating_the_tree_solves_the_normal_equations():
    truth, pose, sight = shown(noise=0.05, pixels=3.0)
    pose, path = pose[:2], np.array([[0.1, 0.2, 5.0], [0.2, 0.1, 4.0]])
    sight = type(sight)(sight.joints, sight.rays[:2], sight.weight[:2], sight.turns[:2])
    lifted = refine._Lifted(pose, path, refine.unit(path).T, lengths_of(truth), H36M_19)
    seen = refine._Seen(sight, pose + path[:, None], np.full(len(sight.joints), 0.03))
    found = refine._solve(lifted, pose + path[:, None], seen)

    def whole(m, frame):
        xx, xy, xz, yy, yz, zz = (float(np.broadcast_to(v, 2)[frame]) for v in m)
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])

    for frame in range(2):
        square, right = np.zeros((57, 57)), np.zeros(57)
        square[:3, :3] += np.diag(refine._PATH**-2)
        right[:3] += refine._PATH**-2 * path[frame]
        for joint in range(19):
            at = slice(3 * joint, 3 * joint + 3)
            square[at, at] += whole(seen.of(joint), frame)
            parent = H36M_19.parents[joint]
            if parent >= 0:
                up = slice(3 * parent, 3 * parent + 3)
                tie, pull = refine._bone(lifted, pose + path[:, None], joint)
                tie, pull = whole(tie, frame), np.array([p[frame] for p in pull])
                square[at, at] += tie
                square[up, up] += tie
                square[at, up] -= tie
                square[up, at] -= tie
                right[at] += pull
                right[up] -= pull
        np.testing.assert_allclose(found[frame].ravel(), np.linalg.solve(square, right), atol=1e-6)


def test_leaning_back_and_forth_is_nothing():
    joints = walk(0.5)
    np.testing.assert_allclose(upright(upright(joints), -LEAN), joints, atol=1e-12)
    leant = upright(np.array([[[0.0, -1.0, 0.0]]]))  # one metre above the hip, y down
    assert leant[0, 0, 2] < 0  # comes nearer to the camera


@pytest.mark.parametrize("skeleton", [H36M_17, H36M_19], ids=lambda s: s.name)
@pytest.mark.parametrize("stature", [1.0, 1.7, 2.0])
def test_lengths_add_up_to_the_stature_and_stay_a_persons(skeleton, stature):
    joints = walk(2.0) * 0.93 * stature / 1.7
    joints = joints if skeleton is H36M_19 else without_toes(joints)
    score = np.ones(joints.shape[:2])
    lengths = person_lengths(joints, score, skeleton, stature)
    tall = [skeleton.index(name) for name in ("LKnee", "LAnkle", "Spine", "Thorax", "Neck", "Head")]
    assert lengths[tall].sum() == pytest.approx(0.966 * stature)
    np.testing.assert_allclose(lengths, lengths[skeleton.mirror])
    rebuilt = with_lengths(joints, lengths, skeleton)
    np.testing.assert_allclose(bone_lengths(rebuilt, score, skeleton), lengths, atol=1e-9)
    absurd = person_lengths(0 * joints, score, skeleton, stature)
    assert np.isfinite(absurd).all() and absurd[tall].sum() == pytest.approx(0.966 * stature)
