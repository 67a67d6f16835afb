"""The rigs of the tests as armatures in Blender."""

from __future__ import annotations

import bpy
from mathutils import Matrix

from blender_pose3d.blender.armature import editing
from blender_pose3d.retarget import RestPose
from tests.rig_makers import rigs

# Every one that `make` makes.
NAMES = rigs.NAMES


def make(name: str) -> bpy.types.Object:
    """An armature object of this name, linked to the scene, in its rest pose. See ``rigs.mapping`` for roles.

    ``rigify_generated`` is what Rigify itself makes, with constraints and drivers: it takes some seconds.
    """
    if name in rigs.CONTROLS:
        return generate_rigify()
    return armature_of(rigs.rest(name), name)


def armature_of(rest: RestPose, name: str = "Rig") -> bpy.types.Object:
    """An armature object with this rest pose."""
    data = bpy.data.armatures.new(name)
    armature = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(armature)
    armature.matrix_world = Matrix(rest.world)
    with editing(armature):
        made = [data.edit_bones.new(bone) for bone in rest.names]
        for i, bone in enumerate(made):
            bone.head, bone.tail = (0, 0, 0), (0, float(rest.lengths[i]), 0)
            bone.matrix = Matrix(rest.matrices[i])
        for i, bone in enumerate(made):
            if rest.parents[i] >= 0:
                bone.parent = made[rest.parents[i]]
                gap = (bone.head - bone.parent.tail).length
                bone.use_connect = bool(rest.connected[i]) and gap < 1e-4 * bone.length
            bone.use_inherit_rotation = bool(rest.inherit_rotation[i])
            bone.use_local_location = bool(rest.local_location[i])
    for pose_bone in armature.pose.bones:
        pose_bone.rotation_mode = "QUATERNION"
    return armature


def generate_rigify() -> bpy.types.Object:
    """The rig that Rigify generates from its human metarig."""
    import addon_utils

    addon_utils.enable("rigify", default_set=True)
    try:
        bpy.ops.object.armature_human_metarig_add()
        metarig = bpy.context.object
        before = set(bpy.data.objects)
        bpy.ops.pose.rigify_generate()
        (made,) = (o for o in bpy.data.objects if o.type == "ARMATURE" and o not in before)
        bpy.data.objects.remove(metarig)
    finally:
        # left enabled, it keeps the process from ending
        addon_utils.disable("rigify", default_set=True)
    return made
