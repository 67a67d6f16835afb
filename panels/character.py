"""Character: the armature to animate, which rig it is, and its bone map."""

from __future__ import annotations

import bpy

from ..operators.bone_map import (
    POSE3D_OT_forget_bone_map,
    POSE3D_OT_load_bone_map,
    POSE3D_OT_save_bone_map,
)
from ..operators.bone_roles import GROUPS, faults, part_title, title
from ..operators.map_editor import (
    POSE3D_OT_mirror_bone_map,
    POSE3D_OT_take_bone,
    active_bone,
    cannot_be_mapped,
)
from ..operators.shared import translated
from .parts import Part, found, letters_of, properties, wrapped

_LISTED = 160  # letters of names: more fill the sidebar and nobody reads them


class POSE3D_PT_character(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_character"
    bl_label = "Character"
    bl_order = 50

    def draw(self, context: bpy.types.Context) -> None:
        settings, known = context.scene.pose3d, context.scene.pose3d_character
        letters = letters_of(context)
        column = properties(self).column()
        column.prop(settings, "armature", placeholder="New Armature", icon="ARMATURE_DATA")
        found(column, settings.rig_info, settings.rig_problem, letters)
        if settings.armature is None:
            wrapped(column, "Without one, an armature is made that fits the person.", "INFO", letters)
            return
        if settings.rig_problem:
            wrapped(column, "Choose its bones below, under Bone Map.", "INFO", letters)
        elif known.confidence:
            wrapped(
                column,
                translated("Confidence {confidence:.0%}", confidence=known.confidence),
                "BLANK1",
                letters,
            )
        if known.missing:
            wrapped(column, translated("No bone for: {missing}", missing=known.missing), "INFO", letters)
        for note in known.notes.splitlines():
            wrapped(column, note, "INFO", letters)


class POSE3D_PT_bone_map(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_bone_map"
    bl_label = "Bone Map"
    bl_parent_id = "POSE3D_PT_character"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def is_there(cls, context: bpy.types.Context) -> bool:
        return context.scene.pose3d.armature is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, known = self.layout, context.scene.pose3d_character
        armature, letters = context.scene.pose3d.armature, letters_of(context)
        row = layout.row(align=True)
        row.operator(POSE3D_OT_forget_bone_map.bl_idname, text="Detect Again", icon="FILE_REFRESH")
        row.operator(POSE3D_OT_load_bone_map.bl_idname, text="", icon="IMPORT")
        row.operator(POSE3D_OT_save_bone_map.bl_idname, text="", icon="EXPORT")
        reason = cannot_be_mapped(context)
        if reason:
            wrapped(layout, f"{reason}.", "INFO", letters)
        wrong = faults(known.roles, armature.data.bones)
        for role in [role for role in wrong if known.roles[role].bone]:
            wrapped(layout, f"{title(role)}: {wrong[role]}.", "ERROR", letters)
        picked = active_bone(context, armature)
        for side, roles in GROUPS.items():
            column = layout.column(align=True)
            column.enabled = not reason
            draw_heading(column, side)
            for role in roles:
                if role in known.roles:
                    draw_role(column, known.roles[role], armature, bool(picked), role in wrong)


class POSE3D_PT_left_out(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_left_out"
    bl_label = "Bones Left Out"
    bl_parent_id = "POSE3D_PT_bone_map"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def is_there(cls, context: bpy.types.Context) -> bool:
        known = context.scene.pose3d_character
        return bool(known.unmapped or known.helpers)

    def draw(self, context: bpy.types.Context) -> None:
        known, letters = context.scene.pose3d_character, letters_of(context)
        for text, names in (
            ("Not moved by themselves", known.unmapped),
            ("Helpers, left to the rig", known.helpers),
        ):
            if names:
                count = names.count(", ") + 1
                wrapped(self.layout, f"{text} ({count}): {shortened(names)}", "BONE_DATA", letters)


def draw_heading(column: bpy.types.UILayout, side: str) -> None:
    """The name of a group of rows; beside a side's, the button that fills the other side from it."""
    row = column.row()
    row.label(text={"": "Trunk", "L": "Left", "R": "Right"}[side])
    if side:
        text = "Copy to Right" if side == "L" else "Copy to Left"
        row.operator(POSE3D_OT_mirror_bone_map.bl_idname, text=text, icon="MOD_MIRROR").side = side


def draw_role(
    column: bpy.types.UILayout,
    row: bpy.types.PropertyGroup,
    armature: bpy.types.Object,
    picked: bool,
    alert: bool,
) -> None:
    """Part of the body left, its bone right, and the button that takes the bone of the viewport."""
    line = column.split(factor=0.32, align=True)
    line.alert = alert
    line.label(text=part_title(row.name))
    right = line.row(align=True)
    right.prop_search(row, "bone", armature.data, "bones", text="")
    take = right.row(align=True)
    take.enabled = picked
    take.operator(POSE3D_OT_take_bone.bl_idname, text="", icon="EYEDROPPER").role = row.name


def shortened(names: str) -> str:
    """A list of names that ends with how many are not named, if it is long."""
    if len(names) <= _LISTED:
        return names
    shown = names[:_LISTED].rpartition(", ")[0]
    return translated("{shown} and {count} more", shown=shown, count=names[len(shown) + 2 :].count(", ") + 1)


CLASSES = (POSE3D_PT_character, POSE3D_PT_bone_map, POSE3D_PT_left_out)
