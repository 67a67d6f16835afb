"""All people of a tracks file, each on a new armature, where they stood beside each other in the shot."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..bake_settings import BakeSettings
from ..motion import MotionError
from ..proportions import measure
from ..settings import MotionSettings
from ..together import motions_together
from ..tracks import TracksError
from .animate import animate
from .armature import create_armature
from .errors import BadInput, Pose3DError
from .object_path import move_object
from .opened import tracks_of
from .scene import frame_rate, set_frame_rate


def apply_everybody(
    context: bpy.types.Context, path: str | Path, settings: MotionSettings, baking: BakeSettings
) -> tuple[list[bpy.types.Object], list[str]]:
    """Make and animate an armature for each person; returns them, most prominent first, and notes.

    Somebody who comes into view later starts later. Raises BadInput, and then leaves nothing behind.
    """
    try:
        tracks = tracks_of(path)
        motions, places = motions_together(tracks, range(tracks.people), settings)
    except (TracksError, MotionError) as error:
        raise BadInput(str(error)) from error
    scene, before = context.scene, _made_things()
    first = scene.frame_start if baking.start is None else baking.start
    made, notes = [], []
    try:
        for number, (motion, place) in enumerate(zip(motions, places, strict=True), start=1):
            name = Path(path).stem if number == 1 else f"{Path(path).stem}_person{number}"
            armature = create_armature(name, measure(motion), context.collection)
            late = max(0, round(float(motion.time[0] - tracks.time[0]) * motion.fps))
            done = animate(armature, motion, name=name, start=first + late, baking=baking)
            move_object(armature, np.asarray(place))
            made.append(armature)
            notes += [f"Person {number}: {note}" for note in done.notes]
            scene.frame_end = max(scene.frame_end, first + late + done.frames - 1)
    except (ValueError, RuntimeError, Pose3DError) as error:
        bpy.data.batch_remove(_made_things() - before)
        raise BadInput(str(error)) from error
    if abs(frame_rate(scene) / motions[0].fps - 1) > 1e-4:
        set_frame_rate(scene, motions[0].fps)
        notes.append(f"The scene now plays {motions[0].fps:g} frames a second.")
    return made, notes


def _made_things() -> set[bpy.types.ID]:
    data = bpy.data
    return {*data.objects, *data.armatures, *data.meshes, *data.materials, *data.actions}
