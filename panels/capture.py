"""Capture: the button, how far it is, and the captures that are kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy

from ..operators.capture import POSE3D_OT_cancel_capture, POSE3D_OT_capture, why_not
from ..operators.capture_list import POSE3D_OT_remove_capture, captures_folder, chosen
from ..operators.capture_properties import request_of
from ..operators.shared import translated
from .parts import Part, letters_of, properties, wrapped

_GRADES = {"good": "CHECKMARK", "fair": "DOT", "poor": "ERROR"}


class POSE3D_UL_captures(bpy.types.UIList):
    bl_idname = "POSE3D_UL_captures"

    def draw_item(  # noqa: PLR0917, the signature is Blender's
        self, context: Any, layout: Any, data: Any, item: Any, icon: Any, active: Any, name: Any
    ) -> None:
        row = layout.row()
        row.active = item.whole
        row.label(text=item.name, icon="ARMATURE_DATA" if item.whole else "PAUSE", translate=False)
        row = row.row()
        row.alignment = "RIGHT"
        if item.people:
            row.label(text=item.people, icon="COMMUNITY", translate=False)
        row.label(text=item.length, translate=False)
        if item.grade:
            row.label(text="", icon=_GRADES[item.grade])


class POSE3D_PT_capture(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_capture"
    bl_label = "Capture"
    bl_order = 20

    def draw(self, context: bpy.types.Context) -> None:
        from ..blender_pose3d.blender.capture_desk import DESK

        layout, letters = properties(self), letters_of(context)
        row = layout.row()
        row.enabled = not DESK.busy
        row.prop(context.scene.pose3d_capture, "quality")
        if DESK.busy:
            _progress(layout, DESK.job)
            return
        _button(layout, context, letters)
        if DESK.message:
            wrapped(layout, DESK.message, "ERROR" if DESK.is_problem else "INFO", letters)


class POSE3D_PT_captures(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_captures"
    bl_label = "Captures"
    bl_parent_id = "POSE3D_PT_capture"

    @classmethod
    def is_there(cls, context: bpy.types.Context) -> bool:
        return len(context.window_manager.pose3d_captures) > 0

    def draw(self, context: bpy.types.Context) -> None:
        layout, manager = self.layout, context.window_manager
        row = layout.row()
        row.template_list(
            POSE3D_UL_captures.bl_idname, "", manager, "pose3d_captures", manager, "pose3d_capture", rows=3
        )
        item = chosen(manager)
        side = row.column()
        side.enabled = item is not None
        remove = side.operator(POSE3D_OT_remove_capture.bl_idname, text="", icon="X")
        if item is not None:
            remove.folder = item.folder
            _details(layout, Path(item.folder), letters_of(context))


def _button(layout: bpy.types.UILayout, context: bpy.types.Context, letters: int) -> None:
    """Capture, or what has been captured already, or the reason why not."""
    from ..blender_pose3d.blender.capture_desk import DESK

    reason = why_not(context)
    before = None if reason else DESK.captured(captures_folder(), request_of(context))
    row = layout.row(align=True)
    row.scale_y = 1.4
    row.enabled = not reason
    if before is None:
        row.operator(POSE3D_OT_capture.bl_idname, icon="RENDER_ANIMATION")
    elif not before.whole:
        row.operator(POSE3D_OT_capture.bl_idname, text="Continue Capture", icon="RENDER_ANIMATION")
        if before.reached:
            wrapped(
                layout,
                translated("It continues at about {reached:.0%}.", reached=before.reached),
                "INFO",
                letters,
            )
    else:
        row.operator(POSE3D_OT_capture.bl_idname, text="Use Capture", icon="CHECKMARK")
        row.operator(POSE3D_OT_capture.bl_idname, text="", icon="FILE_REFRESH").again = True
    if reason:
        wrapped(layout, reason, "INFO", letters)
    elif before is not None and before.whole and not DESK.message:
        wrapped(layout, "Captured before: it is there at once.", "INFO", letters)


def _progress(layout: bpy.types.UILayout, job: Any) -> None:
    """How far it is, and the button that cancels."""
    from ..blender_pose3d.blender.capture_job import STAGES

    step = job.progress
    stage = translated(STAGES.get(step.stage, step.stage))
    text = f"{stage}  {step.done} / {step.total}" if step.total else f"{stage} ..."
    layout.progress(factor=step.fraction, text=text)
    if job.continued:
        layout.label(
            text=translated("Continued at {continued:.0%}", continued=job.continued),
            icon="LOOP_FORWARDS",
            translate=False,
        )
    row = layout.row()
    row.label(
        text=translated("{fps:.1f} frames/s", fps=step.fps) if step.stage in {"follow", "lift"} else "",
        translate=False,
    )
    row.label(
        text=""
        if step.seconds_left is None
        else translated("{seconds_left} left", seconds_left=clock(step.seconds_left)),
        translate=False,
    )
    layout.operator(POSE3D_OT_cancel_capture.bl_idname, icon="CANCEL")


def _details(layout: bpy.types.UILayout, folder: Path, letters: int) -> None:
    """What is known of the capture that is chosen."""
    from ..blender_pose3d.blender.capture_desk import DESK
    from ..blender_pose3d.quality_scale import BY_KEY

    capture = next((kept for kept in DESK.kept if kept.folder == folder), None)
    if capture is None:
        return
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(capture.made))
    part = "" if capture.end is None else f", {capture.start or 0:.4g} to {capture.end:.4g} s"
    wrapped(layout, f"{Path(capture.video).name}{part}, {capture.quality}, {made}", "FILE_MOVIE", letters)
    if not capture.whole and not DESK.busy:
        wrapped(layout, "Interrupted. Choose its video and press Continue Capture.", "INFO", letters)
    figures = [
        f"{BY_KEY[key].title} {capture.figures[key]:.{BY_KEY[key].digits}f} {BY_KEY[key].unit}"
        for key in ("jitter", "skate", "reprojection")
        if capture.figures.get(key) is not None
    ]
    if figures:
        wrapped(layout, ", ".join(figures), "GRAPH", letters)


def clock(seconds: float) -> str:
    """Seconds as people read them."""
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60}:{whole % 60:02d} min"


CLASSES = (POSE3D_UL_captures, POSE3D_PT_capture, POSE3D_PT_captures)
