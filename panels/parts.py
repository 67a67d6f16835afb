"""What the parts of the sidebar have in common: where they are, and text that wraps."""

from __future__ import annotations

import textwrap
from typing import cast

import bpy

from ..operators.loading import LOADED
from ..operators.shared import translated

_LETTER = 6.4  # pixels of the interface font, about, at a scale of 1
_MARGIN = 60  # pixels a line of text cannot use: icon, tabs, borders


class Part:
    """A panel of the Pose3D tab. ``bl_order`` follows the order of the work, in steps of ten."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pose3D"
    bl_parent_id = "POSE3D_PT_sidebar"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return LOADED.done() and cls.is_there(context)

    @classmethod
    def is_there(cls, context: bpy.types.Context) -> bool:
        """Whether there is anything to draw; once all is loaded."""
        return True


def properties(panel: bpy.types.Panel) -> bpy.types.UILayout:
    """The panel's layout, names left and values right."""
    layout = cast("bpy.types.UILayout", panel.layout)
    layout.use_property_split = True
    layout.use_property_decorate = False
    return layout


def found(layout: bpy.types.UILayout, info: str, problem: str, letters: int) -> None:
    """A line below a property: what was found out about it, or what is wrong with it."""
    if problem:
        wrapped(layout, problem, "ERROR", letters)
    elif info:
        wrapped(layout, info, "CHECKMARK", letters)


def wrapped(layout: bpy.types.UILayout, text: str, icon: str, letters: int) -> None:
    """Text, translated, over as many lines as it needs: a label cuts it off. ERROR is drawn in red."""
    column = layout.column(align=True)
    column.alert = icon == "ERROR"
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(translated(text), letters)):
        column.label(text=line, icon="BLANK1" if number else icon, translate=False)


def letters_of(context: bpy.types.Context) -> int:
    """How many letters fit into a line of the sidebar."""
    wide = context.region.width / context.preferences.system.ui_scale
    return max(int((wide - _MARGIN) / _LETTER), 12)
