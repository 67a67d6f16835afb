"""A motion onto one armature: fit, who carries the way, keys. Behind the operator and the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import bpy
import numpy as np

from ..bake_settings import BakeSettings
from ..fit import FitError, fit
from ..motion import Motion
from ..retarget import Animation, RestPose
from ..rig_maps import Detection, RigError
from ..root_motion import RootMotionError, carry_root
from .actions import trying_out
from .armature import rest_pose
from .bake import bake
from .constraints import fights, mute, say_fights
from .errors import BadInput
from .ik_controls import ik_animation, joined
from .layers import check_layers
from .object_path import standing_place
from .rig_map import told


class Animated(NamedTuple):
    """rig: the kind that the armature is. start: first frame in the scene. notes: for the user."""

    rig: str
    start: int
    frames: int
    notes: list[str]


class Fitted(NamedTuple):
    """A motion that suits an armature, before any key is set. found: what its bones are. travel: (T, 4, 4) of
    the armature's object, if that moves. notes: for the user."""

    found: Detection
    animation: Animation
    travel: np.ndarray | None
    notes: list[str]


def animate(
    armature: bpy.types.Object, motion: Motion, *, name: str, start: int, baking: BakeSettings | None = None
) -> Animated:
    """Animate an armature with a motion from frame ``start`` of the scene; its action gets a name.

    Raises BadInput, and then nothing has changed.
    """
    baking = baking or BakeSettings()
    return keyed(armature, fitted_to(armature, motion, baking), name=name, start=start, baking=baking)


def fitted_to(armature: bpy.types.Object, motion: Motion, baking: BakeSettings) -> Fitted:
    """What a motion is on an armature; changes nothing. Raises BadInput."""
    rest = _rest(armature)
    try:
        found = told(armature, rest)
        rest = found.rest or rest
        parts = {"extras": found.extras, "twists": found.twists}
        fitted = fit(motion, rest, found.mapping, **parts, refine=baking.refine)
        animation = _cut(fitted, baking)
        carried = carry_root(animation, rest, found.mapping["hips"], baking.root_motion, baking.root_turns)
    except (RigError, FitError, RootMotionError) as error:
        raise BadInput(f"{str(error).rstrip('.')}.") from error
    if baking.layer != "new":
        check_layers(armature)
    notes = [*motion.notes, *found.notes, *animation.notes]
    return Fitted(found, carried.animation, carried.travel, notes)


def keyed(
    armature: bpy.types.Object, fitted: Fitted, *, name: str, start: int, baking: BakeSettings
) -> Animated:
    """Key what was fitted from frame ``start`` of the scene."""
    found, animation, travel, notes = fitted
    pulling = fights(armature, {*animation.bone_names, *animation.locations}, travel is not None)
    notes = [*notes, *say_fights(pulling, baking.mute_constraints)]
    if armature.data.pose_position == "REST":
        notes.append(f"{armature.name} shows its rest position: switch it to Pose Position to see it move.")
    if baking.mute_constraints:
        mute(pulling)
    switches = found.properties
    if baking.limbs == "ik":
        if found.ik:
            animation = joined(animation, _ik(armature, animation, found, start))
            switches = {
                bone: {**switches.get(bone, {}), **found.ik_properties.get(bone, {})}
                for bone in {**switches, **found.ik_properties}
            }
        else:
            notes.append(f"No IK controls of {armature.name} are known: its limbs are keyed by FK.")
    bake(armature, animation, name=name, start=start, settings=baking, travel=travel, switches=switches)
    return Animated(found.rig, start, animation.frames, notes)


def _rest(armature: bpy.types.Object) -> RestPose:
    try:
        return replace(rest_pose(armature), world=standing_place(armature))
    except ValueError as error:
        raise BadInput(f"{error}.") from error


def _ik(armature: bpy.types.Object, animation: Animation, found: Detection, start: int) -> Animation:
    """What the IK controls do under this animation, from a bake that is gone afterwards."""
    with trying_out(armature):
        bake(armature, animation, name="FK", start=start, switches=found.properties)
        frames = range(start, start + animation.frames)
        return ik_animation(armature, found.mapping, found.ik, frames, animation.fps)


def _cut(animation: Animation, baking: BakeSettings) -> Animation:
    try:
        chosen = baking.cut(animation.frames)
    except ValueError as error:
        raise BadInput(str(error)) from error
    return replace(
        animation,
        rotations=animation.rotations[chosen],
        locations={bone: places[chosen] for bone, places in animation.locations.items()},
    )
