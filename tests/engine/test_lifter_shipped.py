"""The weights that ship: there, small, described, and they lift."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_19
from engine import manifest
from engine.evaluate.lifter_metrics import aligned_errors, joint_errors
from engine.lift.lifter import DEFAULT, load_lifter
from engine.train.cameras import film, project
from engine.train.noise import mid_joints
from engine.train.windows import View
from tests.walker import walk


@pytest.fixture(scope="module")
def lifter():
    return load_lifter()


@pytest.fixture(scope="module")
def view():
    """Somebody who walks, filmed by eight cameras."""
    points = walk(2.0) @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=float)  # z up to y up
    points = torch.from_numpy(points).float().expand(8, -1, -1, -1)
    points, true, assumed, _ = film(points, torch.Generator().manual_seed(11))
    joints, score = mid_joints(project(points, true), torch.ones(points.shape[:3]))
    return View(points, joints, score, assumed)


def lifted(lifter, view, camera: int) -> tuple[np.ndarray, np.ndarray]:
    joints, score = view.joints[camera].numpy(), view.score[camera].numpy()
    pose = lifter.lift(joints, score, tuple(view.intrinsics[camera].tolist()))[0]
    return pose, view.points[camera].numpy()


def test_is_small_and_says_what_it_is(lifter) -> None:
    known = manifest.entry(DEFAULT)
    path = manifest.SHIPPED_DIR / known.file
    assert path.stat().st_size == known.size < 15e6
    assert lifter.sha256 == known.sha256
    assert lifter.skeleton == H36M_19
    assert lifter.form.receptive_field == 27
    assert path.with_suffix(".md").is_file()


def test_lifts_a_walk(lifter, view) -> None:
    plain, aligned = [], []
    for camera in range(8):
        pose, truth = lifted(lifter, view, camera)
        plain.append(joint_errors(pose, truth).mean())
        aligned.append(aligned_errors(pose, truth).mean())
    assert np.median(plain) < 0.08
    assert np.median(aligned) < 0.055


def test_bones_are_of_a_person_of_standard_stature(lifter, view) -> None:
    pose, _ = lifted(lifter, view, 0)
    at = {name: pose[:, H36M_19.index(name)] for name in H36M_19.joints}
    leg = np.linalg.norm(at["LHip"] - at["LKnee"], axis=1) + np.linalg.norm(
        at["LKnee"] - at["LAnkle"], axis=1
    )
    assert 0.65 < np.median(leg) < 0.95


def test_feet_nobody_sees_still_get_a_place(lifter, view) -> None:
    joints, score = view.joints[0].numpy(), view.score[0].numpy().copy()
    score[:, [H36M_19.index("LToe"), H36M_19.index("RToe")]] = 0
    pose = lifter.lift(joints, score, tuple(view.intrinsics[0].tolist()))[0]
    errors = joint_errors(pose, view.points[0].numpy())
    assert errors[:, H36M_19.index("LToe")].mean() < 0.2
    assert errors.mean() < 0.1
