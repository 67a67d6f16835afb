import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from blender_pose3d import rotations as rot

RNG = np.random.default_rng(0)
DIRECTIONS = rot.unit(RNG.standard_normal((50, 3)))
OTHERS = rot.unit(RNG.standard_normal((50, 3)))


def test_unit_keeps_zero() -> None:
    assert np.allclose(np.linalg.norm(DIRECTIONS, axis=1), 1)
    assert (rot.unit(np.zeros(3)) == 0).all()


@pytest.mark.parametrize("vectors", [DIRECTIONS, np.eye(3), -np.eye(3)])
def test_any_normal_is_perpendicular(vectors: np.ndarray) -> None:
    normal = rot.any_normal(vectors)
    assert np.allclose((normal * vectors).sum(-1), 0, atol=1e-12)
    assert np.allclose(np.linalg.norm(normal, axis=-1), 1)


def test_frames_are_rotations_along_their_primary_axis() -> None:
    frames = rot.frame(3 * DIRECTIONS, OTHERS)
    assert np.allclose(frames @ np.swapaxes(frames, -1, -2), np.eye(3))
    assert np.allclose(np.linalg.det(frames), 1)
    assert np.allclose(frames[..., 0], DIRECTIONS)
    assert ((frames[..., 1] * OTHERS).sum(-1) > 0).all()


def test_a_frame_of_parallel_axes_is_still_a_rotation() -> None:
    frames = rot.frame(DIRECTIONS, -2 * DIRECTIONS)
    assert np.allclose(frames @ np.swapaxes(frames, -1, -2), np.eye(3))


def test_carry_is_the_smallest_rotation() -> None:
    assert np.allclose(rot.carry(DIRECTIONS, DIRECTIONS, OTHERS), OTHERS)
    normal = rot.unit(np.cross(DIRECTIONS, OTHERS))
    assert np.allclose(rot.carry(normal, DIRECTIONS, OTHERS), normal)
    moved = rot.carry(DIRECTIONS[::-1], DIRECTIONS, OTHERS)
    assert np.allclose(np.linalg.norm(moved, axis=-1), 1)


def test_carry_to_the_opposite_direction_is_half_a_turn() -> None:
    assert np.allclose(rot.carry(DIRECTIONS, DIRECTIONS, -DIRECTIONS), -DIRECTIONS)
    moved = rot.carry(OTHERS, DIRECTIONS, -DIRECTIONS)
    assert np.allclose(np.linalg.norm(moved, axis=-1), 1)


@given(st.floats(-3.1, 3.1))
def test_angle_about_has_a_sign(angle: float) -> None:
    normal = rot.any_normal(DIRECTIONS)
    turned = Rotation.from_rotvec(angle * DIRECTIONS).apply(normal)
    assert np.allclose(rot.angle_about(DIRECTIONS, normal, turned), angle)


def test_blend_goes_the_short_way() -> None:
    start = Rotation.random(20, random_state=0)
    way = Rotation.from_rotvec(2.0 * DIRECTIONS[:20])
    blended = rot.blend(start.as_matrix(), (start * way).as_matrix(), 0.25)
    assert np.allclose(blended, (start * Rotation.from_rotvec(0.5 * DIRECTIONS[:20])).as_matrix())
    each = rot.blend(start.as_matrix(), (start * way).as_matrix(), np.linspace(0, 1, 20))
    assert np.allclose(each[[0, -1]], [start.as_matrix()[0], (start * way).as_matrix()[-1]])


def test_quaternions_are_blender_s_order_and_come_back() -> None:
    assert np.allclose(rot.quaternions_from(np.eye(3)[None]), [[1, 0, 0, 0]])
    matrices = Rotation.random(24, random_state=1).as_matrix().reshape(4, 6, 3, 3)
    assert np.allclose(rot.matrices_from(rot.quaternions_from(matrices)), matrices)


def test_continuous_quaternions_do_not_jump() -> None:
    angle = np.linspace(0, 6 * np.pi, 200)
    matrices = Rotation.from_rotvec(angle[:, None] * [0, 0.6, 0.8]).as_matrix()[:, None]
    found = rot.continuous(rot.quaternions_from(matrices))
    assert np.abs(np.diff(found, axis=0)).max() < 0.1
    assert np.allclose(rot.matrices_from(found), matrices)
    flipped = rot.continuous(-found)
    assert flipped[0, 0, 0] >= 0


def test_smoothstep_rises_or_falls() -> None:
    assert rot.smoothstep(np.array([-1.0, 0.5, 2.0]), 0, 1).tolist() == [0, 0.5, 1]
    assert rot.smoothstep(np.array([-1.0, 0.5, 2.0]), 1, 0).tolist() == [1, 0.5, 0]
