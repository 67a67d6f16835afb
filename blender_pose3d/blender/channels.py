"""Rotations and places as properties of a pose bone or an object: its rotation mode, its locks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import bpy
import numpy as np

from ..channels import axis_angles, euler_angles, quaternions_from_euler
from ..rotations import continuous


@dataclass(frozen=True)
class Channels:
    """One property over time. path: its data path. values: (T, C). keyed: those of the C that get keys.

    mode: LOCATION, QUATERNION, AXIS_ANGLE or an Euler order. group: of the F-Curves, the bone's name.
    """

    OBJECT: ClassVar[str] = "Object Transforms"

    path: str
    values: np.ndarray
    keyed: list[int]
    mode: str
    group: str


def rotation_channels(owner: bpy.types.PoseBone | bpy.types.Object, quaternions: np.ndarray) -> Channels:
    """What rotates a bone or an object by quaternions wxyz (T, 4)."""
    locks, mode = np.array(owner.lock_rotation), owner.rotation_mode
    if mode not in ("QUATERNION", "AXIS_ANGLE"):
        angles = euler_angles(quaternions, mode)
        return _channels(owner, "rotation_euler", angles, np.flatnonzero(~locks).tolist(), mode)
    by_component = owner.lock_rotations_4d
    if locks.all() and (owner.lock_rotation_w or not by_component):
        keyed: list[int] = []
    elif by_component:
        keyed = np.flatnonzero(~np.array([owner.lock_rotation_w, *locks])).tolist()
    else:
        keyed = [0, 1, 2, 3]
        if locks.any():
            quaternions = _hold_locked(owner, quaternions, locks)
    if mode == "QUATERNION":
        return _channels(owner, "rotation_quaternion", quaternions, keyed, mode)
    return _channels(owner, "rotation_axis_angle", axis_angles(quaternions), keyed, mode)


def location_channels(owner: bpy.types.PoseBone | bpy.types.Object, places: np.ndarray) -> Channels:
    """What moves a bone or an object to places (T, 3) of its location property."""
    keyed = np.flatnonzero(~np.array(owner.lock_location)).tolist()
    return _channels(owner, "location", places, keyed, "LOCATION")


def _channels(
    owner: bpy.types.PoseBone | bpy.types.Object, name: str, values: np.ndarray, keyed: list[int], mode: str
) -> Channels:
    if isinstance(owner, bpy.types.Object):
        return Channels(name, values, keyed, mode, Channels.OBJECT)
    return Channels(owner.path_from_id(name), values, keyed, mode, owner.name)


def _hold_locked(
    owner: bpy.types.PoseBone | bpy.types.Object, quaternions: np.ndarray, locks: np.ndarray
) -> np.ndarray:
    """Quaternions (T, 4) whose Euler angles about locked axes are the owner's own, as Blender's tools do."""
    angles = euler_angles(quaternions, "XYZ")
    now = np.array(owner.matrix_basis.to_quaternion())
    angles[:, locks] = euler_angles(now[None], "XYZ")[:, locks]
    return continuous(quaternions_from_euler(angles, "XYZ"))
