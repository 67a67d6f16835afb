"""What the sidebar asks for to look at a motion before it is baked, kept with the scene."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, StringProperty

from .shared import RELATIVE


def _changed(look: POSE3D_PG_look, context: bpy.types.Context) -> None:
    from . import live

    live.start()


class POSE3D_PG_look(bpy.types.PropertyGroup):
    """footage is a choice of the user's; empty, the video is looked for where it was captured."""

    skeleton: BoolProperty(
        name="Skeleton",
        description="Show the captured motion in the 3D view before it is baked: left orange, right blue, "
        "faint where it was hardly seen, discs under feet that stand. It follows the settings above",
        default=False,
        update=_changed,
    )
    report: BoolProperty(
        name="Measure",
        description="Measure the motion, as captured and as it is now, whenever a setting changes",
        default=False,
        update=_changed,
    )
    footage: StringProperty(
        name="Video",
        description="The video that was captured. Empty: it is looked for beside the tracks",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
