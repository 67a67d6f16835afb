"""Joints told from the joint above, in a file's axes and units."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from blender_pose3d.joint_clip import joint_clip
from blender_pose3d.joint_motion import JointMotion, local_matrices, rigid

# Centimetres, y up.
AXES = np.array([[100.0, 0, 0, 0], [0, 0, 100.0, 0], [0, -100.0, 0, 0], [0, 0, 0, 1]])
PARENTS = np.array([-1, 0, 1, 0])


def poses(seed: int, frames: int = 5) -> np.ndarray:
    random = np.random.default_rng(seed)
    made = np.tile(np.eye(4), (frames, 4, 1, 1))
    turns = Rotation.random(4 * frames, random_state=seed).as_matrix()
    made[..., :3, :3] = turns.reshape(frames, 4, 3, 3)
    made[..., :3, 3] = random.normal(size=(frames, 4, 3))
    return made


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_locals_put_together_again_are_the_poses(seed):
    world = poses(seed)
    made = local_matrices(world, PARENTS)
    for j in range(1, 4):
        made[:, j] = made[:, PARENTS[j]] @ made[:, j]
    assert np.abs(made - world).max() < 1e-12


def test_rigid_is_the_nearest_rotation():
    askew = poses(3)
    askew[..., :3, :3] = askew[..., :3, :3] @ np.array([[2.0, 0.3, 0], [0, 1, 0.1], [0, 0, 0.5]])
    made = rigid(askew)
    left, _, right = np.linalg.svd(
        askew[..., :3, :3] / np.linalg.norm(askew[..., :3, :3], axis=-2, keepdims=True)
    )
    assert np.abs(made[..., :3, :3] - left @ right).max() < 1e-7
    assert (made[..., :3, 3] == askew[..., :3, 3]).all()


def test_a_clip_is_in_the_file_s_axes_and_unit():
    world = poses(5)
    motion = JointMotion(tuple("abcd"), PARENTS, world[0], world[0, :, :3, 3], world)
    clip = joint_clip(motion, AXES, "walk", 30.0)
    assert clip.unit == 100
    x, y, z = world[1, 0, :3, 3]
    assert np.allclose(clip.local[1, 0, :3, 3], [100 * x, 100 * z, -100 * y])
    assert np.allclose(np.linalg.det(clip.local[..., :3, :3]), 1)
    assert clip.is_at_rest(clip.rest[:, :3, 3], clip.rest[:, :3, :3])
    assert not clip.is_at_rest(clip.rest[:, :3, 3] + 1, clip.rest[:, :3, :3])


def test_only_what_leaves_its_place_gets_keys_there():
    world = np.tile(np.eye(4), (5, 4, 1, 1))
    world[:, 3, 0, 3] = np.linspace(0, 1e-3, 5)
    motion = JointMotion(tuple("abcd"), PARENTS, world[0], world[0, :, :3, 3], world)
    clip = joint_clip(motion, AXES, "walk", 30.0)
    assert clip.moves(clip.rest[:, :3, 3]).tolist() == [True, False, False, True]
