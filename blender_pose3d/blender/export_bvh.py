"""BVH with the rig's own joint names, or with the usual ones in the usual order."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..bvh import bvh_text
from ..joint_motion import JointMotion, renamed, without_still_root
from ..retarget import RestPose
from ..rig_maps import detect
from .errors import BadInput
from .export_files import write_whole
from .export_presets import BVH_UNITS, ExportSettings
from .export_skeleton import Skeleton, skeleton_of
from .rig_map import told
from .scene import frame_rate

_LIMBS = (
    ("shoulder", "Shoulder"), ("upper_arm", "Arm"), ("forearm", "ForeArm"), ("hand", "Hand"),
    ("thigh", "UpLeg"), ("shin", "Leg"), ("foot", "Foot"), ("toe", "ToeBase"),
)  # fmt: skip
_TRUNK = {"hips": "Hips", "spine": "Spine", "chest": "Spine1", "neck": "Neck", "head": "Head"}
_USUAL = _TRUNK | {
    f"{role}.{side[0]}": f"{side}{name}" for side in ("Left", "Right") for role, name in _LIMBS
}
# Legs, then the back, then the arms, left before right: as in MotionBuilder's and CMU's files.
_ORDER = (
    "Hips", "LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase", "RightUpLeg", "RightLeg", "RightFoot",
    "RightToeBase", "Spine", "Spine1", "Neck", "Head", "LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand",
    "RightShoulder", "RightArm", "RightForeArm", "RightHand",
)  # fmt: skip


def export_bvh(
    armature: bpy.types.Object, path: str | Path, *, settings: ExportSettings | None = None
) -> Path:
    """The deforming bones over the scene's frame range, y up, as Blender evaluates them.

    Raises ExportError; BadInput where the usual names are asked for and the rig is not known.
    """
    settings = settings or ExportSettings()
    skeleton = skeleton_of(armature, settings, None)
    motion = skeleton.motion if settings.bvh_names == "rig" else _usual(armature, skeleton)
    top = armature.data.bones.get(motion.names[0])
    if top is not None and not top.use_deform:
        motion = without_still_root(motion)
    text = bvh_text(motion, frame_rate(bpy.context.scene), settings.bvh_order, BVH_UNITS[settings.bvh_unit])
    return write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))


def _usual(armature: bpy.types.Object, skeleton: Skeleton) -> JointMotion:
    motion = skeleton.motion
    try:
        mapping = told(armature).mapping
        if not set(mapping.values()) <= set(motion.names):
            mapping = detect(_rest(motion), armature.name).mapping  # controls: deforming bones play the roles
        names = {bone: _USUAL[role] for role, bone in mapping.items() if role in _USUAL}
        return renamed(motion, names, _ORDER)
    except ValueError as error:
        raise BadInput(
            f"{armature.name} cannot have the usual joint names: {error}. Take the rig's own."
        ) from error


def _rest(motion: JointMotion) -> RestPose:
    count = len(motion.names)
    return RestPose(
        motion.names,
        motion.parents,
        motion.rest,
        np.maximum(np.linalg.norm(motion.tails - motion.rest[:, :3, 3], axis=1), 1e-3),
        np.eye(4),
        np.zeros(count, bool),
        np.ones(count, bool),
        np.ones(count, bool),
    )
