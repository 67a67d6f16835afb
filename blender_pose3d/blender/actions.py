"""New Actions, in Blenders with slots and layers (4.4 and later) and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np

_LINEAR = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value

# (data path, array index, group) to an empty F-Curve
CurveMaker = Callable[[str, int, str], Any]


def new_action(owner: bpy.types.Object, name: str) -> tuple[bpy.types.Action, CurveMaker]:
    """An Action assigned to ``owner``, and how to make F-Curves in it.

    The action that was there before stays in the file: it gets a fake user if nobody else uses it.
    """
    data = owner.animation_data or owner.animation_data_create()
    if data.use_tweak_mode:
        data.use_tweak_mode = False  # while a strip is edited, Blender refuses another action
    previous = data.action
    action = bpy.data.actions.new(name)
    if hasattr(action, "slots"):
        slot = action.slots.new(id_type="OBJECT", name=owner.name)
        strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
        make = _in_channelbag(strip.channelbag(slot, ensure=True))
        data.action = action
        data.action_slot = slot
    else:
        make = _in_action(action)
        data.action = action
    data.action_blend_type, data.action_influence = "REPLACE", 1.0
    if previous and previous.users == 0 and previous.library is None:
        previous.use_fake_user = True
    return action, make


def _in_channelbag(bag: Any) -> CurveMaker:
    def make(path: str, index: int, group: str) -> Any:
        curve = bag.fcurves.new(path, index=index)
        curve.group = bag.groups.get(group) or bag.groups.new(group)
        return curve

    return make


def _in_action(action: bpy.types.Action) -> CurveMaker:
    def make(path: str, index: int, group: str) -> Any:
        return action.fcurves.new(path, index=index, action_group=group)

    return make


def set_keys(curve: Any, frames: np.ndarray, values: np.ndarray) -> None:
    """Key an empty F-Curve at frames (T,) with values (T,), straight from key to key."""
    points = curve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(len(frames), _LINEAR, dtype=np.int32))
    curve.update()


def curves_of(action: bpy.types.Action, owner: bpy.types.Object) -> list[bpy.types.FCurve]:
    """The F-Curves by which an action drives an object, in any version of Blender."""
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    slot = owner.animation_data.action_slot if owner.animation_data else None
    bags = [strip.channelbag(slot) for layer in action.layers for strip in layer.strips] if slot else []
    return [curve for bag in bags if bag for curve in bag.fcurves]
