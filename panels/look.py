"""Look: the captured motion before it is baked, its footage, and how good it is."""

from __future__ import annotations

import bpy

from ..operators import live_state as live
from ..operators.look import POSE3D_OT_mark_worst, POSE3D_OT_open_report, POSE3D_OT_show_footage
from ..operators.shared import NO_MOTION
from .parts import Part, letters_of, properties, wrapped

_ICONS = {"good": "CHECKMARK", "fair": "ERROR", "poor": "CANCEL"}


class POSE3D_PT_look(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_look"
    bl_label = "Preview"
    bl_order = 40

    def draw(self, context: bpy.types.Context) -> None:
        layout = properties(self)
        scene = context.scene
        reason = "" if scene.pose3d.tracks else NO_MOTION
        column = layout.column(align=True)
        column.enabled, column.use_property_split = not reason, False
        column.prop(scene.pose3d_look, "skeleton", icon="ARMATURE_DATA", toggle=True)
        column.operator(POSE3D_OT_show_footage.bl_idname, icon="CAMERA_DATA", depress=live.has_footage(scene))
        column.operator(POSE3D_OT_mark_worst.bl_idname, icon="MARKER_HLT", depress=live.has_markers(scene))
        if not live.has_footage(scene):
            layout.prop(scene.pose3d_look, "footage")
        if reason:
            wrapped(layout, reason, "INFO", letters_of(context))
        elif live.wanted(scene) and live.state.message:
            wrapped(layout, live.state.message, "ERROR", letters_of(context))


class POSE3D_PT_report(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_report"
    bl_label = "Quality"
    bl_parent_id = "POSE3D_PT_look"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        look = context.scene.pose3d_look
        ready = bool(context.scene.pose3d.tracks)
        row = layout.row()
        row.enabled = ready
        row.prop(look, "report", toggle=True, icon="VIEWZOOM")
        row.operator(POSE3D_OT_open_report.bl_idname, icon="URL")
        if not (ready and live.wanted(context.scene) and live.state.rows):
            return
        split = layout.split(factor=0.58)
        titles, raw, now = split.column(align=True), *_halves(split)
        for column, text in ((titles, ""), (raw, "Before"), (now, "Now")):
            column.label(text=text)
        for title, before, after, grade in live.state.rows:
            titles.label(text=title, icon=_ICONS.get(grade, "BLANK1"))
            raw.label(text=before, translate=False)
            line = now.row()
            line.alert = grade == "poor"
            line.label(text=after, translate=False)
        wrapped(layout, live.state.verdict, "INFO", letters_of(context))


def _halves(split: bpy.types.UILayout) -> tuple[bpy.types.UILayout, bpy.types.UILayout]:
    inner = split.split(factor=0.42)
    return inner.column(align=True), inner.column(align=True)


CLASSES = (POSE3D_PT_look, POSE3D_PT_report)
