"""What a set-up offers before it starts: what is fetched, how large it is, where it goes."""

from __future__ import annotations

import textwrap
from typing import Any

import bpy

from . import setup_desk
from .setup_desk import DESK, chosen_build
from .shared import translated


def draw_offer(layout: bpy.types.UILayout, context: bpy.types.Context, operator: Any) -> None:
    """What is fetched, how large it is, where it goes, how much room there is."""
    from ..blender_pose3d.blender.preferences import user_folder
    from ..blender_pose3d.engine_setup.packages import described, needed_mb, total
    from ..blender_pose3d.engine_setup.place import free_mb, in_words

    look = DESK.machine()
    layout.use_property_split = True
    layout.prop(operator, "build")
    layout.prop(operator, "base")
    build, problem = chosen_build(operator.build) if look.done else (None, "Looking at this machine ...")
    if build is None:
        _text(layout, problem, "ERROR")
        return
    if operator.build == "AUTO":
        _text(layout, look.choice.reason, "INFO")
    box, whole = layout.box().column(align=True), total(build)
    for name, size in described(build)[:6]:
        row = box.row()
        row.label(text=name, translate=False)
        row.label(text=in_words(size) if size >= 1 else "under 1 MB", translate=False)
    rest = described(build)[6:]
    box.label(text=translated("and {rest} small ones", rest=len(rest)), translate=False)
    fetched, used = in_words(whole.fetched), in_words(whole.installed)
    needed, free = needed_mb(build), free_mb(user_folder())
    _text(
        layout,
        translated(
            "To fetch: about {fetched}. On the disk afterwards: about {used}.", fetched=fetched, used=used
        ),
        "IMPORT",
    )
    room = translated(
        "Room: {needed} while it is made, {free} free on the disk of {folder}",
        needed=in_words(needed),
        free=in_words(free),
        folder=user_folder(),
    )
    _text(layout, room, "ERROR" if free < needed else "DISK_DRIVE")
    where = "From the Python package index. No administrator rights; Blender's own Python stays as it is."
    _text(layout, where, "INFO")
    draw_online(layout, context)


def draw_online(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What keeps Blender from going online, with the switch; nothing if it may."""
    reason = setup_desk.why_offline()
    if not reason:
        return
    _text(layout, reason, "ERROR")
    if not bpy.app.online_access_override:
        layout.prop(context.preferences.system, "use_online_access", text="Allow Online Access")


def _text(layout: bpy.types.UILayout, text: str, icon: str, letters: int = 66) -> None:
    column = layout.column(align=True)
    column.alert = icon == "ERROR"
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(translated(text), letters)):
        column.label(text=line, icon="BLANK1" if number else icon, translate=False)
