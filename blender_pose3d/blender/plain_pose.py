"""Poses of an armature that only plays its keys, by forward kinematics on whole arrays."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..channels import quaternions_from_euler
from ..rotations import matrices_from
from .actions import curves_of

# Properties of a pose bone that make up its transform, and how many numbers each has.
_SIZES = {
    "location": 3,
    "rotation_quaternion": 4,
    "rotation_euler": 3,
    "rotation_axis_angle": 4,
    "scale": 3,
}

_LINEAR = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value


def plain_pose(armature: bpy.types.Object, frames: range) -> np.ndarray | None:
    """(T, B, 4, 4) armature-space matrices of the pose bones, in the order of ``pose.bones``.

    None where more than keys is at work: constraints, drivers, NLA strips, bones that do not inherit all of
    their parent's transform, an object that moves.
    """
    if not _is_plain(armature):
        return None
    values = _values(armature, frames)
    if values is None:
        return None
    basis = _basis(armature, values, len(frames))
    return None if basis is None else _chained(armature, basis)


def _is_plain(armature: bpy.types.Object) -> bool:
    own = armature.animation_data
    return bool(
        own
        and own.action
        and not len(own.drivers)
        and not (own.use_nla and len(own.nla_tracks))
        and not own.use_tweak_mode
        and own.action_influence == 1.0
        and not _animated(armature.data)
        and _is_still(armature)
        and armature.data.pose_position == "POSE"
        and all(_is_plain_bone(bone) for bone in armature.pose.bones)
    )


def _animated(owner: bpy.types.ID) -> bool:
    data = owner.animation_data
    return bool(data and (data.action or len(data.drivers) or len(data.nla_tracks)))


def _is_still(owner: bpy.types.Object) -> bool:
    """Whether nothing above an object moves it; its own action is read elsewhere."""
    if len(owner.constraints):
        return False
    above = owner.parent
    if above is None:
        return True
    return owner.parent_type == "OBJECT" and not _animated(above) and _is_still(above)


def _is_plain_bone(bone: bpy.types.PoseBone) -> bool:
    return (
        not len(bone.constraints)
        and bone.bone.use_inherit_rotation
        and bone.bone.use_local_location
        and bone.bone.inherit_scale == "FULL"
    )


def _values(armature: bpy.types.Object, frames: range) -> dict[str, np.ndarray] | None:
    """Each property's values (T, B, n), keyed or as they stand."""
    bones = armature.pose.bones
    values = {}
    for name, size in _SIZES.items():
        now = np.empty(size * len(bones), dtype=np.float32)
        bones.foreach_get(name, now)
        values[name] = np.tile(now.reshape(len(bones), size).astype(np.float64), (len(frames), 1, 1))
    places = {bone.path_from_id(name): (b, name) for b, bone in enumerate(bones) for name in _SIZES}
    at = np.asarray(frames)
    for curve in curves_of(armature.animation_data.action, armature):
        if curve.mute or not curve.data_path.startswith("pose.") or curve.data_path.endswith("rotation_mode"):
            return None
        if not len(curve.keyframe_points) and not len(curve.modifiers):
            continue
        if curve.data_path in places:
            bone, name = places[curve.data_path]
            values[name][:, bone, curve.array_index] = _played(curve, at)
    return values


def _played(curve: Any, frames: np.ndarray) -> np.ndarray:
    """(T,) values of a curve: of its keys where each frame has one or lies on a straight line between two."""
    keys = np.empty((len(curve.keyframe_points), 2), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", keys.ravel())
    if len(keys) and not len(curve.modifiers):
        first = int(np.searchsorted(keys[:, 0], frames[0]))
        own = keys[first : first + len(frames)]
        if len(own) == len(frames) and (own[:, 0] == frames).all():
            return own[:, 1]
        kinds = np.empty(len(keys), dtype=np.int32)
        curve.keyframe_points.foreach_get("interpolation", kinds)
        if curve.extrapolation == "CONSTANT" and (kinds == _LINEAR).all():
            return np.interp(frames, keys[:, 0], keys[:, 1])
    return np.array([curve.evaluate(float(frame)) for frame in frames])


def _basis(armature: bpy.types.Object, values: dict[str, np.ndarray], frames: int) -> np.ndarray | None:
    """(T, B, 4, 4) of the bones' own transforms; None for a quaternion or an axis of no length."""
    bones = armature.pose.bones
    quaternions = values["rotation_quaternion"].copy()
    for b, bone in enumerate(bones):
        if bone.rotation_mode == "AXIS_ANGLE":
            half = values["rotation_axis_angle"][:, b, :1] / 2
            axis = values["rotation_axis_angle"][:, b, 1:]
            length = np.linalg.norm(axis, axis=-1, keepdims=True)
            if (length < 1e-6).any():
                return None
            quaternions[:, b] = np.hstack([np.cos(half), np.sin(half) * axis / length])
        elif bone.rotation_mode != "QUATERNION":
            quaternions[:, b] = quaternions_from_euler(values["rotation_euler"][:, b], bone.rotation_mode)
    if (np.linalg.norm(quaternions, axis=-1) < 1e-6).any():
        return None
    basis = np.zeros((frames, len(bones), 4, 4))
    basis[..., :3, :3] = matrices_from(quaternions) * values["scale"][..., None, :]
    free = ~np.array([bone.bone.use_connect for bone in bones])
    basis[..., :3, 3] = values["location"] * free[:, None]
    basis[..., 3, 3] = 1.0
    return basis


def _chained(armature: bpy.types.Object, basis: np.ndarray) -> np.ndarray:
    """Each bone on its parent, which ``pose.bones`` has before it or after it."""
    bones = armature.pose.bones
    index = {bone.name: b for b, bone in enumerate(bones)}
    rest = np.array([bone.bone.matrix_local for bone in bones], dtype=np.float64)
    made = np.empty_like(basis)
    for bone in sorted(bones, key=lambda one: len(one.parent_recursive)):
        b = index[bone.name]
        if bone.parent is None:
            made[:, b] = rest[b] @ basis[:, b]
        else:
            above = index[bone.parent.name]
            made[:, b] = made[:, above] @ (np.linalg.inv(rest[above]) @ rest[b]) @ basis[:, b]
    return made
