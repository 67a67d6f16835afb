"""Rotation channels against SciPy, and their continuity."""

from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_pose3d.channels import axis_angles, euler_angles, quaternions_from_euler

ORDERS = ["".join(p) for p in permutations("XYZ")]


def wxyz(rotations: Rotation) -> np.ndarray:
    return np.roll(rotations.as_quat(), 1, axis=-1)


def error(first: np.ndarray, second: np.ndarray) -> float:
    """Largest angle in degrees between two sets of quaternions."""
    dot = np.abs((first * second).sum(-1)).clip(max=1)
    return float(np.degrees(2 * np.arccos(dot)).max())


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_give_the_rotation_back(order):
    rotations = Rotation.random(400, random_state=3)
    angles = euler_angles(wxyz(rotations), order)
    axes = ["XYZ".index(a) for a in order]
    again = Rotation.from_euler(order.lower(), angles[:, axes])
    assert np.degrees((rotations.inv() * again).magnitude()).max() < 1e-5
    assert error(quaternions_from_euler(angles, order), wxyz(rotations)) < 1e-4


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_follow_whole_turns_and_pass_the_right_angle(order):
    # the middle axis turns twice around: canonical angles would flip at each quarter
    turn = np.linspace(0, 4 * np.pi, 721)
    angles = np.zeros((721, 3))
    angles[:, "XYZ".index(order[1])] = turn
    angles[:, "XYZ".index(order[0])] = 0.3
    angles[:, "XYZ".index(order[2])] = -0.2
    found = euler_angles(quaternions_from_euler(angles, order), order)
    assert np.abs(np.diff(found, axis=0)).max() < np.radians(1.01)
    assert error(quaternions_from_euler(found, order), quaternions_from_euler(angles, order)) < 1e-4


def test_axis_angles_keep_their_axis_through_rest():
    swing = np.sin(np.linspace(0, 12, 300))
    rotations = Rotation.from_rotvec(swing[:, None] * [0.0, 0.6, 0.8])
    found = axis_angles(wxyz(rotations))
    assert error(wxyz(Rotation.from_rotvec(found[:, :1] * found[:, 1:])), wxyz(rotations)) < 1e-4
    assert np.abs(np.diff(found[:, 1:], axis=0)).max() < 1e-6
    assert np.abs(np.diff(found[:, 0])).max() < 0.05


def test_axis_of_a_bone_that_never_moves_is_a_unit_vector():
    still = np.zeros((5, 2, 4))
    still[..., 0] = 1
    found = axis_angles(still)
    assert np.allclose(found[..., 0], 0)
    assert np.allclose(np.linalg.norm(found[..., 1:], axis=-1), 1)


def test_unknown_order_is_refused():
    with pytest.raises(ValueError, match="XYX"):
        euler_angles(np.array([[1.0, 0, 0, 0]]), "XYX")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("quarter", [90.0, -90.0])
def test_a_bone_that_stays_in_gimbal_lock(order, quarter):
    """Turned by a quarter for the whole clip, or to its end or from its start: what a character has who walks
    along an axis."""
    for free in (slice(0, 0), slice(0, 3), slice(7, 10), slice(4, 6)):
        angles = np.tile([20.0, quarter, 0.0], (10, 1))
        angles[free] = [5.0, 30.0, 10.0]
        rotations = Rotation.from_euler(order.lower(), angles, degrees=True)
        made = euler_angles(wxyz(rotations), order)
        assert error(quaternions_from_euler(made, order), wxyz(rotations)) < 1e-3
        assert np.abs(np.diff(made, axis=0)).max() < np.radians(140)
