"""Shape keys over time: smiles, and the corrections that drivers make where joints bend."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ..joint_clip import ShapeMotion


def shape_motion(meshes: Sequence[bpy.types.Object], frames: range) -> ShapeMotion:
    """Values of the shape keys that are animated or driven, as Blender evaluates them in frames of the scene.

    Where no mesh has such keys, nothing is evaluated. The scene comes back to its frame.
    """
    moving = [mesh for mesh in meshes if mesh.data.shape_keys and _animated(mesh.data.shape_keys)]
    if not moving:
        return {}
    scene = bpy.context.scene
    before = scene.frame_current
    rows: list[list[np.ndarray]] = []
    for frame in frames:
        scene.frame_set(frame)
        rows.append([_values(mesh) for mesh in moving])
    scene.frame_set(before)
    return {
        (mesh.name, key.name): np.array([row[m][k] for row in rows], dtype=np.float64)
        for m, mesh in enumerate(moving)
        for k, key in enumerate(mesh.data.shape_keys.key_blocks)
    }


def settle_shapes(meshes: Sequence[bpy.types.Object], motion: ShapeMotion) -> None:
    """Take the animation off shape keys of copies, and leave those that move at zero, as bones at rest."""
    for mesh in meshes:
        keys = mesh.data.shape_keys
        if keys and _animated(keys):
            keys.animation_data_clear()
            for key in keys.key_blocks:
                values = motion.get((mesh.name, key.name))
                if values is not None and np.ptp(values) > 0:
                    key.value = 0.0


def _animated(keys: bpy.types.Key) -> bool:
    data = keys.animation_data
    return bool(data and (data.action or len(data.drivers) or len(data.nla_tracks)))


def _values(mesh: bpy.types.Object) -> np.ndarray:
    blocks = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.shape_keys.key_blocks
    values = np.empty(len(blocks), dtype=np.float32)
    blocks.foreach_get("value", values)
    return values
