"""Bake: the button that animates, and how the keys come out."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..operators.bake_properties import BAKE, HOW, NAME, WHAT, draw_keys
from ..operators.fit_tracks import POSE3D_OT_fit_tracks, cannot_be_animated
from ..operators.motion_properties import MOTION
from ..operators.open_motion import reading
from ..operators.settings import CONTACTS, POSE3D_PG_settings
from ..operators.shared import NO_MOTION, translated
from .parts import Part, letters_of, properties, wrapped
from .presets import POSE3D_PT_bake_presets


class POSE3D_PT_bake(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_bake"
    bl_label = "Bake"
    bl_order = 60

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        POSE3D_PT_bake_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        layout = properties(self)
        settings = context.scene.pose3d
        named = Path(settings.tracks).stem if settings.tracks else "Action"
        layout.prop(settings, NAME, placeholder=named)
        draw_keys(layout, settings, WHAT)
        reason = why_not(context)
        draw_button(layout, settings, reason)
        for text in [reason] if reason else settings.notes.splitlines():
            wrapped(layout, text, "INFO", letters_of(context))


class POSE3D_PT_keys(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_keys"
    bl_label = "Layer, Keys and Rig"
    bl_parent_id = "POSE3D_PT_bake"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        draw_keys(properties(self), context.scene.pose3d, HOW)


def draw_button(layout: bpy.types.UILayout, settings: POSE3D_PG_settings, reason: str) -> None:
    """The button, with all that the sidebar asks for; grey if there is a reason."""
    armature = settings.armature
    row = layout.row()
    row.scale_y = 1.4
    row.enabled = not reason
    button = row.operator(
        POSE3D_OT_fit_tracks.bl_idname,
        text=translated("Animate {name}", name=armature.name) if armature else "Animate New Armature",
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


def why_not(context: bpy.types.Context) -> str:
    """Why the button is greyed out; empty if it is not."""
    settings = context.scene.pose3d
    if context.mode not in {"OBJECT", "POSE"}:
        return "Go to Object Mode or Pose Mode first."
    busy = reading(context.scene)
    if busy or not settings.tracks:
        return translated("{busy} is being read: wait a moment.", busy=busy) if busy else NO_MOTION
    if settings.people and settings.person > settings.people:
        return translated("There is no person {person} in these tracks.", person=settings.person)
    if settings.armature is None:
        return ""
    if settings.rig_problem:
        return translated("Choose the bones of {name} first, under Character.", name=settings.armature.name)
    return cannot_be_animated(context, settings.armature)


CLASSES = (POSE3D_PT_bake, POSE3D_PT_keys)
