"""The Pose3D tab of the 3D view's sidebar."""

from __future__ import annotations

import bpy

from ..operators.fit_tracks import POSE3D_OT_fit_tracks


class POSE3D_PT_sidebar(bpy.types.Panel):
    bl_idname = "POSE3D_PT_sidebar"
    bl_label = "Pose3D"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"

    def draw(self, context: bpy.types.Context) -> None:
        active = context.active_object
        has_armature = active is not None and active.type == "ARMATURE"
        column = self.layout.column()
        column.label(
            text=active.name if active and has_armature else "No armature active: one is made",
            icon="ARMATURE_DATA",
            translate=not has_armature,
        )
        column.operator(POSE3D_OT_fit_tracks.bl_idname, icon="ANIM")
