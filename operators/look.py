"""Look before you bake: skeleton, footage behind it, markers at what is worst, the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from . import live, live_state
from .look_properties import POSE3D_PG_look
from .shared import NO_MOTION, translated


class _Look(bpy.types.Operator):
    """What they have in common."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.scene.pose3d.tracks:
            return True
        cls.poll_message_set(NO_MOTION.rstrip("."))
        return False

    def refuse(self, message: str) -> Any:
        self.report({"ERROR"}, message)
        return {"CANCELLED"}

    def measured(self, context: bpy.types.Context) -> Any:
        """The preview as the settings are now, with its quality; None, after saying why, if there is none."""
        answer = live.newest(context.scene)
        if answer is None:
            self.report({"ERROR"}, live_state.state.message or "There is no motion to look at.")
        return answer


class POSE3D_OT_show_skeleton(_Look):
    bl_idname = "pose3d.show_skeleton"
    bl_label = "Show Captured Skeleton"
    bl_description = "Show or hide the captured motion in the 3D view, before anything is baked"

    def execute(self, context: bpy.types.Context) -> set[str]:
        look = context.scene.pose3d_look
        look.skeleton = not look.skeleton
        return {"FINISHED"}


class POSE3D_OT_show_footage(_Look):
    bl_idname = "pose3d.show_footage"
    bl_label = "Footage Behind"
    bl_description = (
        "Make a camera where the footage was filmed from, with the footage behind it in step with the "
        "timeline; pressed again, take it away"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        if live_state.has_footage(scene):
            from ..blender_pose3d.blender.footage import remove_footage

            remove_footage(scene)
            _look_through(context, False)
            return {"FINISHED"}
        video = video_of(scene)
        if isinstance(video, str):
            return self.refuse(video)
        answer = self.measured(context)
        if answer is None:
            return {"CANCELLED"}
        from ..blender_pose3d.blender.errors import BadInput
        from ..blender_pose3d.blender.footage import add_footage

        try:
            add_footage(scene, video, answer.motion, answer.tracks, live_state.first_frame(scene))
        except BadInput as error:
            return self.refuse(str(error))
        _look_through(context, True)
        live.start()
        return {"FINISHED"}


class POSE3D_OT_mark_worst(_Look):
    bl_idname = "pose3d.mark_worst"
    bl_label = "Mark Worst Moments"
    bl_description = "Put timeline markers where the motion is worst; pressed again, take them away"

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.blender import markers

        scene = context.scene
        if live_state.has_markers(scene):
            markers.unmark(scene)
            return {"FINISHED"}
        answer = self.measured(context)
        if answer is None:
            return {"CANCELLED"}
        count = markers.mark(scene, live_state.worst(answer), live_state.first_frame(scene))
        if not count:
            self.report({"INFO"}, translated("No moment stands out: nothing to mark."))
        live.start()
        return {"FINISHED"}


class POSE3D_OT_open_report(_Look):
    bl_idname = "pose3d.open_report"
    bl_label = "Open Report"
    bl_description = "Open the whole report of this motion, with charts along time, in the web browser"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        answer = self.measured(context)
        if answer is None:
            return {"CANCELLED"}
        from ..blender_pose3d.report import Person, write_report

        name = Path(bpy.path.abspath(scene.pose3d.tracks)).stem
        first = live_state.first_frame(scene)
        person = Person(f"Person {scene.pose3d.person}", answer.quality, answer.motion.notes, first)
        path = Path(bpy.app.tempdir) / f"{name} report.html"
        try:
            write_report(path, name, [person])
        except OSError as error:
            return self.refuse(
                translated(
                    "Cannot write the report {path}: {reason}.", path=path, reason=error.strerror or error
                )
            )
        if not bpy.app.background:
            bpy.ops.wm.url_open(url=path.as_uri())
        self.report({"INFO"}, translated("The report is {path}.", path=path))
        return {"FINISHED"}


def video_of(scene: bpy.types.Scene) -> Path | str:
    """The video of the scene's tracks: as chosen, as captured, or beside them; or what to do."""
    chosen = scene.pose3d_look.footage
    if chosen:
        path = Path(bpy.path.abspath(chosen))
        return path if path.is_file() else translated("No such video: {path}", path=path)
    from ..blender_pose3d.blender.opened import tracks_of
    from ..blender_pose3d.tracks import TracksError

    tracks = Path(bpy.path.abspath(scene.pose3d.tracks))
    try:
        name = str((tracks_of(tracks).meta.get("video") or {}).get("name") or "")
    except TracksError as error:
        return str(error)
    captured = getattr(getattr(scene, "pose3d_capture", None), "video", "")
    for path in (Path(bpy.path.abspath(captured)) if captured else None, tracks.parent / name):
        if path is not None and path.name == name and path.is_file():
            return path
    return translated(
        "Choose the video below: {name} is not beside the tracks.", name=name or "the captured one"
    )


def _look_through(context: bpy.types.Context, through: bool) -> None:
    """Turn the 3D view to the scene's camera, or away from one that is gone."""
    space = context.space_data
    region = getattr(space, "region_3d", None) if space and space.type == "VIEW_3D" else None
    if region is not None and (through or context.scene.camera is None):
        region.view_perspective = "CAMERA" if through else "PERSP"


CLASSES = (
    POSE3D_PG_look,
    POSE3D_OT_show_skeleton,
    POSE3D_OT_show_footage,
    POSE3D_OT_mark_worst,
    POSE3D_OT_open_report,
)


def register() -> None:
    bpy.types.Scene.pose3d_look = bpy.props.PointerProperty(type=POSE3D_PG_look)
    live.register()


def unregister() -> None:
    live.unregister()
    del bpy.types.Scene.pose3d_look
