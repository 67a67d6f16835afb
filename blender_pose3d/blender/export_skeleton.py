"""What an export is made of: an armature's deforming bones as Blender evaluates them."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ..joint_motion import JointMotion, carried, deforming, rigid, with_root
from .actions import curves_of
from .errors import BadInput
from .export_presets import ExportSettings, Preset
from .object_path import standing_place
from .pose_sampling import poses_of
from .scene import frame_rate


@dataclass(frozen=True)
class Skeleton:
    """motion: the joints of the export. base: (4, 4) where the armature's own space lies at rest, metres.
    joint: bone of the armature → the joint that goes with it."""

    motion: JointMotion
    base: np.ndarray
    joint: dict[str, str]


def skeleton_of(armature: bpy.types.Object, settings: ExportSettings, preset: Preset | None) -> Skeleton:
    """The skeleton of an export over the scene's frame range. Raises BadInput for what cannot be exported."""
    if armature.type != "ARMATURE":
        raise BadInput(f"{armature.name} is no armature: choose the character's armature.")
    if not armature.data.bones:
        raise BadInput(f"{armature.name} has no bones.")
    scene = bpy.context.scene
    still = settings.content == "character"
    frames = range(scene.frame_current, scene.frame_current + 1)
    whole, base = _evaluated(armature, frames if still else range(scene.frame_start, scene.frame_end + 1))
    if not still:
        _must_move(armature, whole)
    deform = np.array([pose_bone.bone.use_deform for pose_bone in armature.pose.bones])
    try:
        motion, goes = deforming(whole, deform)
    except ValueError as error:
        raise BadInput(
            f"{armature.name} has no bone that deforms: switch Deform on for the bones that shall go out."
        ) from error
    if preset is not None and preset.root:
        motion = with_root(motion)
    if settings.root_motion is not None and not still:
        motion = carried(with_root(motion), settings.root_motion, frame_rate(scene))
    shift = len(motion.names) - int(goes.max()) - 1  # a root that was put above
    joint = {name: motion.names[max(g, 0) + shift] for name, g in zip(whole.names, goes, strict=True)}
    return Skeleton(motion, base, joint)


def _evaluated(armature: bpy.types.Object, frames: range) -> tuple[JointMotion, np.ndarray]:
    """All bones, and where the armature's space lies at rest."""
    worlds, poses = poses_of(armature, frames)
    bones = [pose_bone.bone for pose_bone in armature.pose.bones]
    index = {bone.name: i for i, bone in enumerate(bones)}
    base = _base(armature)
    tails = np.array([bone.tail_local for bone in bones])
    motion = JointMotion(
        names=tuple(index),
        parents=np.array([index[bone.parent.name] if bone.parent else -1 for bone in bones]),
        rest=rigid(base @ np.array([bone.matrix_local for bone in bones])),
        tails=tails @ base[:3, :3].T + base[:3, 3],
        world=rigid(worlds[:, None] @ poses),
    )
    return motion, base


def _base(armature: bpy.types.Object) -> np.ndarray:
    """(4, 4) the object's scale and turn without its place: all clips of a character share one rest pose,
    wherever it stands in the scene."""
    base = standing_place(armature)
    base[:3, 3] = 0.0
    return base


def _must_move(armature: bpy.types.Object, motion: JointMotion) -> None:
    data = armature.animation_data
    action = data.action if data else None
    keyed = bool(action and any(len(curve.keyframe_points) for curve in curves_of(action, armature)))
    if keyed or (data and data.nla_tracks) or np.ptp(motion.world, axis=0).max() > 1e-6:
        return
    what = f"its action {action.name} has no keys" if action else "it has no action"
    raise BadInput(f"{armature.name} has no animation to export: {what}.")
