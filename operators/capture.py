"""Capture a video: a modal operator that looks at the engine's news by a timer and otherwise stays away."""

from __future__ import annotations

import atexit
import time
from typing import Any

import bpy
from bpy.props import BoolProperty

from .capture_list import captures_folder, fill, read_again, use
from .capture_properties import request_of
from .choose_video import listen, look_at_video, redraw
from .loading import forget_loading, when_loaded

_TURN = 0.1  # seconds between two looks for news
_timers: list[bpy.types.Timer] = []


class POSE3D_OT_capture(bpy.types.Operator):
    bl_idname = "pose3d.capture"
    bl_label = "Capture"
    bl_description = (
        "Find the people in the video and how they move. Blender stays free meanwhile; "
        "Esc over this tab cancels. What is captured is kept and found again"
    )
    bl_options = {"UNDO"}

    again: BoolProperty(
        name="Again",
        description="Capture even if this video has been captured before",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not(context)
        if reason:
            cls.poll_message_set(reason.rstrip("."))
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self._start(context):
            return {"CANCELLED"}
        manager = context.window_manager
        _timers.append(manager.event_timer_add(_TURN, window=context.window))
        manager.modal_handler_add(self)
        redraw(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        from ..blender_pose3d.blender.capture_desk import DESK

        if event.type == "ESC" and event.value == "PRESS" and _over_sidebar(context, event):
            DESK.cancel()
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        DESK.tick()
        redraw(context)
        if DESK.busy:
            return {"PASS_THROUGH" if event.type == "TIMER" else "RUNNING_MODAL"}
        _stop_timers()
        listen()
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator by itself: its window was closed, or another file is opened."""
        from ..blender_pose3d.blender.capture_desk import DESK

        _stop_timers()
        DESK.end("The capture ended because its window was closed.")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """For scripts, and where there is no window: wait until it is done."""
        from ..blender_pose3d.blender.capture_desk import DESK

        if not self._start(context):
            return {"CANCELLED"}
        while DESK.busy:
            time.sleep(_TURN / 2)
            DESK.tick()
        return self._finish(context)

    def _start(self, context: bpy.types.Context) -> bool:
        from ..blender_pose3d.blender import preferences
        from ..blender_pose3d.blender.capture_desk import DESK
        from ..blender_pose3d.blender.capture_job import Means
        from ..blender_pose3d.blender.engine_session import Engine
        from ..blender_pose3d.blender.errors import Pose3DError

        try:
            options = preferences.engine_options(context)
            engine = Engine(preferences.engine_python(context), options["environment"])
            device = {"device": options["fields"]["device"]}
            means = Means(engine, captures_folder(), device)
            DESK.start(means, request_of(context), again=self.again)
        except Pose3DError as error:
            self.report({"ERROR"}, str(error))
            return False
        return True

    def _finish(self, context: bpy.types.Context) -> Any:
        from ..blender_pose3d.blender.capture_desk import DESK

        job = DESK.job
        capture = None if job is None else job.capture
        fill(context.window_manager, capture and capture.folder)
        if job is None or capture is None or job.state != "done":
            if DESK.is_problem:
                self.report({"ERROR"}, DESK.message)
            return {"CANCELLED"}
        if not context.scene.pose3d_capture.video:  # undone meanwhile, and yet it is what was captured
            context.scene.pose3d_capture.video = str(job.request.video)
        use(context.scene, capture.tracks)
        return {"FINISHED"}


class POSE3D_OT_cancel_capture(bpy.types.Operator):
    bl_idname = "pose3d.cancel_capture"
    bl_label = "Cancel"
    bl_description = "Stop the capture. Esc over this tab does the same"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        from ..blender_pose3d.blender.capture_desk import DESK

        return DESK.busy

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.blender.capture_desk import DESK

        DESK.cancel()
        return {"FINISHED"}


def why_not(context: bpy.types.Context) -> str:
    """Why the button is greyed out; empty if it is not."""
    from ..blender_pose3d.blender import preferences
    from ..blender_pose3d.blender.capture_desk import DESK
    from ..blender_pose3d.blender.errors import MissingEngine

    if DESK.busy:
        return "A capture is running: wait for it, or cancel it."
    request = request_of(context)
    if isinstance(request, str):
        return request
    if DESK.look is not None and DESK.look.problem:
        return DESK.look.problem
    try:
        preferences.engine_python(context)
    except MissingEngine as error:
        return str(error)
    return ""


def _over_sidebar(context: bpy.types.Context, event: bpy.types.Event) -> bool:
    """Whether the pointer is over the sidebar of a 3D view: elsewhere Esc means something else."""
    places = [r for area in context.screen.areas if area.type == "VIEW_3D" for r in area.regions]
    return any(
        region.type == "UI"
        and 0 <= event.mouse_x - region.x < region.width
        and 0 <= event.mouse_y - region.y < region.height
        for region in places
    )


def _stop_timers() -> None:
    while _timers:
        bpy.context.window_manager.event_timer_remove(_timers.pop())


@bpy.app.handlers.persistent
def _file_closes(*_: object) -> None:
    """Another file is about to be opened: what belongs to this one ends, and says so."""
    from ..blender_pose3d.blender.capture_desk import DESK, LOADED

    DESK.end(LOADED)


@bpy.app.handlers.persistent
def _file_opened(*_: object) -> None:
    _timers.clear()  # they went with the windows of the last file
    if bpy.app.background:
        _look_around()
    else:
        when_loaded(_look_around)


def _look_around() -> None:
    """What is kept, and what the file that is open names as its video."""
    read_again(bpy.context.window_manager)
    if bpy.context.scene.pose3d_capture.video:
        look_at_video(bpy.context)


def _blender_ends() -> None:
    from ..blender_pose3d.blender.capture_desk import DESK, DISABLED

    DESK.end(DISABLED, wait=1.0)


CLASSES = (POSE3D_OT_capture, POSE3D_OT_cancel_capture)
_HANDLERS = ((bpy.app.handlers.load_pre, _file_closes), (bpy.app.handlers.load_post, _file_opened))


def register() -> None:
    for handlers, function in _HANDLERS:
        handlers.append(function)
    atexit.register(_blender_ends)  # quitting does not turn add-ons off
    if not bpy.app.background:
        # while add-ons are turned on there is no scene yet
        when_loaded(_look_around)


def unregister() -> None:
    atexit.unregister(_blender_ends)
    forget_loading()
    for handlers, function in _HANDLERS:
        if function in handlers:
            handlers.remove(function)
    _stop_timers()
    _blender_ends()
