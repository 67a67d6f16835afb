"""A tracks file onto an armature of the open scene: the one call behind the operator."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import bpy

from ..bake_settings import BakeSettings
from ..motion import MotionError, motion_from_tracks
from ..proportions import measure
from ..settings import MotionSettings
from ..tracks import TracksError
from .animate import Fitted, fitted_to, keyed
from .armature import create_armature
from .errors import BadInput, Pose3DError
from .opened import tracks_of
from .scene import frame_rate, set_frame_rate


class Applied(NamedTuple):
    """What was animated: the armature, the frames of its new Action, notes for the user."""

    armature: bpy.types.Object
    frames: int
    notes: list[str]


def apply_tracks(
    context: bpy.types.Context,
    path: str | Path,
    person: int = 1,
    armature: bpy.types.Object | None = None,
    settings: MotionSettings | None = None,
    *,
    baking: BakeSettings | None = None,
    name: str = "",
) -> Applied:
    """Animate an armature with one person of a tracks file.

    name: of the action; empty for the file's.

    person: by prominence, from 1. armature: None makes one with the person's proportions and makes it
    active. settings: None takes the scene's frame rate, so that the motion has its true speed; with a rate
    of its own (``fps`` None: the video's) the scene's is set to it. baking: None bakes a new action from the
    scene's first frame. The scene's end moves if the motion is longer. Raises BadInput, and then leaves
    nothing behind.
    """
    settings = settings or MotionSettings(fps=frame_rate(context.scene))
    baking = baking or BakeSettings()
    before, name = _made_things(), name or Path(path).stem
    try:
        # hours of motion need their room for the keys: the motion is let go before these are set
        target, fitted = _fitted(context, (path, person, settings), armature, baking)
        applied = _keyed(context, target, fitted, name, baking)
    except (ValueError, RuntimeError, Pose3DError) as error:
        if armature is not None:
            raise
        bpy.data.batch_remove(_made_things() - before)
        raise BadInput(str(error)) from error
    if armature is None:
        for other in context.selected_objects:
            other.select_set(False)
        target.select_set(True)
        context.view_layer.objects.active = target
    return applied


def _fitted(
    context: bpy.types.Context,
    tracks: tuple[str | Path, int, MotionSettings],
    armature: bpy.types.Object | None,
    baking: BakeSettings,
) -> tuple[bpy.types.Object, Fitted]:
    """The armature, made if there is none, and what somebody's tracks are on it.

    tracks: their file, whose of it, from 1, and how they are to be cleaned.
    """
    path, person, settings = tracks
    try:
        motion = motion_from_tracks(tracks_of(path), person - 1, settings)
    except (TracksError, MotionError) as error:
        raise BadInput(str(error)) from error
    target = armature or create_armature(Path(path).stem, measure(motion), context.collection)
    context.view_layer.update()  # where the object stands is known only once it has been evaluated
    return target, fitted_to(target, motion, baking)


def _keyed(
    context: bpy.types.Context, armature: bpy.types.Object, fitted: Fitted, name: str, baking: BakeSettings
) -> Applied:
    scene, fps = context.scene, fitted.animation.fps
    start = scene.frame_start if baking.start is None else baking.start
    done = keyed(armature, fitted, name=name, start=start, baking=baking)
    notes = done.notes
    if abs(frame_rate(scene) / fps - 1) > 1e-4:
        set_frame_rate(scene, fps)
        notes = [*notes, f"The scene now plays {fps:g} frames a second."]
    scene.frame_end = max(scene.frame_end, start + done.frames - 1)
    return Applied(armature, done.frames, notes)


def _made_things() -> set[bpy.types.ID]:
    data = bpy.data
    return {*data.objects, *data.armatures, *data.meshes, *data.materials, *data.actions}
