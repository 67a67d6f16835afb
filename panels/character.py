"""Character: the armature to animate, which rig it is, and its bone map."""

from __future__ import annotations

import bpy

from ..operators.bone_map import (
    POSE3D_OT_forget_bone_map,
    POSE3D_OT_load_bone_map,
    POSE3D_OT_save_bone_map,
)
from .parts import Part, found, letters_of, properties


class POSE3D_PT_character(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_character"
    bl_label = "Character"
    bl_order = 50

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.pose3d
        column = properties(self).column()
        column.prop(settings, "armature", placeholder="New Armature", icon="ARMATURE_DATA")
        found(column, settings.rig_info, settings.rig_problem, letters_of(context))
        if settings.armature is not None:
            row = column.row(align=True)
            row.operator(POSE3D_OT_load_bone_map.bl_idname, icon="IMPORT")
            row.operator(POSE3D_OT_save_bone_map.bl_idname, icon="EXPORT")
            row.operator(POSE3D_OT_forget_bone_map.bl_idname, text="", icon="X")


CLASSES = (POSE3D_PT_character,)
