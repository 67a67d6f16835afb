"""The part of the sidebar about keys: time, root, layers, the rig's controls."""

from __future__ import annotations

import bpy

from ..operators.bake_properties import draw_keys


class POSE3D_PT_keys(bpy.types.Panel):
    bl_idname = "POSE3D_PT_keys"
    bl_label = "Keys and Root Motion"
    bl_parent_id = "POSE3D_PT_sidebar"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_keys(layout, context.scene.pose3d)
