"""Motion: which tracks, whose, and how they are smoothed and put into the room."""

from __future__ import annotations

import bpy

from ..operators.motion_properties import CLEANING, SMOOTHING
from ..operators.open_motion import POSE3D_OT_open_motion, reading
from ..operators.settings import CONTACTS
from ..operators.shared import translated
from .parts import Part, found, letters_of, properties, wrapped
from .presets import POSE3D_PT_motion_presets


class POSE3D_PT_motion(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_motion"
    bl_label = "Motion"
    bl_order = 30

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        POSE3D_PT_motion_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        layout = properties(self)
        settings = context.scene.pose3d
        column = layout.column()
        if settings.tracks:
            column.prop(settings, "tracks")
        else:
            column.operator(POSE3D_OT_open_motion.bl_idname, text="Open Motion File...", icon="FILEBROWSER")
            wrapped(column, "Or capture a video above.", "INFO", letters_of(context))
        column = column.column()
        column.active = bool(settings.tracks)
        busy = reading(context.scene)
        if busy:
            wrapped(column, translated("Reading {busy} ...", busy=busy), "TIME", letters_of(context))
        found(column, settings.tracks_info, settings.tracks_problem, letters_of(context))
        row = column.row()
        row.active = settings.people != 1
        row.prop(settings, "person")
        row = column.row()
        row.active = settings.armature is None
        row.prop(settings, "height")
        column.prop(settings, "smoothing", slider=True)


class POSE3D_PT_smoothing(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_smoothing"
    bl_label = "Smoothing by Part"
    bl_parent_id = "POSE3D_PT_motion"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = properties(self)
        for names in (SMOOTHING, CLEANING):
            column = layout.column()
            for name in names:
                column.prop(context.scene.pose3d, name)


class POSE3D_PT_camera(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_camera"
    bl_label = "Camera"
    bl_parent_id = "POSE3D_PT_motion"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = properties(self)
        settings = context.scene.pose3d
        layout.prop(settings, "find_camera")
        column = layout.column()
        column.active = not settings.find_camera
        column.prop(settings, "camera_tilt")
        column.prop(settings, "camera_roll")
        layout.prop(settings, "know_lens")
        column = layout.column()
        column.active = settings.know_lens
        column.prop(settings, "lens")


class POSE3D_PT_contacts(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_contacts"
    bl_label = "Feet and Hands"
    bl_parent_id = "POSE3D_PT_motion"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        column = properties(self).column()
        for name in CONTACTS:
            column.prop(context.scene.pose3d, name)


CLASSES = (POSE3D_PT_motion, POSE3D_PT_smoothing, POSE3D_PT_camera, POSE3D_PT_contacts)
