"""The chosen armature's motion as a file for a game engine or another program."""

from __future__ import annotations

import re
from pathlib import Path

import bpy
from bpy.props import PointerProperty, StringProperty

from . import export_properties as asked
from .shared import missing_package, translated


class POSE3D_PG_export(bpy.types.PropertyGroup):
    """written: the file that was written last, so that a panel only has to draw."""

    preset: asked.preset()
    folder: asked.folder()
    file_name: asked.file_name()
    span: asked.span()
    content: asked.content()
    root_motion: asked.root_motion()
    bvh_names: asked.bvh_names()
    bvh_order: asked.bvh_order()
    bvh_unit: asked.bvh_unit()
    written: StringProperty(options={"HIDDEN", "SKIP_SAVE"})


class POSE3D_OT_export_motion(bpy.types.Operator):
    bl_idname = "pose3d.export_motion"
    bl_label = "Export Motion"
    bl_description = "Write the armature's motion to a file: it is there whole, or not at all"
    bl_options = {"REGISTER"}

    preset: asked.preset()
    folder: asked.folder()
    file_name: asked.file_name()
    span: asked.span()
    content: asked.content()
    root_motion: asked.root_motion()
    bvh_names: asked.bvh_names()
    bvh_order: asked.bvh_order()
    bvh_unit: asked.bvh_unit()

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        armature = context.scene.pose3d.armature
        if armature is None:
            cls.poll_message_set("Choose an armature first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        path = target(self, context.scene.pose3d.armature)
        if not path or not path.exists():
            return self.execute(context)
        asked = context.window_manager.invoke_confirm(
            self,
            event,
            title=translated("Replace {name}?", name=path.name),
            message=translated("In {parent}", parent=path.parent),
            confirm_text="Replace",
        )
        return set(asked)

    def execute(self, context: bpy.types.Context) -> set[str]:
        armature = context.scene.pose3d.armature
        reason = why_not(context, self)
        if reason:
            return self._refuse(reason)
        path = target(self, armature)
        try:
            from ..blender_pose3d.blender.errors import Pose3DError
            from ..blender_pose3d.blender.export_motion import export_motion

            written = export_motion(
                armature,
                self.preset,
                path.parent,
                path.stem,
                settings=asked.export_values(self),
                whole_scene=self.span == "SCENE",
            )
        except ImportError as error:
            return self._refuse(missing_package(error))
        except Pose3DError as error:
            return self._refuse(str(error))
        context.scene.pose3d_export.written = str(written)
        self.report(
            {"INFO"},
            translated(
                "Written: {written} ({megabytes:.1f} MB).",
                written=written,
                megabytes=written.stat().st_size / 1e6,
            ),
        )
        return {"FINISHED"}

    def _refuse(self, message: str) -> set[str]:
        self.report({"ERROR"}, message)
        return {"CANCELLED"}


def clip_name(owner: bpy.types.bpy_struct, armature: bpy.types.Object) -> str:
    """The name of the file without ending: as chosen, else the action's, else the armature's."""
    action = armature.animation_data.action if armature.animation_data else None
    return file_safe(owner.file_name.strip() or (action.name if action else armature.name))


def file_safe(name: str) -> str:
    """A name that every system takes as a file's; letters of all scripts stay as they are."""
    return re.sub(r'[\s<>:"/\\|?*\x00-\x1f]', "_", name).strip("._") or "motion"


def target(owner: bpy.types.bpy_struct, armature: bpy.types.Object) -> Path | None:
    """The file that would be written; None where the folder is nowhere yet."""
    from ..blender_pose3d.blender.export_motion import ENDINGS

    if not owner.folder or (owner.folder.startswith("//") and not bpy.data.filepath):
        return None
    # not with_suffix: a name may have a dot in it
    return Path(bpy.path.abspath(owner.folder)) / f"{clip_name(owner, armature)}{ENDINGS[owner.preset]}"


def why_not(context: bpy.types.Context, owner: bpy.types.bpy_struct) -> str:
    """Why nothing can be written now, and what to do; empty if it can. Panels ask while they draw."""
    from ..blender_pose3d.blender.export_motion import cannot_be_exported

    armature = context.scene.pose3d.armature
    if armature is None:
        return "Choose an armature under Character, or animate a new one first."
    if context.mode not in {"OBJECT", "POSE"}:
        return "Go to Object Mode or Pose Mode first."
    reason = cannot_be_exported(armature, owner.preset, context.view_layer)
    if reason:
        return f"{reason}."
    if target(owner, armature) is None:
        return "Choose a folder, or save the .blend file first."
    return ""


CLASSES = (POSE3D_PG_export, POSE3D_OT_export_motion)


def register() -> None:
    bpy.types.Scene.pose3d_export = PointerProperty(type=POSE3D_PG_export)


def unregister() -> None:
    del bpy.types.Scene.pose3d_export
