"""The Pose3D tab of the 3D view's sidebar."""

from __future__ import annotations

import textwrap

import bpy

from ..operators.bake_properties import BAKE
from ..operators.fit_tracks import POSE3D_OT_fit_tracks, cannot_be_animated
from ..operators.motion_properties import CLEANING, MOTION, SMOOTHING
from ..operators.settings import CONTACTS, POSE3D_PG_settings

_LETTER = 6.4  # pixels of the interface font, about, at a scale of 1
_MARGIN = 60  # pixels a line of text cannot use: icon, tabs, borders


class POSE3D_PT_sidebar(bpy.types.Panel):
    bl_idname = "POSE3D_PT_sidebar"
    bl_label = "Pose3D"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.pose3d
        letters = _letters(context)

        column = layout.column()
        column.prop(settings, "tracks")
        _found(column, settings.tracks_info, settings.tracks_problem, letters)
        row = column.row()
        row.active = settings.people != 1
        row.prop(settings, "person")

        column = layout.column()
        column.prop(settings, "armature", placeholder="New Armature", icon="ARMATURE_DATA")
        _found(column, settings.rig_info, settings.rig_problem, letters)
        row = column.row()
        row.active = settings.armature is None
        row.prop(settings, "height")
        column.prop(settings, "smoothing", slider=True)

        reason = why_not(context)
        self._button(settings, reason)
        for text in [reason] if reason else settings.notes.splitlines():
            _wrapped(layout, text, "INFO", letters)

    def _button(self, settings: POSE3D_PG_settings, reason: str) -> None:
        armature = settings.armature
        row = self.layout.row()
        row.scale_y = 1.4
        row.enabled = not reason
        button = row.operator(
            POSE3D_OT_fit_tracks.bl_idname,
            text=f"Animate {armature.name}" if armature else "Animate New Armature",
            icon="ANIM",
            translate=armature is None,
        )
        button.filepath = settings.tracks
        button.armature = armature.name if armature else ""
        button.new_armature = armature is None
        button.person, button.height = settings.person, settings.height
        button.smoothing = settings.smoothing
        for name in (*MOTION, *CONTACTS, *BAKE):
            setattr(button, name, getattr(settings, name))


class POSE3D_PT_smoothing(bpy.types.Panel):
    bl_idname = "POSE3D_PT_smoothing"
    bl_label = "Smoothing by Part"
    bl_parent_id = "POSE3D_PT_sidebar"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        for name in SMOOTHING:
            column.prop(context.scene.pose3d, name)
        column = layout.column()
        for name in CLEANING:
            column.prop(context.scene.pose3d, name)


class POSE3D_PT_camera(bpy.types.Panel):
    bl_idname = "POSE3D_PT_camera"
    bl_label = "Camera"
    bl_parent_id = "POSE3D_PT_sidebar"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
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


class POSE3D_PT_contacts(bpy.types.Panel):
    bl_idname = "POSE3D_PT_contacts"
    bl_label = "Feet and Hands"
    bl_parent_id = "POSE3D_PT_sidebar"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        for name in CONTACTS:
            column.prop(context.scene.pose3d, name)


def why_not(context: bpy.types.Context) -> str:
    """Why the button is greyed out; empty if it is not."""
    settings = context.scene.pose3d
    if context.mode not in {"OBJECT", "POSE"}:
        return "Go to Object Mode or Pose Mode first."
    if not settings.tracks:
        return "Choose a tracks file first."
    if settings.people and settings.person > settings.people:
        return f"There is no person {settings.person} in these tracks."
    return cannot_be_animated(context, settings.armature) if settings.armature else ""


def _found(layout: bpy.types.UILayout, info: str, problem: str, letters: int) -> None:
    if problem:
        _wrapped(layout, problem, "ERROR", letters)
    elif info:
        _wrapped(layout, info, "CHECKMARK", letters)


def _wrapped(layout: bpy.types.UILayout, text: str, icon: str, letters: int) -> None:
    """Text over as many lines as it needs: a label cuts it off. ERROR is drawn in red."""
    column = layout.column(align=True)
    column.alert = icon == "ERROR"
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon="BLANK1" if number else icon, translate=False)


def _letters(context: bpy.types.Context) -> int:
    """How many letters fit into a line of the sidebar."""
    wide = context.region.width / context.preferences.system.ui_scale
    return max(int((wide - _MARGIN) / _LETTER), 12)
