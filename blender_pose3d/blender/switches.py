"""Properties of a control rig that decide which of its controls drive the character."""

from __future__ import annotations

import bpy
import numpy as np

from ..key_reduction import Keys
from ..rig_files import Properties
from .actions import CurveMaker, set_keys


def key_switches(
    make: CurveMaker, armature: bpy.types.Object, properties: Properties, frames: int, start: int
) -> None:
    """Key custom properties of bones at the first and the last of the frames, and set them.

    properties: bone → property → value. Keyed, they hold where this action plays. What the rig does not
    have is left out: rigs of one kind differ from version to version.
    """
    for name, wanted in properties.items():
        bone = armature.pose.bones.get(name)
        for key, value in wanted.items():
            if bone is None or key not in bone:
                continue
            at = np.unique([0, frames - 1])
            path = f'{bone.path_from_id()}["{bpy.utils.escape_identifier(key)}"]'
            set_keys(make(path, 0, name), Keys(at, np.full((len(at), 1), float(value)), None), 0, start)
            bone[key] = type(bone[key])(value)
