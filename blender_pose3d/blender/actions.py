"""New Actions and their curves, in Blenders with slots and layers (4.4 and later) and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from ..key_reduction import Keys


def _value(name: str, item: str) -> int:
    return bpy.types.Keyframe.bl_rna.properties[name].enum_items[item].value


_LINEAR, _BEZIER = _value("interpolation", "LINEAR"), _value("interpolation", "BEZIER")
_VECTOR, _ALIGNED = _value("handle_left_type", "VECTOR"), _value("handle_left_type", "ALIGNED")

# (data path, array index, group) to an empty F-Curve
CurveMaker = Callable[[str, int, str], Any]


def empty_action(owner: bpy.types.ID, name: str) -> tuple[bpy.types.Action, Any, CurveMaker]:
    """An Action for ``owner`` that nobody uses yet, its slot (None where Blender has none), and how to make
    F-Curves in it."""
    action = bpy.data.actions.new(name)
    if not hasattr(action, "slots"):
        return action, None, _in_action(action)
    slot = action.slots.new(id_type=owner.id_type, name=owner.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return action, slot, _in_channelbag(strip.channelbag(slot, ensure=True))


def new_action(owner: bpy.types.ID, name: str) -> tuple[bpy.types.Action, CurveMaker]:
    """An Action assigned to ``owner``, and how to make F-Curves in it."""
    action, slot, make = empty_action(owner, name)
    assign(owner, action, slot)
    return action, make


def assign(owner: Any, action: bpy.types.Action, slot: Any) -> None:
    """Make an Action the active one of ``owner``.

    The action that was there before stays in the file: it gets a fake user if nobody else uses it.
    """
    data = animation_data(owner)
    previous = data.action
    data.action = action
    if slot is not None:
        data.action_slot = slot
    data.action_blend_type, data.action_influence = "REPLACE", 1.0
    if previous and previous.users == 0 and previous.library is None:
        previous.use_fake_user = True


def animation_data(owner: Any) -> bpy.types.AnimData:
    """The animation data of an object, made where there is none, and ready for another action."""
    data = owner.animation_data or owner.animation_data_create()
    if data.use_tweak_mode:
        data.use_tweak_mode = False  # while a strip is edited, Blender refuses another action
    return data


@contextmanager
def trying_out(owner: bpy.types.Object) -> Iterator[None]:
    """What is baked meanwhile is taken away again, and the active action comes back as it was."""
    data = animation_data(owner)
    before, slot = data.action, getattr(data, "action_slot", None)
    blend = data.action_blend_type, data.action_influence
    fake = before.use_fake_user if before else False
    known = set(bpy.data.actions)
    try:
        yield
    finally:
        data.action = before
        if before is not None:
            if slot is not None:
                data.action_slot = slot
            data.action_blend_type, data.action_influence = blend
            before.use_fake_user = fake
        bpy.data.batch_remove(set(bpy.data.actions) - known)


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


def set_keys(curve: Any, keys: Keys, channel: int, start: int = 0) -> None:
    """Key an empty F-Curve with one channel of Keys, whose frame 0 falls on ``start``.

    Straight from key to key, or with the slopes of the keys: handles at a third of the way, as a
    cubic in time has them.
    """
    count = len(keys.frames)
    points = curve.keyframe_points
    points.add(count)
    frames, values = keys.frames + float(start), keys.values[:, channel]
    _set_pairs(points, "co", frames, values)
    straight = keys.slopes is None
    # bytes, as Blender stores them: it copies them as they are, where integers go through it one by one
    handles = np.full(count, _VECTOR if straight else _ALIGNED, dtype=np.uint8)
    points.foreach_set("interpolation", np.full(count, _LINEAR if straight else _BEZIER, dtype=np.uint8))
    points.foreach_set("handle_left_type", handles)
    points.foreach_set("handle_right_type", handles)
    if keys.slopes is not None:
        slopes = keys.slopes[:, channel]
        gaps = np.diff(frames) / 3
        before, after = np.r_[gaps[:1], gaps], np.r_[gaps, gaps[-1:]]
        _set_pairs(points, "handle_left", frames - before, values - before * slopes)
        _set_pairs(points, "handle_right", frames + after, values + after * slopes)
    curve.update()


def _set_pairs(points: Any, name: str, frames: np.ndarray, values: np.ndarray) -> None:
    points.foreach_set(name, np.column_stack([frames, values]).astype(np.float32).ravel())


def curves_of(action: bpy.types.Action, owner: bpy.types.Object) -> list[bpy.types.FCurve]:
    """The F-Curves by which an action drives an object, in any version of Blender."""
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    slot = owner.animation_data.action_slot if owner.animation_data else None
    bags = [strip.channelbag(slot) for layer in action.layers for strip in layer.strips] if slot else []
    return [curve for bag in bags if bag for curve in bag.fcurves]
