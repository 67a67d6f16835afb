"""Rotations of a body's segments from the joints of the CMU skeletons.

A joint's rotation is told relative to the file's own rest pose, and rest poses differ: legs apart or
together, arms out or down, elbows straight or a little bent. What a segment's rest is in the canonical T
pose (segments.py) is put right here, with what was measured on the clips where the rest pose does not say it:

- feet stand flat where they are turned as the shin is (legs-apart skeletons) or as at rest (the Daz one);
- elbows bend about an axis turned by 30 degrees about the upper arm;
- knees bend about the left-right axis of the thigh's rest, as they should;
- the trunk leans, and the face looks down, as _BACK and _NECK_AND_HEAD say.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from .bvh import Bvh
from .segments import SEGMENTS

_ELBOW_TWIST = -30.0  # degrees about x, canonical to rest
_DOWN, _UP = np.array([0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0])
_SIDES = {"left": ("Left", "l", 1.0), "right": ("Right", "r", -1.0)}

_CMU_MB = {
    "pelvis": "Hips", "lower_back": "LowerBack", "upper_back": "Spine", "chest": "Spine1", "neck": "Neck1",
    "head": "Head", "clavicle": "{0}Shoulder", "upper_arm": "{0}Arm", "forearm": "{0}ForeArm",
    "hand": "{0}Hand", "thigh": "{0}UpLeg", "shin": "{0}Leg", "foot": "{0}Foot", "toes": "{0}ToeBase",
}  # fmt: skip
_CMU_JOINTS = {
    "pelvis": "Hips", "lower_back": "lowerback", "upper_back": "Chest", "chest": "Chest2", "neck": "Neck",
    "head": "Head", "clavicle": "{0}Collar", "upper_arm": "{0}Shoulder", "forearm": "{0}Elbow",
    "hand": "{0}Wrist", "thigh": "{0}Hip", "shin": "{0}Knee", "foot": "{0}Ankle", "toes": "{0}Toe",
}  # fmt: skip
_DAZ = {
    "pelvis": "hip", "lower_back": "abdomen", "upper_back": "chest", "chest": "chest", "neck": "neck",
    "head": "head", "clavicle": "{1}Collar", "upper_arm": "{1}Shldr", "forearm": "{1}ForeArm",
    "hand": "{1}Hand", "thigh": "{1}Thigh", "shin": "{1}Shin", "foot": "{1}Foot", "toes": "{1}Foot",
}  # fmt: skip
# Degrees by which the files' segments are pitched backwards. So the line from hips to shoulders leans as that
# of the actors' own joints does, and over upright frames faces look 7 degrees down; as the files have it, 20,
# 10 and -2.
_BACK = {"lower_back": 10.0, "upper_back": 10.0, "chest": 4.0}
_NECK_AND_HEAD = {"Hips/LeftUpLeg": (0.0, 13.0), "Hips/LeftHip": (-8.0, 3.0), "hip": (0.0, -9.0)}


def _naming(names: list[str]) -> tuple[str, dict[str, str]]:
    if "LeftUpLeg" in names:
        return "Hips/LeftUpLeg", _CMU_MB
    return ("Hips/LeftHip", _CMU_JOINTS) if "LeftHip" in names else ("hip", _DAZ)


def segment_rotations(bvh: Bvh, world: np.ndarray) -> np.ndarray:
    """(T, segments, 4) float32 unit quaternions w, x, y, z, continuous in time.

    world: (T, J, 3, 3) rotations of the file's joints, from its rest pose.
    """
    kind, parts = _naming(bvh.names)
    index = {name: i for i, name in enumerate(bvh.names)}
    rest = {name: np.eye(3) for name in SEGMENTS}
    source = {}
    for name in SEGMENTS:
        side, _, part = name.partition("_")
        joint = parts[part].format(*_SIDES[side]) if side in _SIDES else parts[name]
        source[name] = index[joint]
    for side, (_, _, sign) in _SIDES.items():
        rest |= _limbs_at_rest(bvh, source, side, sign, daz=parts is _DAZ)
    if parts is not _DAZ:
        for name, end in (("lower_back", "upper_back"), ("upper_back", "chest"), ("neck", "head")):
            rest[name] = _swing(_UP, bvh.offsets[source[end]])
    pitch = _BACK | dict(zip(("neck", "head"), _NECK_AND_HEAD[kind], strict=True))
    for name, angle in pitch.items():
        rest[name] = rest[name] @ Rotation.from_euler("x", -angle, degrees=True).as_matrix()
    turned = np.stack([world[:, source[name]] @ rest[name] for name in SEGMENTS], axis=1)
    if parts is _DAZ:
        # Its chest is one bone from the waist up, and its neck leans where the head leans back again.
        at = SEGMENTS.index
        turned[:, at("upper_back")] = turned[:, at("lower_back")] + turned[:, at("chest")]
        turned[:, at("neck")] = turned[:, at("chest")] + turned[:, at("head")]
    quaternions = Rotation.from_matrix(turned.reshape(-1, 3, 3)).as_quat()
    quaternions = quaternions.reshape(*turned.shape[:2], 4)[..., [3, 0, 1, 2]]
    flips = np.sign((quaternions[1:] * quaternions[:-1]).sum(axis=-1))
    flips = np.cumprod(np.where(flips < 0, -1.0, 1.0), axis=0)
    quaternions[1:] *= flips[..., None]
    return quaternions.astype(np.float32)


def _limbs_at_rest(
    bvh: Bvh, source: dict[str, int], side: str, sign: float, *, daz: bool
) -> dict[str, np.ndarray]:
    """(3, 3) rotations from the canonical T pose to the file's rest pose."""

    def along(part: str) -> np.ndarray:
        return bvh.offsets[source[f"{side}_{part}"]]

    rest = {}
    upper_arm, forearm = along("forearm"), along("hand")
    twist = Rotation.from_euler("x", _ELBOW_TWIST, degrees=True).as_matrix()
    rest["upper_arm"] = _swing(np.array([sign, 0.0, 0.0]), upper_arm) @ twist
    # The Daz skeleton's elbows and knees are bent at rest (17 and 8 degrees) where the actors' were straight,
    # which the smallest angles of one subject, told in both skeletons, confirm.
    rest["forearm"] = rest["upper_arm"] if daz else _swing(upper_arm, forearm) @ rest["upper_arm"]
    rest["hand"] = rest["forearm"]
    thigh, shin = along("shin"), along("foot")
    rest["thigh"] = _swing(_DOWN, thigh)
    rest["shin"] = rest["foot"] = rest["thigh"] if daz else _swing(thigh, shin) @ rest["thigh"]
    if daz:
        tip = bvh.offsets[bvh.parents.index(source[f"{side}_foot"])]
        rest["foot"] = _swing(np.array([0.0, 0.0, 1.0]), tip * (1.0, 0.0, 1.0))
    rest["toes"] = rest["foot"]
    return {f"{side}_{part}": turn for part, turn in rest.items()}


def _swing(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest rotation (3, 3) from one direction to another."""
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    x, y, z = np.cross(start, end)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + start @ end)
