"""Timeline markers at the moments that the quality report calls worst. Only ours come and go."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ..moments import Moment

_NAMES = "pose3d_markers"  # of the scene: a marker itself holds no property from Blender 5.0 on


def mark(scene: bpy.types.Scene, moments: Sequence[Moment], start: int) -> int:
    """Put a marker at each moment, in place of those that were put there before; how many there are.

    start: the scene's frame that is the motion's first. Several in one frame share a marker.
    """
    unmark(scene)
    at: dict[int, list[str]] = {}
    for moment in moments:
        at.setdefault(start + moment.peak, []).append(say(moment))
    made = [scene.timeline_markers.new("; ".join(at[frame])[:60], frame=frame) for frame in sorted(at)]
    if made:
        scene[_NAMES] = "\n".join(marker.name for marker in made)  # as Blender cut them
    return len(at)


def unmark(scene: bpy.types.Scene) -> None:
    """Take our markers away."""
    for marker in ours(scene):
        scene.timeline_markers.remove(marker)
    scene.pop(_NAMES, None)


def ours(scene: bpy.types.Scene) -> list[bpy.types.TimelineMarker]:
    """Those we put there, moved or not; one that was renamed is the user's."""
    names = set(str(scene.get(_NAMES, "")).split("\n")) - {""}
    return [marker for marker in scene.timeline_markers if marker.name in names]


def say(moment: Moment) -> str:
    """A moment in few words: what, where, how much."""
    measure = moment.measure
    return f"{measure.title}: {moment.place}, {moment.value:.{measure.digits}f} {measure.unit}"
