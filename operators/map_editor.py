"""Change the bone map of the chosen armature from the viewport: take a bone, mirror a side."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, StringProperty

from .bone_roles import keep, title
from .shared import missing_package, translated


class _OnChosenArmature:
    """What changes of a map have in common: the armature, and the modes in which undo knows of them."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = cannot_be_mapped(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def _keep(self, context: bpy.types.Context, mapping: dict[str, str]) -> set[str]:
        try:
            from ..blender_pose3d.blender.errors import Pose3DError

            keep(context.scene.pose3d, mapping)
        except ImportError as error:
            self.report({"ERROR"}, missing_package(error))
            return {"CANCELLED"}
        except Pose3DError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class POSE3D_OT_take_bone(_OnChosenArmature, bpy.types.Operator):
    bl_idname = "pose3d.take_bone"
    bl_label = "Take Active Bone"
    bl_description = "Give this part of the body the bone that was selected last in the viewport"
    bl_options = {"REGISTER", "UNDO"}

    role: StringProperty(
        name="Role", description="Part of the body that gets the bone", options={"SKIP_SAVE", "HIDDEN"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        mapping = rows(context)
        if self.role not in {row.name for row in context.scene.pose3d_character.roles}:
            self.report({"ERROR"}, translated("There is no part of the body called {role}.", role=self.role))
            return {"CANCELLED"}
        armature = context.scene.pose3d.armature
        bone = active_bone(context, armature)
        if not bone:
            self.report(
                {"ERROR"},
                translated("No bone of {name} is active: click one in Pose Mode first.", name=armature.name),
            )
            return {"CANCELLED"}
        # an animator who points at a bone means it: whoever had it before, gives it up
        mapping = {role: other for role, other in mapping.items() if other != bone}
        done = self._keep(context, mapping | {self.role: bone})
        if done == {"FINISHED"}:
            self.report({"INFO"}, f"{title(self.role)}: {bone}.")
        return done


class POSE3D_OT_mirror_bone_map(_OnChosenArmature, bpy.types.Operator):
    bl_idname = "pose3d.mirror_bone_map"
    bl_label = "Mirror Bone Map"
    bl_description = "Fill one side of the bone map from the other, by the names of the bones"
    bl_options = {"REGISTER", "UNDO"}

    side: EnumProperty(
        name="From",
        description="The side that is right already",
        items=(
            ("L", "Left to Right", "The left side is right already: fill the right one"),
            ("R", "Right to Left", "The right side is right already: fill the left one"),
        ),
        default="L",
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        done, other = ("left", "right") if properties.side == "L" else ("right", "left")
        return translated(
            "Fill the {other} side from the {done} one, by the names of the bones", other=other, done=done
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.rig_mirror import mirrored

        armature = context.scene.pose3d.armature
        mapping, left = mirrored(rows(context), armature.data.bones.keys(), self.side)
        done = self._keep(context, mapping)
        if left and done == {"FINISHED"}:
            names = ", ".join(title(role) for role in left)
            self.report(
                {"WARNING"},
                translated("No bone has the other side's name for {names}: choose by hand.", names=names),
            )
        return done


def cannot_be_mapped(context: bpy.types.Context) -> str:
    """Why the map cannot be changed now, and what to do; empty if it can. Panels ask while they draw."""
    armature = context.scene.pose3d.armature
    if armature is None:
        return "Choose an armature first"
    if not armature.is_editable:
        return translated(
            "{name} is linked from another file: make a library override or a local copy first",
            name=armature.name,
        )
    if context.mode not in {"OBJECT", "POSE"}:
        return "Go to Object Mode or Pose Mode first"
    return ""


def rows(context: bpy.types.Context) -> dict[str, str]:
    """Role → bone, as the sidebar shows it."""
    return {row.name: row.bone for row in context.scene.pose3d_character.roles if row.bone}


def active_bone(context: bpy.types.Context, armature: bpy.types.Object) -> str:
    """Name of the bone that was selected last, empty if there is none: in Object Mode the one of before."""
    bone = armature.data.bones.active
    return bone.name if bone else ""


CLASSES = (POSE3D_OT_take_bone, POSE3D_OT_mirror_bone_map)
