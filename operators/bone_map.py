"""The bone map of the chosen armature: to a file, from a file, and away again."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from .map_editor import cannot_be_mapped
from .settings import look_at_armature
from .shared import RELATIVE, missing_package, translated


class _BoneMapFile:
    """What writing and reading have in common; ``work`` says what it did."""

    filepath: StringProperty(name="Bone Map", subtype="FILE_PATH", options={"SKIP_SAVE", *RELATIVE})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.pose3d.armature is not None:
            return True
        cls.poll_message_set("Choose an armature first")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            self.filepath = f"{bpy.path.clean_name(context.scene.pose3d.armature.name)}.json"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            from ..blender_pose3d.blender.errors import Pose3DError

            said = self.work(context.scene.pose3d.armature, bpy.path.abspath(self.filepath))
        except ImportError as error:
            self.report({"ERROR"}, missing_package(error))
            return {"CANCELLED"}
        except Pose3DError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        look_at_armature(context.scene.pose3d)
        self.report({"INFO"}, said)
        return {"FINISHED"}


class POSE3D_OT_save_bone_map(_BoneMapFile, bpy.types.Operator):
    bl_idname = "pose3d.save_bone_map"
    bl_label = "Save Bone Map"
    bl_description = (
        "Write which bone plays which role to a file, to be changed or used for another character"
    )
    bl_options = {"REGISTER"}

    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def work(self, armature: bpy.types.Object, path: str) -> str:
        from ..blender_pose3d.blender.rig_map import write_map

        return translated(
            "{count} bones of {name} written.", count=write_map(armature, path), name=armature.name
        )


class POSE3D_OT_load_bone_map(_BoneMapFile, bpy.types.Operator):
    bl_idname = "pose3d.load_bone_map"
    bl_label = "Load Bone Map"
    bl_description = "Use the bones that a file names. The map stays with the armature in its .blend file"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, armature: bpy.types.Object, path: str) -> str:
        from ..blender_pose3d.blender.rig_map import keep_map

        return translated(
            "{count} bones of {name} have a role.", count=keep_map(armature, path), name=armature.name
        )


class POSE3D_OT_forget_bone_map(bpy.types.Operator):
    bl_idname = "pose3d.forget_bone_map"
    bl_label = "Detect Bones Again"
    bl_description = "Find out again which bone plays which part. A map of one's own is forgotten"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = cannot_be_mapped(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.blender.rig_map import forget_map

        forget_map(context.scene.pose3d.armature)
        look_at_armature(context.scene.pose3d)
        return {"FINISHED"}
