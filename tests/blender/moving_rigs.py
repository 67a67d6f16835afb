"""Armatures that move, without tracks and fit: swinging bones, known in every frame."""

import bpy
import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.blender.armature import create_armature
from blender_pose3d.retarget import Animation

_MIXAMO = {
    "hips": "Hips", "spine": "Spine", "chest": "Spine2", "neck": "Neck", "head": "Head",
    "shoulder": "Shoulder", "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand",
    "thigh": "UpLeg", "shin": "Leg", "foot": "Foot", "toe": "ToeBase",
}  # fmt: skip


def generated() -> bpy.types.Object:
    return create_armature("Walker")


def mixamo() -> bpy.types.Object:
    """Mixamo's names, and its object transform: a hundredth in size and turned on its back."""
    armature = create_armature("Mixamo", body=False)
    for bone in armature.data.bones:
        part, _, side = bone.name.partition(".")
        prefix = {"L": "Left", "R": "Right", "": ""}[side]
        bone.name = f"mixamorig:{prefix}{_MIXAMO.get(part, part)}"
    armature.data.transform(_matrix(90, 100).inverted() @ _matrix(0, 10000))
    armature.matrix_world = _matrix(90, 0.01)
    bpy.context.view_layer.update()
    return armature


def _matrix(degrees: float, scale: float):
    from mathutils import Matrix

    return Matrix.Rotation(np.radians(degrees), 4, "X") @ Matrix.Scale(scale, 4)


def swinging(armature: bpy.types.Object, frames: int = 40, fps: float = 30.0, size: float = 1.0) -> Animation:
    """Every bone swings about its own axis by up to 80°, the first root bone also moves."""
    names = tuple(bone.name for bone in armature.data.bones)
    random = np.random.default_rng(7)
    axes = random.normal(size=(len(names), 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    phase = random.uniform(0, 6, len(names))
    time = np.arange(frames)[:, None] / fps
    angle = np.radians(80) * size * np.sin(2.5 * time + phase)
    xyzw = Rotation.from_rotvec((angle[..., None] * axes).reshape(-1, 3)).as_quat()
    quaternions = np.roll(xyzw, 1, axis=-1).reshape(frames, len(names), 4)
    root = next(bone for bone in armature.data.bones if bone.parent is None)
    unit = 1 / armature.matrix_world.median_scale
    way = np.hstack([0.4 * time, 0.1 * np.sin(5 * time), -0.3 * time]) * unit
    return Animation(fps, names, quaternions, {root.name: way})
