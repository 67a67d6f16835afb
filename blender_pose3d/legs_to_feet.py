"""Legs go to where feet stand: the hips help where they do not reach, and knees are bent to suit."""

from __future__ import annotations

import numpy as np

from .banded import stiffness_for, whittaker
from .frames import leg_hinge
from .limbs import bend, overreach, reach
from .rotations import frame, unit
from .skeleton import Skeleton

_HIPS, _PULL = 2.0, 2.0  # Hz and weight of the help of the hips: firmer, they would shake
_HIP_ROUNDS = 3


def hips_help(
    joints: np.ndarray, ankles: np.ndarray, grip: np.ndarray, skeleton: Skeleton, fps: float
) -> np.ndarray:
    """(T, 3) way of the whole body towards feet that stand out of the legs' reach."""
    help_ = np.zeros((len(joints), 3))
    hips, length = leg_lengths(joints, skeleton)
    stands = grip.reshape(len(joints), 2, -1).max(axis=2)
    stay = stiffness_for(min(_HIPS, 0.4 * fps), fps, order=2)
    for _ in range(_HIP_ROUNDS):
        way = ankles - hips - help_[:, None]
        distance = np.linalg.norm(way, axis=-1)
        short = stands * overreach(length, distance)
        if not short.any():
            break
        pull = (short[..., None] ** 2 * unit(way)).sum(axis=1) / np.maximum(short.sum(axis=1), 1e-9)[:, None]
        weight = _PULL * (short.max(axis=1) > 0)
        help_ += whittaker(pull * (weight / (weight + 1.0))[:, None], weight + 1.0, stay, order=2)
    return help_


def leg_lengths(joints: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Hip joints (T, 2, 3) and lengths (T, 2) of left and right leg, metres, of joints (T, J, 3)."""
    hip, knee, ankle = (
        joints[:, [skeleton.index(side + name) for side in "LR"]] for name in ("Hip", "Knee", "Ankle")
    )
    return hip, np.linalg.norm(knee - hip, axis=-1) + np.linalg.norm(ankle - knee, axis=-1)


def bent_legs(
    joints: np.ndarray, ankles: np.ndarray, skeleton: Skeleton, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, J, 3) with ankles (T, 2, 3) in their new places, or as near as legs reach, and knees bent to
    suit; and by how much (T, 2, 3) these fall short."""
    moved = joints.copy()
    short = np.zeros_like(ankles)
    pelvis = frame(
        joints[:, skeleton.index("LHip")] - joints[:, skeleton.index("RHip")],
        joints[:, skeleton.index("Spine")] - joints[:, skeleton.index("Hip")],
    )
    ahead = np.cross(pelvis[..., 0], pelvis[..., 1])

    def at(name: str) -> np.ndarray:
        if name in skeleton.joints:
            return joints[:, skeleton.index(name)]
        return joints[:, skeleton.index(name[0] + "Ankle")] + ahead

    for foot, side in enumerate("LR"):
        hip, knee, ankle = (at(side + name) for name in ("Hip", "Knee", "Ankle"))
        length = np.linalg.norm(knee - hip, axis=-1) + np.linalg.norm(ankle - knee, axis=-1)
        way = ankles[:, foot] - hip
        end = hip + unit(way) * reach(length, np.linalg.norm(way, axis=-1))[:, None]
        hinge = leg_hinge(at, side, pelvis, fps)[2]
        moved[:, skeleton.index(side + "Knee")] = bend(hip, knee, ankle, end, hinge)
        moved[:, skeleton.index(side + "Ankle")] = end
        short[:, foot] = end - ankles[:, foot]
    return moved, short
