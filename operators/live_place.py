"""The preview in the scene: skeleton, camera and markers where the answer and the scene say."""

from __future__ import annotations

import bpy

from .live_state import first_frame, has_footage, has_markers, state, worst


def place(scene: bpy.types.Scene) -> None:
    """Skeleton, camera and markers where the answer and the scene say, if either has changed."""
    answer, look = state.answer, scene.pose3d_look
    if answer is None:
        return
    from ..blender_pose3d.blender import footage, markers, overlay
    from ..blender_pose3d.blender.scene import frame_rate

    begin, fps = first_frame(scene), frame_rate(scene)
    shown = has_footage(scene), has_markers(scene)
    where = (answer, scene.name, begin, fps, look.skeleton, footage.frame_aspect(scene), *shown)
    if where == state.placed and (overlay.is_shown() == look.skeleton):
        return
    state.placed = where
    if look.skeleton:
        overlay.show(scene, answer.drawing, begin, fps)
    else:
        overlay.hide()
    whole = not answer.draft and abs(answer.motion.fps / fps - 1) < 1e-6
    if shown[0] and whole:
        footage.place_camera(scene, answer.motion, answer.tracks, begin)
    if shown[1] and whole and answer.quality is not None:
        markers.mark(scene, worst(answer), begin)


def hide() -> None:
    state.placed = ()
    if state.refit is not None:
        from ..blender_pose3d.blender import overlay

        overlay.hide()
