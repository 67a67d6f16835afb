"""All of the open file that a refused bake must leave as it was, as one comparable value."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from tests.blender.test_bake_options import curves_hash, shape_hash

_KINDS = (
    "objects",
    "armatures",
    "meshes",
    "materials",
    "actions",
    "collections",
    "scenes",
    "texts",
    "images",
)


def file_state() -> dict[str, Any]:
    """Names of all data, and what objects, bones, actions and scenes hold."""
    found: dict[str, Any] = {kind: sorted(item.name for item in getattr(bpy.data, kind)) for kind in _KINDS}
    found["object data"] = {one.name: _object(one) for one in bpy.data.objects}
    found["curves"] = {action.name: (curves_hash(action), action.users) for action in bpy.data.actions}
    found["scene data"] = {scene.name: _scene(scene) for scene in bpy.data.scenes}
    active = bpy.context.view_layer.objects.active
    return {**found, "active": active and active.name, "mode": bpy.context.mode}


def _object(one: bpy.types.Object) -> dict[str, Any]:
    data = one.animation_data
    found = {
        "place": np.array(one.matrix_basis).round(6).tolist(),
        "parent": one.parent and one.parent.name,
        "hidden": (one.hide_viewport, one.hide_render),
        "own": {key: str(value) for key, value in one.items()},
        "constraints": [(c.type, c.mute) for c in one.constraints],
        "action": data and data.action and data.action.name,
        "layers": [strip.name for track in data.nla_tracks for strip in track.strips] if data else None,
    }
    if one.type == "ARMATURE":
        found["shape"] = shape_hash(one)
        found["shown"] = one.data.pose_position
        found["pose"] = {bone.name: _bone(bone) for bone in one.pose.bones}
    return found


def _bone(bone: bpy.types.PoseBone) -> tuple:
    channels = (bone.location, bone.rotation_quaternion, bone.rotation_euler, bone.scale)
    return (
        [np.array(values).round(6).tolist() for values in channels],
        bone.rotation_mode,
        [(c.type, c.mute) for c in bone.constraints],
        {key: str(value) for key, value in bone.items()},
    )


def _scene(scene: bpy.types.Scene) -> tuple:
    clock = scene.render.fps, scene.render.fps_base
    return scene.frame_start, scene.frame_end, scene.frame_current, clock, sorted(scene.objects.keys())
