"""Bake: what Blender evaluates is what the Animation says."""

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.actions import curves_of
from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.scene import frame_rate, sample_pose, set_frame_rate, set_range
from blender_pose3d.retarget import Animation
from tests.blender.moving_rigs import generated, mixamo, swinging

MODES = ["QUATERNION", "AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"]


def baked_pose(armature, animation, start=1):
    """(T, M, 3, 3) rotations and {bone: (T, 3)} locations of matrix_basis, evaluated by Blender."""
    turns, places = [], {name: [] for name in animation.locations}
    for frame in range(start, start + animation.frames):
        bpy.context.scene.frame_set(frame)
        bones = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        turns.append([np.array(bones[name].matrix_basis)[:3, :3] for name in animation.bone_names])
        for name, place in places.items():
            place.append(np.array(bones[name].location))
    return np.array(turns), {name: np.array(place) for name, place in places.items()}


def angle_between(matrices, quaternions):
    """Largest angle in degrees between rotation matrices and quaternions wxyz."""
    from blender_pose3d.rotations import matrices_from

    difference = np.swapaxes(matrices_from(quaternions), -1, -2) @ matrices
    vee = difference - np.swapaxes(difference, -1, -2)
    sine = np.sqrt(vee[..., 2, 1] ** 2 + vee[..., 0, 2] ** 2 + vee[..., 1, 0] ** 2) / 2
    return float(np.degrees(np.arctan2(sine, (np.trace(difference, axis1=-2, axis2=-1) - 1) / 2)).max())


@pytest.mark.parametrize("mode", MODES)
def test_evaluated_pose_is_the_animation(mode):
    armature = generated()
    for bone in armature.pose.bones:
        bone.rotation_mode = mode
    animation = swinging(armature, size=2.0)
    action = bake(armature, animation, name="Swing", start=5)
    turns, places = baked_pose(armature, animation, start=5)
    assert angle_between(turns, animation.rotations) < 0.01
    for name, location in animation.locations.items():
        assert np.abs(places[name] - location).max() < 1e-4
    assert armature.animation_data.action == action
    assert tuple(action.frame_range) == (5, 44)
    assert {bone.rotation_mode for bone in armature.pose.bones} == {mode}


@pytest.mark.parametrize("mode", ["QUATERNION", "AXIS_ANGLE", "ZXY"])
def test_between_two_keys_nothing_turns_around(mode):
    armature = generated()
    for bone in armature.pose.bones:
        bone.rotation_mode = mode
    animation = swinging(armature, frames=90, size=2.0)
    bake(armature, animation, name="Swing")
    scene = bpy.context.scene
    worst = 0.0
    for frame in range(1, 90):
        scene.frame_set(frame, subframe=0.5)
        turns = np.array([armature.pose.bones[n].matrix_basis.to_quaternion() for n in animation.bone_names])
        middle = animation.rotations[frame - 1] + animation.rotations[frame]
        middle /= np.linalg.norm(middle, axis=-1, keepdims=True)
        worst = max(worst, np.degrees(2 * np.arccos(np.abs((turns * middle).sum(-1)).clip(max=1))).max())
    # a flip of sign or branch would show as tens of degrees; curved Euler paths differ by a few
    assert worst < 10


def test_other_bones_actions_and_locks_stay():
    armature = generated()
    animation = swinging(armature)
    first = bake(armature, animation, name="First")
    before = {(c.data_path, c.array_index): len(c.keyframe_points) for c in curves_of(first, armature)}
    arm, head = armature.pose.bones["forearm.L"], armature.pose.bones["head"]
    arm.rotation_mode, arm.lock_rotation = "XYZ", (False, True, False)
    bpy.context.scene.frame_set(9)
    kept = head.rotation_quaternion.copy()
    few = Animation(30.0, ("forearm.L",), animation.rotations[:, :1])
    second = bake(armature, few, name="Second")
    curves = curves_of(second, armature)
    assert [(c.data_path, c.array_index) for c in curves] == [
        ('pose.bones["forearm.L"].rotation_euler', 0),
        ('pose.bones["forearm.L"].rotation_euler', 2),
    ]
    assert {c.group.name for c in curves} == {"forearm.L"}
    assert {p.interpolation for c in curves for p in c.keyframe_points} == {"LINEAR"}
    assert first.name == "First"
    assert first.users > 0, "it would be lost when the file is saved"
    bpy.context.scene.frame_set(20)
    assert np.allclose(head.rotation_quaternion, kept), "a bone that is not mapped moved"
    armature.animation_data.action = first
    if hasattr(first, "slots"):
        armature.animation_data.action_slot = first.slots[0]
    after = {(c.data_path, c.array_index): len(c.keyframe_points) for c in curves_of(first, armature)}
    assert after == before


def test_pose_left_on_a_bone_does_not_shift_the_result():
    armature = generated()
    animation = swinging(armature)
    bake(armature, animation, name="Clean")
    _, clean = sample_pose(armature, [10])
    armature.animation_data_clear()
    armature.pose.bones["forearm.L"].location = (0.1, 0.2, 0.3)
    armature.pose.bones["thigh.R"].scale = (2, 2, 2)
    bake(armature, animation, name="Again")
    _, again = sample_pose(armature, [10])
    assert np.abs(clean - again).max() < 1e-5


def test_unknown_bone_leaves_nothing_behind():
    armature = generated()
    ghost = Animation(30.0, ("tail",), np.tile([1.0, 0, 0, 0], (3, 1, 1)))
    with pytest.raises(ValueError, match="tail"):
        bake(armature, ghost, name="Ghost")
    assert not bpy.data.actions


@pytest.mark.parametrize("fps", [24, 25, 30, 29.97, 30000 / 1001, 23.976, 59.94, 12.5, 0.5, 240])
def test_frame_rate(fps):
    scene = bpy.context.scene
    set_frame_rate(scene, fps)
    assert abs(frame_rate(scene) / fps - 1) < 2e-5
    if fps == 29.97:
        assert (scene.render.fps, round(scene.render.fps_base, 6)) == (30, 1.001)


def test_frame_rate_that_cannot_be():
    with pytest.raises(ValueError, match="-1"):
        set_frame_rate(bpy.context.scene, -1)


def test_range_and_mixamo_scale():
    armature = mixamo()
    animation = swinging(armature)
    bake(armature, animation, name="Swing")
    set_range(bpy.context.scene, 1, animation.frames)
    world, pose = sample_pose(armature, range(1, 41))
    heads = (world[:, None] @ pose)[..., :3, 3]
    root = [b.name for b in armature.pose.bones].index("mixamorig:Hips")
    assert bpy.context.scene.frame_end == 40
    assert 0.3 < np.linalg.norm(heads[-1, root] - heads[0, root]) < 1.0, "metres"
