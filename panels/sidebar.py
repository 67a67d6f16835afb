"""The Pose3D tab of the 3D view's sidebar: the panel that the parts hang in, in the order of the work."""

from __future__ import annotations

import bpy

from ..operators.loading import LOADED


class POSE3D_PT_sidebar(bpy.types.Panel):
    bl_idname = "POSE3D_PT_sidebar"
    bl_label = "Pose3D"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"

    def draw(self, context: bpy.types.Context) -> None:
        """The parts draw themselves."""
        if not LOADED.done():
            self.layout.label(text="Loading ...", icon="TIME")


CLASSES = (POSE3D_PT_sidebar,)
