"""Export: what the file is for, where it goes, and the button."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..operators.export_motion import POSE3D_OT_export_motion, clip_name, target, why_not
from ..operators.export_properties import EXPORT, shown
from ..operators.shared import translated
from .parts import Part, letters_of, properties, wrapped
from .presets import POSE3D_PT_export_presets


class POSE3D_PT_export(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_export"
    bl_label = "Export"
    bl_order = 70
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        POSE3D_PT_export_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = properties(self), context.scene.pose3d_export
        armature, letters = context.scene.pose3d.armature, letters_of(context)
        column = layout.column()
        column.prop(settings, "preset")
        column.prop(settings, "folder")
        named = clip_name(settings, armature) if armature else "Action"
        column.prop(settings, "file_name", placeholder=named)
        for name in shown(settings):
            column.prop(settings, name)
        reason = why_not(context, settings)
        path = None if reason else target(settings, armature)
        row = layout.row()
        row.scale_y = 1.4
        row.enabled = not reason
        text = translated("Export {name}", name=path.name) if path else "Export"
        button = row.operator(
            POSE3D_OT_export_motion.bl_idname, text=text, icon="EXPORT", translate=path is None
        )
        for name in EXPORT:
            setattr(button, name, getattr(settings, name))
        if reason:
            wrapped(layout, reason, "INFO", letters)
        if settings.written:
            draw_written(layout, Path(settings.written), letters)


def draw_written(layout: bpy.types.UILayout, written: Path, letters: int) -> None:
    """What was written last, and a way to it."""
    wrapped(layout, translated("Written: {name}", name=written.name), "CHECKMARK", letters)
    layout.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = str(written.parent)


CLASSES = (POSE3D_PT_export,)
