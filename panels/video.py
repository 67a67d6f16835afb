"""Video: which one, which part of it, and who in it is followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..operators.capture_list import POSE3D_OT_follow_person
from ..operators.capture_properties import POSE3D_PG_capture
from ..operators.choose_video import POSE3D_OT_choose_video
from ..operators.fit_everybody import POSE3D_OT_fit_everybody
from ..operators.shared import translated
from .parts import Part, letters_of, properties, wrapped
from .previews import icon_of

_MOST = 12  # people with a picture


class POSE3D_PT_video(Part, bpy.types.Panel):
    bl_idname = "POSE3D_PT_video"
    bl_label = "Video"
    bl_order = 10

    def draw(self, context: bpy.types.Context) -> None:
        from ..blender_pose3d.blender.capture_desk import DESK

        layout, letters = properties(self), letters_of(context)
        settings = context.scene.pose3d_capture
        if not settings.video:
            row = layout.row()
            row.scale_y = 1.4
            row.operator(POSE3D_OT_choose_video.bl_idname, text="Choose Video...", icon="FILE_MOVIE")
            wrapped(layout, "Or drop one here.", "INFO", letters)
            _people(layout, context)
            return
        layout.prop(settings, "video", text="")
        if DESK.look is not None:
            _seen(layout, DESK.look, letters)
        _range(layout, settings)
        _people(layout, context)


def _seen(layout: bpy.types.UILayout, look: Any, letters: int) -> None:
    """The first frame, and what the file holds."""
    if look.problem:
        wrapped(layout, look.problem, "ERROR", letters)
        return
    icon = icon_of(look.thumbnail) if look.thumbnail is not None else 0
    if icon:
        layout.template_icon(icon_value=icon, scale=7.0)
    if look.facts is not None:
        facts = look.facts
        text = translated(
            "{duration:.1f} s, {width} × {height}, {fps:.4g} frames a second",
            duration=facts.duration,
            width=facts.width,
            height=facts.height,
            fps=facts.fps,
        )
        wrapped(layout, text, "CHECKMARK", letters)
    elif not look.over:
        wrapped(layout, "Looking at the video ...", "TIME", letters)


def _range(layout: bpy.types.UILayout, settings: POSE3D_PG_capture) -> None:
    layout.prop(settings, "use_range")
    if not settings.use_range:
        return
    column = layout.column()
    column.row().prop(settings, "range_in", expand=True)
    names = ("start", "end") if settings.range_in == "SECONDS" else ("first_frame", "last_frame")
    column = layout.column(align=True)
    for name in names:
        column.prop(settings, name)


def _people(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Whom to follow: the people of the capture that is used, by their pictures."""
    from ..blender_pose3d.blender.capture_desk import DESK

    settings = context.scene.pose3d
    capture = DESK.of_tracks(bpy.path.abspath(settings.tracks)) if settings.tracks else None
    if capture is None:
        return
    title = "Who to Follow" if capture.people > 1 else "Followed"
    layout.label(text=title)
    grid = layout.grid_flow(row_major=True, columns=3, even_columns=True, align=True)
    for person in range(1, min(capture.people, _MOST) + 1):
        _person(grid.column(align=True), capture.picture(person), person, settings.person == person)
    if capture.people > 1:
        layout.operator(POSE3D_OT_fit_everybody.bl_idname, icon="COMMUNITY")


def _person(column: bpy.types.UILayout, picture: Path, person: int, chosen: bool) -> None:
    icon = icon_of(picture)
    if icon:
        column.template_icon(icon_value=icon, scale=4.0)
    button = column.operator(
        POSE3D_OT_follow_person.bl_idname,
        text=translated("Person {number}", number=person),
        depress=chosen,
        translate=False,
    )
    button.person = person


CLASSES = (POSE3D_PT_video,)
