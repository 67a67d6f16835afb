"""File > tracks.npz > the active armature."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty


class POSE3D_OT_fit_tracks(bpy.types.Operator):
    bl_idname = "pose3d.fit_tracks"
    bl_label = "Fit Tracks"
    bl_description = "Put the motion of a captured tracks file on the active armature, or on a new one"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        name="Tracks", description="tracks.npz that the engine wrote", subtype="FILE_PATH"
    )
    filter_glob: StringProperty(default="*.npz", options={"HIDDEN"})
    person: IntProperty(name="Person", description="By prominence, the first is 1", default=1, min=1)
    new_armature: BoolProperty(
        name="New Armature",
        description="Make an armature with the person's proportions, even if one is active",
        default=False,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode in {"OBJECT", "POSE"}:
            return True
        cls.poll_message_set("Leave edit mode first")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath:
            return self._refuse("No tracks file chosen.")
        active = context.active_object
        armature = active if active and active.type == "ARMATURE" and not self.new_armature else None
        if armature and (armature.library or not armature.visible_get()):
            return self._refuse(f"{armature.name} is linked or hidden: make it local and visible first.")
        try:
            from ..blender_pose3d.blender.apply import apply_tracks
            from ..blender_pose3d.blender.errors import Pose3DError
        except ImportError as error:
            return self._refuse(
                f"Python package {error.name} is missing from this Blender: install it there."
            )
        try:
            notes = apply_tracks(context, bpy.path.abspath(self.filepath), self.person, armature)
        except Pose3DError as error:
            return self._refuse(str(error))
        for note in notes:
            self.report({"INFO"}, note)
        return {"FINISHED"}

    def _refuse(self, message: str) -> Any:
        self.report({"ERROR"}, message)
        return {"CANCELLED"}
