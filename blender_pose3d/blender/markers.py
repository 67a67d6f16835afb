"""Timeline markers at the moments that the quality report calls worst. Only ours come and go."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ..moments import Moment

_MARK = "pose3d"


def mark(scene: bpy.types.Scene, moments: Sequence[Moment], start: int) -> int:
    """Put a marker at each moment, in place of those that were put there before; how many there are.

    start: the scene's frame that is the motion's first. Several in one frame share a marker.
    """
    unmark(scene)
    at: dict[int, list[str]] = {}
    for moment in moments:
        at.setdefault(start + moment.peak, []).append(say(moment))
    for frame, texts in sorted(at.items()):
        marker = scene.timeline_markers.new("; ".join(texts)[:63], frame=frame)
        marker[_MARK] = True
    return len(at)


def unmark(scene: bpy.types.Scene) -> None:
    """Take our markers away."""
    for marker in ours(scene):
        scene.timeline_markers.remove(marker)


def ours(scene: bpy.types.Scene) -> list[bpy.types.TimelineMarker]:
    return [marker for marker in scene.timeline_markers if marker.get(_MARK)]


def say(moment: Moment) -> str:
    """A moment in few words: what, where, how much."""
    measure = moment.measure
    return f"{measure.title}: {moment.place}, {moment.value:.{measure.digits}f} {measure.unit}"
