"""An action as a strip over what an object does already: the earlier action stays, below.

Blender's layered actions (4.4 and later) have one layer for now, so layers are strips of the NLA.
"""

from __future__ import annotations

from typing import Any

import bpy

from .actions import animation_data
from .errors import BadInput

_BLEND = {"replace": "REPLACE", "add": "COMBINE"}


def check_layers(owner: bpy.types.Object) -> None:
    """Raises BadInput where a new layer would not be seen, or would bring others to light."""
    data = owner.animation_data
    if data is None or not len(data.nla_tracks):
        return
    if not data.use_nla:
        raise BadInput(f"The NLA of {owner.name} is switched off: turn it on, or bake a new action.")
    if any(track.is_solo for track in data.nla_tracks):
        raise BadInput(f"{owner.name} plays one NLA track alone: end its solo, or bake a new action.")


def lay_over(owner: bpy.types.Object, action: bpy.types.Action, slot: Any, how: str) -> None:
    """Put an action on a track of its own over all others; the active action becomes a strip below it.

    how: ``"replace"`` or ``"add"``. Before and after its frames the layer does nothing.
    """
    data = animation_data(owner)
    data.use_nla = True
    if data.action is not None:
        blend, influence = data.action_blend_type, data.action_influence
        strip = _strip(data, data.action, getattr(data, "action_slot", None))
        strip.blend_type, strip.extrapolation = blend, data.action_extrapolation
        if influence < 1.0:
            strip.use_animated_influence = True
            strip.influence = influence
        data.action = None
    strip = _strip(data, action, slot)
    strip.blend_type, strip.extrapolation = _BLEND[how], "NOTHING"


def _strip(data: bpy.types.AnimData, action: bpy.types.Action, slot: Any) -> bpy.types.NlaStrip:
    first, last = (float(frame) for frame in action.frame_range)
    track = data.nla_tracks.new()
    track.name = action.name
    strip = track.strips.new(action.name, int(first), action)
    if slot is not None:
        strip.action_slot = slot
    strip.action_frame_start, strip.action_frame_end = first, max(last, first + 1)
    strip.frame_start, strip.frame_end = first, max(last, first + 1)
    strip.use_sync_length = False
    return strip
