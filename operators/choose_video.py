"""A video for the sidebar: by the file browser, by its path, or dropped on the sidebar."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from .capture_properties import VIDEO_TYPES, video_path
from .shared import RELATIVE, translated

_TURN = 0.1  # seconds between two looks for news


class POSE3D_OT_choose_video(bpy.types.Operator):
    bl_idname = "pose3d.choose_video"
    bl_label = "Choose Video"
    bl_description = "Choose the video to capture. It can also be dropped on this tab"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(name="Video", subtype="FILE_PATH", options={"SKIP_SAVE", *RELATIVE})
    filter_glob: StringProperty(default=";".join(f"*{kind}" for kind in VIDEO_TYPES), options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.filepath:  # dropped
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath:
            self.report({"ERROR"}, translated("No video chosen."))
            return {"CANCELLED"}
        context.scene.pose3d_capture.video = self.filepath
        return {"FINISHED"}


class POSE3D_FH_video(bpy.types.FileHandler):
    bl_idname = "POSE3D_FH_video"
    bl_label = "Video for Pose3D"
    bl_import_operator = POSE3D_OT_choose_video.bl_idname
    bl_file_extensions = ";".join(VIDEO_TYPES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"


def look_at_video(context: bpy.types.Context) -> None:
    """Find out in the background what the chosen video holds; the sidebar shows it as it comes."""
    from ..blender_pose3d.blender import preferences
    from ..blender_pose3d.blender.capture_desk import DESK
    from ..blender_pose3d.blender.engine_session import Engine
    from ..blender_pose3d.blender.errors import MissingEngine

    try:
        options = preferences.engine_options(context)
        engine = Engine(preferences.engine_python(context), options["environment"])
    except MissingEngine:
        engine = None
    DESK.choose(video_path(context.scene.pose3d_capture), engine, preferences.user_folder() / "thumbnails")
    listen()


def listen() -> None:
    """Look for news by a timer while there may be some. Without a window nobody waits for them."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_news):
        bpy.app.timers.register(_news, first_interval=_TURN, persistent=True)


def _news() -> float | None:
    from ..blender_pose3d.blender.capture_desk import DESK

    looking = DESK.look is not None and not DESK.look.over
    if not DESK.busy:  # a capture that runs listens by itself
        DESK.tick()
    if looking:
        redraw(bpy.context)
    if not DESK.restless:
        return None
    return _TURN if looking or DESK.busy else 1.0


def redraw(context: bpy.types.Context) -> None:
    """Draw the sidebars of all 3D views again, and nothing else."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


CLASSES = (POSE3D_OT_choose_video, POSE3D_FH_video)


def unregister() -> None:
    if bpy.app.timers.is_registered(_news):
        bpy.app.timers.unregister(_news)
