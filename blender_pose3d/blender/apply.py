"""A tracks file onto an armature of the open scene: the one call behind the operator."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import bpy

from ..fit import FitError, fit
from ..motion import Motion, MotionError, motion_from_tracks
from ..proportions import measure
from ..rig_maps import RigError, detect
from ..settings import MotionSettings
from ..tracks import TracksError, read_tracks
from .armature import create_armature, rest_pose
from .bake import bake
from .errors import BadInput
from .scene import frame_rate


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
) -> Applied:
    """Animate an armature with one person of a tracks file.

    person: by prominence, from 1. armature: None makes one with the person's proportions and makes it
    active. settings: None takes the scene's frame rate, so that the motion has its true speed. It starts
    at the scene's first frame; the scene's end moves if the motion is longer. Raises BadInput, and then
    leaves nothing behind.
    """
    settings = settings or MotionSettings(fps=frame_rate(context.scene))
    try:
        motion = motion_from_tracks(read_tracks(path), person - 1, settings)
        if armature is not None:
            return _animate(context, armature, motion, Path(path).stem)
    except (TracksError, MotionError, RigError, FitError) as error:
        raise BadInput(str(error)) from error
    return _animate_new(context, motion, Path(path).stem)


def _animate(context: bpy.types.Context, armature: bpy.types.Object, motion: Motion, name: str) -> Applied:
    try:
        rest = rest_pose(armature)
    except ValueError as error:
        raise BadInput(f"{error}.") from error
    found = detect(rest, armature.name)
    animation = fit(motion, rest, found.mapping)
    scene = context.scene
    bake(armature, animation, name=name, start=scene.frame_start)
    scene.frame_end = max(scene.frame_end, scene.frame_start + animation.frames - 1)
    return Applied(armature, animation.frames, [*motion.notes, *animation.notes])


def _animate_new(context: bpy.types.Context, motion: Motion, name: str) -> Applied:
    before = _made_things()
    try:
        armature = create_armature(name, measure(motion), context.collection)
        applied = _animate(context, armature, motion, name)
    except (ValueError, RuntimeError) as error:
        bpy.data.batch_remove(_made_things() - before)
        raise BadInput(str(error)) from error
    for other in context.selected_objects:
        other.select_set(False)
    armature.select_set(True)
    context.view_layer.objects.active = armature
    return applied


def _made_things() -> set[bpy.types.ID]:
    data = bpy.data
    return {*data.objects, *data.armatures, *data.meshes, *data.materials, *data.actions}
