"""Armature objects: reading their rest pose, and making a humanoid one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np

from ..proportions import Proportions, rest_bones
from ..retarget import RestPose
from .body import add_body


def rest_pose(armature: bpy.types.Object) -> RestPose:
    """The rest pose of an armature object. Raises ValueError for another kind of object or no bones."""
    if armature.type != "ARMATURE":
        raise ValueError(f"{armature.name} is not an armature but a {armature.type.lower()}")
    bones = _parents_first(armature.data.bones)
    if not bones:
        raise ValueError(f"armature {armature.name} has no bones")
    index = {bone.name: i for i, bone in enumerate(bones)}
    poses = [armature.pose.bones[bone.name] for bone in bones]
    return RestPose(
        names=tuple(index),
        parents=np.array([index[b.parent.name] if b.parent else -1 for b in bones]),
        matrices=np.array([b.matrix_local for b in bones], dtype=np.float64),
        lengths=np.array([b.length for b in bones], dtype=np.float64),
        world=np.array(armature.matrix_world, dtype=np.float64),
        connected=np.array([b.use_connect for b in bones]),
        inherit_rotation=np.array([b.use_inherit_rotation for b in bones]),
        local_location=np.array([b.use_local_location for b in bones]),
        locked=np.array([tuple(p.lock_rotation) for p in poses]),
        orders=tuple(p.rotation_mode for p in poses),
        locked_location=np.array([tuple(p.lock_location) for p in poses]),
    )


def _parents_first(bones: bpy.types.ArmatureBones) -> list[bpy.types.Bone]:
    found = [bone for bone in bones if bone.parent is None]
    for bone in found:  # grows while it is walked: breadth first
        found.extend(bone.children)
    return found


def create_armature(
    name: str = "Pose3D",
    proportions: Proportions | None = None,
    collection: bpy.types.Collection | None = None,
    body: bool = True,
) -> bpy.types.Object:
    """A humanoid armature in T-pose, facing -y, feet on z = 0, with a mesh of a mannequin on it.

    proportions: the person's, from ``proportions.measure``; else an average adult of 1.70 m. collection:
    where to put it; else the view layer's active one. body: make the mesh, too. Selection, active object and
    its mode are left as they were. Raises RuntimeError when the collection is not in the view layer: bones
    are only made in edit mode.
    """
    bones = rest_bones(proportions or Proportions())
    data = bpy.data.armatures.new(name)
    armature = bpy.data.objects.new(name, data)
    (collection or bpy.context.collection).objects.link(armature)
    with editing(armature):
        for bone in bones:
            made = data.edit_bones.new(bone.name)
            made.head, made.tail = bone.head, bone.tail
            made.align_roll(bone.roll_axis)
            if bone.parent:
                made.parent = data.edit_bones[bone.parent]
                made.use_connect = bone.connected
    for pose_bone in armature.pose.bones:
        pose_bone.rotation_mode = "QUATERNION"
    data.display_type = "STICK"
    armature.show_in_front = True
    if body:
        add_body(armature, bones)
    return armature


@contextmanager
def editing(armature: bpy.types.Object) -> Iterator[None]:
    """Edit mode on one armature; mode, selection and active object come back at the end.

    ``bpy.ops.object.mode_set`` acts on the view layer's active object, in a window and in background alike,
    and refuses while that object is hidden or outside the view layer.
    """
    layer = bpy.context.view_layer
    layer.update()  # an object linked just now is not in it before
    if armature.name not in layer.objects:
        raise RuntimeError(f"{armature.name} is in a collection that the view layer leaves out")
    active, selected = layer.objects.active, [o for o in layer.objects if o.select_get()]
    mode = active.mode if active else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        yield
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        layer.objects.active = active
        for other in layer.objects:
            other.select_set(other in selected)
        if active and mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)
