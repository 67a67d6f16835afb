"""The engine's box: in the sidebar while there is none or it is being made, and in the preferences."""

from __future__ import annotations

from typing import Any

import bpy

from ..operators.setup_desk import DESK, chosen_build
from ..operators.setup_engine import (
    POSE3D_OT_cancel_setup,
    POSE3D_OT_setup_engine,
    POSE3D_OT_show_setup_log,
)
from ..operators.shared import translated
from .parts import Part, letters_of, wrapped


class POSE3D_PT_engine(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_engine"
    bl_label = "Engine"
    bl_order = 5

    @classmethod
    def is_there(cls, context: bpy.types.Context) -> bool:
        return needs_attention(context)

    def draw(self, context: bpy.types.Context) -> None:
        draw_engine(self.layout, context, letters_of(context))


def needs_attention(context: bpy.types.Context) -> bool:
    """Whether there is no engine, or a job that somebody should know of: one that runs or failed."""
    from ..blender_pose3d.blender.preferences import engine_state

    job = DESK.job
    return DESK.busy or (job is not None and job.state == "failed") or engine_state(context).python is None


def draw_engine(layout: bpy.types.UILayout, context: bpy.types.Context, letters: int) -> None:
    """What is there, the job that runs or ran, and the one button that helps."""
    from ..blender_pose3d.blender.preferences import engine_state

    if DESK.busy:
        draw_progress(layout, DESK.job, letters)
        return
    state = engine_state(context)
    draw_outcome(layout, DESK.job, letters)
    if state.python is not None:
        return
    wrapped(layout, state.text or "Videos are read by the engine, which is fetched once.", "INFO", letters)
    look = DESK.machine()
    if look.done:
        wrapped(layout, offer(), "IMPORT", letters)
    row = layout.row()
    row.scale_y = 1.4
    row.operator(POSE3D_OT_setup_engine.bl_idname, text="Set Up Engine ...", icon="IMPORT")


def offer() -> str:
    """What would be fetched, in a line."""
    from ..blender_pose3d.engine_setup.packages import total
    from ..blender_pose3d.engine_setup.place import in_words

    build, problem = chosen_build("AUTO")
    if build is None:
        return problem
    whole = total(build)
    return translated(
        "{label}: about {fetched} to fetch, {installed} on the disk.",
        label=build.label,
        fetched=in_words(whole.fetched),
        installed=in_words(whole.installed),
    )


def draw_progress(layout: bpy.types.UILayout, job: Any, letters: int) -> None:
    """A bar, what is being done, the log's last line, a button to stop."""
    layout.progress(factor=job.fraction, text=f"{100 * job.fraction:.0f} %")
    wrapped(layout, job.text, "TIME", letters)
    if job.line:
        line = layout.row()
        line.active = False
        line.label(text=job.line[:letters], translate=False)
    row = layout.row(align=True)
    row.operator(POSE3D_OT_cancel_setup.bl_idname, icon="CANCEL")
    row.operator(POSE3D_OT_show_setup_log.bl_idname, text="", icon="TEXT")


def draw_outcome(layout: bpy.types.UILayout, job: Any, letters: int) -> None:
    """How the last job ended; nothing if there was none."""
    if job is None:
        return
    icons = {"failed": "ERROR", "done": "CHECKMARK"}
    wrapped(layout, job.text, icons.get(job.state, "INFO"), letters)
    for warning in job.warnings:
        wrapped(layout, warning, "INFO", letters)
    if job.state == "failed":
        layout.operator(POSE3D_OT_show_setup_log.bl_idname, icon="TEXT")


CLASSES = (POSE3D_PT_engine,)
