"""What Blender makes of a pose in each frame, as fast as it can be had.

A scene with a character's meshes takes milliseconds a frame. Armatures that only play their keys are worked
out from these; others are evaluated in a scene of their own, without meshes. Either way the scene itself is
asked in some of the frames, and in all of them where it does not agree.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from .plain_pose import plain_pose
from .scene import sample_pose

# Frames in which the scene itself is asked; clips that have no more of them are asked in all.
_ASKED = 6
# How far from Blender's a place may be, as a part of the skeleton's size, and an element of a turned axis.
_SAME = 1e-5

_Sampled = tuple[np.ndarray, np.ndarray]


def poses_of(armature: bpy.types.Object, frames: range) -> _Sampled:
    """As ``sample_pose``: (T, 4, 4) and (T, B, 4, 4) matrices of an armature over frames of the scene."""
    if len(frames) <= _ASKED:
        return sample_pose(armature, frames)
    asked = np.unique(np.linspace(0, len(frames) - 1, _ASKED).round().astype(int))
    told = sample_pose(armature, [frames[i] for i in asked])
    ways: tuple[Callable[[], _Sampled | None], ...] = (
        lambda: _played(armature, frames, told[0]),
        lambda: _alone(armature, frames),
    )
    for way in ways:
        found = way()
        if found is not None and _agree(found[0][asked], told[0]) and _agree(found[1][asked], told[1]):
            return found
    return sample_pose(armature, frames)


def _played(armature: bpy.types.Object, frames: range, worlds: np.ndarray) -> _Sampled | None:
    poses = plain_pose(armature, frames)
    return None if poses is None else (np.tile(worlds[0], (len(frames), 1, 1)), poses)


def _alone(armature: bpy.types.Object, frames: range) -> _Sampled:
    window, before = bpy.context.window, bpy.context.scene
    scene = bpy.data.scenes.new("Pose3D")
    try:
        for name in ("fps", "fps_base", "frame_map_old", "frame_map_new"):
            setattr(scene.render, name, getattr(before.render, name))
        scene.collection.objects.link(armature)
        window.scene = scene
        return sample_pose(armature, frames)
    finally:
        window.scene = before
        bpy.data.scenes.remove(scene)


def _agree(found: np.ndarray, told: np.ndarray) -> bool:
    size = max(float(np.ptp(told[..., :3, 3].reshape(-1, 3), axis=0).max()), 1.0)
    off = np.abs(found - told)
    lengths = np.linalg.norm(told[..., :3, :3], axis=-2, keepdims=True).clip(1e-12)
    return bool((off[..., :3, :3] <= _SAME * lengths).all() and (off[..., :3, 3] <= _SAME * size).all())
