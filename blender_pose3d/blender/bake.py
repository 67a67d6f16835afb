"""An Animation becomes an Action: keys on the mapped bones, in each bone's own rotation mode."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import bpy
import numpy as np

from ..bake_settings import BakeSettings
from ..channels import quaternions_from_euler
from ..key_reduction import Keys, distance_error, every_frame, reduce_keys, rotation_error
from ..retarget import Animation
from ..rig_files import Properties
from .actions import CurveMaker, assign, empty_action, set_keys
from .channels import Channels, location_channels, rotation_channels
from .layers import lay_over
from .object_path import keep_place, object_channels, stand_again
from .switches import key_switches


def bake(
    armature: bpy.types.Object,
    animation: Animation,
    *,
    name: str,
    start: int = 1,
    settings: BakeSettings | None = None,
    travel: np.ndarray | None = None,
    switches: Properties | None = None,
) -> bpy.types.Action:
    """Key an animation on an armature as a new Action, active or as a layer over the others; returns it.

    Frame 0 of the animation lands on frame ``start`` of the scene. travel: (T, 4, 4) world transforms of the
    armature's object from where it stands, if it moves. switches: properties of the rig that make the moved
    bones drive it, keyed with them. Of the settings count layer and key reduction.
    Locked channels are left alone. Under a new action, location and scale of the moved bones, and of the
    bones above them, go back to rest where nothing keys or locks them: what an earlier pose left there would
    bend the result. Raises ValueError for bones the armature does not have.
    """
    settings = settings or BakeSettings()
    moved = list(dict.fromkeys([*animation.bone_names, *animation.locations]))
    gone = [bone for bone in moved if bone not in armature.pose.bones]
    if gone:
        raise ValueError(f"The armature {armature.name} has no bone called {', '.join(gone)}.")
    of_object = [] if travel is None else object_channels(armature, travel)
    layered = settings.layer != "new" and armature.animation_data is not None and _animated(armature)
    if not layered:
        stand_again(armature)
        _clear_leftovers(armature, moved, set(animation.bone_names), set(animation.locations))
    action, slot, make = empty_action(armature, name)
    for channels in chain(_channels(armature, animation), of_object):
        _key(make, channels, start, settings, armature)
    key_switches(make, armature, switches or {}, animation.frames, start)
    if of_object:
        keep_place(armature, action)
    if layered:
        lay_over(armature, action, slot, settings.layer)
    else:
        assign(armature, action, slot)
    armature.update_tag()
    return action


def _channels(armature: bpy.types.Object, animation: Animation) -> Iterator[Channels]:
    bones = armature.pose.bones
    for index, bone in enumerate(animation.bone_names):
        yield rotation_channels(bones[bone], animation.rotations[:, index])
    for bone, location in animation.locations.items():
        yield location_channels(bones[bone], location)


def _key(
    make: CurveMaker, channels: Channels, start: int, settings: BakeSettings, armature: bpy.types.Object
) -> None:
    if not channels.keyed:
        return
    keys = (
        _reduced(channels, settings, armature)
        if settings.reduce is not None
        else every_frame(channels.values)
    )
    for axis in channels.keyed:
        set_keys(make(channels.path, axis, channels.group), keys, axis, start)


def _reduced(channels: Channels, settings: BakeSettings, armature: bpy.types.Object) -> Keys:
    bezier = settings.curve == "bezier"
    if channels.mode == "LOCATION":
        metres = armature.matrix_world.median_scale if channels.group != channels.OBJECT else 1.0
        bound = settings.reduce_location / 1000 / max(metres, 1e-9)
        return reduce_keys(channels.values, bound, distance_error, bezier=bezier)

    def error(curve: np.ndarray, true: np.ndarray) -> np.ndarray:
        return rotation_error(_quaternions(curve, channels.mode), _quaternions(true, channels.mode))

    return reduce_keys(channels.values, settings.reduce, error, bezier=bezier)


def _quaternions(values: np.ndarray, mode: str) -> np.ndarray:
    if mode == "QUATERNION":
        return values
    if mode != "AXIS_ANGLE":
        return quaternions_from_euler(values, mode)
    half = values[:, :1] / 2
    axis = values[:, 1:] / np.maximum(np.linalg.norm(values[:, 1:], axis=-1, keepdims=True), 1e-12)
    return np.concatenate([np.cos(half), np.sin(half) * axis], axis=1)


def _animated(armature: bpy.types.Object) -> bool:
    data = armature.animation_data
    return data.action is not None or len(data.nla_tracks) > 0


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


def _unless_locked(values: Any, locks: Any, rest: float) -> list[float]:
    return [value if lock else rest for value, lock in zip(values, locks, strict=True)]
