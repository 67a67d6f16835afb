"""An Animation becomes an Action: one key a frame on the mapped bones, in each bone's own rotation mode."""

from __future__ import annotations

import bpy
import numpy as np

from ..channels import axis_angles, euler_angles, quaternions_from_euler
from ..retarget import Animation
from ..rotations import continuous
from .actions import new_action, set_keys

_MODES = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}


def bake(armature: bpy.types.Object, animation: Animation, *, name: str, start: int = 1) -> bpy.types.Action:
    """Key an animation on an armature as a new Action, which becomes its active one; returns it.

    Frame 0 of the animation lands on frame ``start`` of the scene. Locked channels are left alone. Location
    and scale of the moved bones, and of the bones above them, go back to rest where nothing keys or locks
    them: what an earlier pose left there would bend the result. Raises ValueError for bones the armature
    does not have.
    """
    moved = list(dict.fromkeys([*animation.bone_names, *animation.locations]))
    gone = [bone for bone in moved if bone not in armature.pose.bones]
    if gone:
        raise ValueError(f"The armature {armature.name} has no bone called {', '.join(gone)}.")
    action, make = new_action(armature, name)
    _clear_leftovers(armature, moved, set(animation.bone_names), set(animation.locations))
    frames = np.arange(start, start + animation.frames)
    for index, bone in enumerate(animation.bone_names):
        pose_bone = armature.pose.bones[bone]
        channel, values, keyed = rotation_channels(pose_bone, animation.rotations[:, index])
        path = pose_bone.path_from_id(channel)
        for axis in keyed:
            set_keys(make(path, axis, bone), frames, values[:, axis])
    for bone, location in animation.locations.items():
        pose_bone = armature.pose.bones[bone]
        path = pose_bone.path_from_id("location")
        for axis in np.flatnonzero(~np.array(pose_bone.lock_location)):
            set_keys(make(path, int(axis), bone), frames, location[:, axis])
    armature.update_tag()
    return action


def rotation_channels(bone: bpy.types.PoseBone, quaternions: np.ndarray) -> tuple[str, np.ndarray, list[int]]:
    """A bone's rotation property, its values (T, n) for quaternions (T, 4), and which of the n to key."""
    locks = np.array(bone.lock_rotation)
    if bone.rotation_mode not in _MODES:
        angles = euler_angles(quaternions, bone.rotation_mode)
        return "rotation_euler", angles, np.flatnonzero(~locks).tolist()
    by_component = bone.lock_rotations_4d
    if locks.all() and (bone.lock_rotation_w or not by_component):
        keyed: list[int] = []
    elif by_component:
        keyed = np.flatnonzero(~np.array([bone.lock_rotation_w, *locks])).tolist()
    else:
        keyed = [0, 1, 2, 3]
        if locks.any():
            quaternions = _hold_locked(bone, quaternions, locks)
    if bone.rotation_mode == "QUATERNION":
        return "rotation_quaternion", quaternions, keyed
    return "rotation_axis_angle", axis_angles(quaternions), keyed


def _hold_locked(bone: bpy.types.PoseBone, quaternions: np.ndarray, locks: np.ndarray) -> np.ndarray:
    """Quaternions (T, 4) whose Euler angles about locked axes are the bone's own, as Blender's tools do."""
    angles = euler_angles(quaternions, "XYZ")
    now = np.array(bone.matrix_basis.to_quaternion())
    angles[:, locks] = euler_angles(now[None], "XYZ")[:, locks]
    return continuous(quaternions_from_euler(angles, "XYZ"))


def _clear_leftovers(
    armature: bpy.types.Object, moved: list[str], turned: set[str], shifted: set[str]
) -> None:
    bones = {bone: None for name in moved for bone in _with_parents(armature.pose.bones[name])}
    for bone in bones:
        if bone.name not in shifted:
            bone.location = _unless_locked(bone.location, bone.lock_location, 0.0)
        bone.scale = _unless_locked(bone.scale, bone.lock_scale, 1.0)
        if bone.name not in turned and not any(bone.lock_rotation):
            bone.rotation_quaternion = (1, 0, 0, 0)
            bone.rotation_euler = (0, 0, 0)
            bone.rotation_axis_angle = (0, 0, 1, 0)


def _with_parents(bone: bpy.types.PoseBone) -> list[bpy.types.PoseBone]:
    return [bone, *bone.parent_recursive]


def _unless_locked(
    values: bpy.types.bpy_prop_array, locks: bpy.types.bpy_prop_array, rest: float
) -> list[float]:
    return [value if lock else rest for value, lock in zip(values, locks, strict=True)]
