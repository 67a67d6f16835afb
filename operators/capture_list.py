"""The captures that are kept, as Blender's lists want them; to use one, to remove one, to choose a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, StringProperty

from .shared import translated


class POSE3D_PG_captured(bpy.types.PropertyGroup):
    """A line of the list: what it says, made once. ``name`` is the video's."""

    folder: StringProperty(options={"HIDDEN"})
    tracks: StringProperty(options={"HIDDEN"})
    length: StringProperty(options={"HIDDEN"})
    people: StringProperty(options={"HIDDEN"})
    grade: StringProperty(options={"HIDDEN"})
    whole: BoolProperty(options={"HIDDEN"})


def _chosen(manager: bpy.types.WindowManager, context: bpy.types.Context) -> None:
    """A capture that is clicked is used."""
    item = chosen(manager)
    if item is not None and item.whole:
        use(context.scene, Path(item.tracks))


def chosen(manager: bpy.types.WindowManager) -> POSE3D_PG_captured | None:
    """The line that is chosen."""
    items, index = manager.pose3d_captures, manager.pose3d_capture
    return items[index] if 0 <= index < len(items) else None


def use(scene: bpy.types.Scene, tracks: Path) -> None:
    """Take the tracks of a capture for the motion."""
    if bpy.path.abspath(scene.pose3d.tracks) != str(tracks):
        scene.pose3d.person = 1
    scene.pose3d.tracks = str(tracks)


def captures_folder() -> Path:
    """Where captures are kept."""
    from ..blender_pose3d.blender.preferences import user_folder

    return user_folder() / "captures"


def read_again(manager: bpy.types.WindowManager) -> None:
    """Make the list anew from what is on the disk."""
    from ..blender_pose3d.blender.capture_desk import DESK

    DESK.refresh(captures_folder())
    fill(manager)


def fill(manager: bpy.types.WindowManager, select: Path | None = None) -> None:
    """Make the list anew from what is known to be kept. select: folder of the capture that is used."""
    from ..blender_pose3d.blender.capture_desk import DESK
    from ..blender_pose3d.blender.captures import grade

    items = manager.pose3d_captures
    items.clear()
    for capture in DESK.kept:
        item = items.add()
        item.name, item.folder, item.whole = capture.name, str(capture.folder), capture.whole
        item.tracks = str(capture.tracks)
        item.length = f"{capture.seconds:.1f} s" if capture.whole else _interrupted(capture)
        item.people = str(capture.people) if capture.whole else ""
        item.grade = grade(capture.figures)
    folders = [capture.folder for capture in DESK.kept]
    manager.pose3d_capture = folders.index(select) if select in folders else -1


def _interrupted(capture: Any) -> str:
    return (
        translated("interrupted, {reached:.0%}", reached=capture.reached)
        if capture.reached
        else "interrupted"
    )


class POSE3D_OT_remove_capture(bpy.types.Operator):
    bl_idname = "pose3d.remove_capture"
    bl_label = "Remove Capture"
    bl_description = "Delete this capture from the disk. The video and what was animated with it stay"
    bl_options = {"INTERNAL"}

    folder: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Any:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.blender.capture_desk import DESK
        from ..blender_pose3d.blender.captures import CaptureError

        try:
            DESK.remove(captures_folder(), Path(self.folder))
        except CaptureError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            read_again(context.window_manager)
        return {"FINISHED"}


class POSE3D_OT_follow_person(bpy.types.Operator):
    bl_idname = "pose3d.follow_person"
    bl_label = "Follow This Person"
    bl_description = "Animate with the motion of this person"
    bl_options = {"UNDO", "INTERNAL"}

    person: IntProperty(min=1, default=1, options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.pose3d.person = self.person
        return {"FINISHED"}


CLASSES = (POSE3D_PG_captured, POSE3D_OT_remove_capture, POSE3D_OT_follow_person)


def register() -> None:
    manager = bpy.types.WindowManager
    manager.pose3d_captures = CollectionProperty(type=POSE3D_PG_captured, options={"SKIP_SAVE"})
    manager.pose3d_capture = IntProperty(
        name="Capture",
        description="The captures that are kept. Click one to use its motion",
        default=-1,
        update=_chosen,
        options={"SKIP_SAVE"},
    )


def unregister() -> None:
    del bpy.types.WindowManager.pose3d_capture
    del bpy.types.WindowManager.pose3d_captures
