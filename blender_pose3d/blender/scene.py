"""The scene around an animation: its clock, and what Blender makes of the pose in each frame."""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np

_NTSC = 1.001  # 30000/1001 and its relatives


def set_frame_rate(scene: bpy.types.Scene, fps: float) -> None:
    """Set a scene's clock; fractions by ``fps_base``: 29.97 becomes 30 / 1.001. Raises ValueError below 0."""
    if not 0 < fps <= 32767:
        raise ValueError(f"{fps:g} frames a second is no frame rate of a scene.")
    whole = max(round(fps), 1)
    base = whole / fps
    scene.render.fps = whole
    scene.render.fps_base = _NTSC if abs(base - _NTSC) < 2e-5 else base


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames a second of a scene."""
    return scene.render.fps / scene.render.fps_base


def set_range(scene: bpy.types.Scene, start: int, frames: int) -> None:
    """Make a scene play ``frames`` frames from ``start``, and go there."""
    scene.frame_start, scene.frame_end = start, start + frames - 1
    scene.frame_set(start)


def sample_pose(armature: bpy.types.Object, frames: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """World matrices (T, 4, 4) of an armature object and armature-space matrices (T, B, 4, 4) of its bones.

    As Blender evaluates them, constraints and drivers included; B in the order of ``pose.bones``. The scene
    comes back to its frame.
    """
    scene = bpy.context.scene
    before = scene.frame_current
    bones = np.empty(16 * len(armature.pose.bones), dtype=np.float32)
    worlds, poses = [], []
    for frame in frames:
        scene.frame_set(frame)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        evaluated.pose.bones.foreach_get("matrix", bones)
        poses.append(bones.reshape(-1, 4, 4).swapaxes(-1, -2).astype(np.float64))
        worlds.append(np.array(evaluated.matrix_world, dtype=np.float64))
    scene.frame_set(before)
    return np.array(worlds), np.array(poses)
