"""Everybody of a captured shot, each on a new armature."""

from __future__ import annotations

import bpy

from . import bake_properties as keys
from . import motion_properties as motion
from . import settings as asked
from .shared import missing_package, translated


class POSE3D_OT_fit_everybody(bpy.types.Operator):
    bl_idname = "pose3d.fit_everybody"
    bl_label = "Animate Everybody"
    bl_description = "Make an armature for each person of the shot, where they stood beside each other"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = ""
        if context.mode != "OBJECT":
            reason = "Go to Object Mode first"
        elif not context.scene.pose3d.tracks or context.scene.pose3d.people < 1:
            reason = "Capture a video or choose a tracks file first"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        told = context.scene.pose3d
        try:
            from ..blender_pose3d.bake_settings import BakeSettings
            from ..blender_pose3d.blender.errors import Pose3DError
            from ..blender_pose3d.blender.everybody import apply_everybody
            from ..blender_pose3d.blender.scene import frame_rate
            from ..blender_pose3d.settings import MotionSettings

            settings = MotionSettings(
                fps=frame_rate(context.scene) if told.frame_rate == "SCENE" else None,
                height=told.height,
                strength=told.smoothing,
                **motion.motion_values(told),
                **{name: getattr(told, name) for name in asked.CONTACTS},
            )
            baking = BakeSettings(**keys.bake_values(told, context.scene))
            made, notes = apply_everybody(context, bpy.path.abspath(told.tracks), settings, baking)
        except ImportError as error:
            self.report({"ERROR"}, missing_package(error))
            return {"CANCELLED"}
        except (ValueError, Pose3DError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        told.notes = "\n".join(notes)
        self.report({"INFO"}, translated("{made} armatures animated.", made=len(made)))
        return {"FINISHED"}


CLASSES = (POSE3D_OT_fit_everybody,)
