"""An armature's object that carries the motion: its channels, and the place it started from.

Where an object stands is overwritten by the keys that move it. So the action keeps the place, and the next
fit starts there again instead of wherever the current frame has the object.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..rotations import continuous, quaternions_from
from .actions import curves_of
from .channels import Channels, location_channels, rotation_channels

_PLACE = "pose3d_place"


def standing_place(armature: bpy.types.Object) -> np.ndarray:
    """(4, 4) world matrix of an armature's object without the way that an earlier bake gave it."""
    world = np.array(armature.matrix_world, dtype=np.float64)
    basis = _kept(armature)
    if basis is None:
        return world
    return world @ np.linalg.inv(np.array(armature.matrix_basis)) @ basis


def keep_place(armature: bpy.types.Object, action: bpy.types.Action) -> None:
    """Write down in an action where the object stood before it."""
    basis = _kept(armature)
    basis = np.array(armature.matrix_basis) if basis is None else basis
    action[_PLACE] = basis.ravel().tolist()


def stand_again(armature: bpy.types.Object) -> None:
    """Put the object back to where it stood before the active action moved it."""
    basis = _kept(armature)
    if basis is not None:
        armature.matrix_basis = Matrix(basis)


def move_object(armature: bpy.types.Object, way: np.ndarray) -> None:
    """Move an object by (2,) metres over the floor, and the keys that move it, too."""
    armature.location.xy += Vector(way)
    data = armature.animation_data
    for curve in curves_of(data.action, armature) if data and data.action else ():
        if curve.data_path == "location" and curve.array_index < 2:
            points = curve.keyframe_points
            for name in ("co", "handle_left", "handle_right"):
                values = np.empty(2 * len(points), dtype=np.float32)
                points.foreach_get(name, values)
                values[1::2] += way[curve.array_index]
                points.foreach_set(name, values)
            curve.update()


def object_channels(armature: bpy.types.Object, travel: np.ndarray) -> list[Channels]:
    """Location, and rotation where it turns, of an object moved by world transforms (T, 4, 4)."""
    basis = _kept(armature)
    basis = np.array(armature.matrix_basis, dtype=np.float64) if basis is None else basis
    above = standing_place(armature) @ np.linalg.inv(basis)  # parents, and what else is not its own channels
    moved = np.linalg.inv(above) @ travel @ above @ basis
    channels = [location_channels(armature, moved[:, :3, 3] - np.array(armature.delta_location))]
    if np.ptp(travel[:, :3, :3], axis=0).any() or not np.allclose(travel[0, :3, :3], np.eye(3)):
        turn = moved[:, :3, :3] / np.linalg.norm(moved[:, :3, :3], axis=-2, keepdims=True)
        own = _delta(armature).T @ turn
        channels.append(rotation_channels(armature, continuous(quaternions_from(own))))
    return channels


def _delta(armature: bpy.types.Object) -> np.ndarray:
    """(3, 3) what the object is turned by besides its rotation channels."""
    if armature.rotation_mode == "QUATERNION":
        return np.array(armature.delta_rotation_quaternion.to_matrix())
    if armature.rotation_mode == "AXIS_ANGLE":
        return np.eye(3)
    return np.array(armature.delta_rotation_euler.to_matrix())


def _kept(armature: bpy.types.Object) -> np.ndarray | None:
    data = armature.animation_data
    actions = [data.action] if data and data.action else []
    if data:
        actions += [strip.action for track in data.nla_tracks for strip in track.strips if strip.action]
    for action in actions:
        kept = action.get(_PLACE)
        if kept is not None and len(kept) == 16:
            return np.array(kept, dtype=np.float64).reshape(4, 4)
    return None
