"""The clip of an export: joints, and the shape keys that move with them."""

from __future__ import annotations

import bpy
import numpy as np

from ..joint_clip import JointClip, joint_clip
from ..joint_motion import JointMotion
from .export_meshes import meshes_of
from .export_shapes import shape_motion
from .scene import frame_rate


def clip_of(
    armature: bpy.types.Object, motion: JointMotion, axes: np.ndarray, name: str, *, meshes: bool
) -> JointClip:
    """A motion over the scene's frame range in a file's space, with the shape keys of the meshes or without.

    axes: (4, 4) from Blender's world to the file's space.
    """
    scene = bpy.context.scene
    frames = range(scene.frame_start, scene.frame_end + 1)
    shapes = shape_motion(meshes_of(armature) if meshes else [], frames)
    return joint_clip(motion, axes, name, frame_rate(scene), shapes)
