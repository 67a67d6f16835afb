"""Hands that rest: on a table, a wall, a knee. Each rest gets one place, and the arm follows."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .contacts import SEEN, most_probable
from .frames import arm_hinge
from .holds import ease_off, grip_weight, offset
from .limbs import bend, reach
from .rotations import frame, unit
from .skeleton import Skeleton
from .spans import middles

_STILL = 0.15  # m/s below which a hand rests rather than moves
_SETTLE = 0.08  # seconds over which speed is measured
_REST = 0.4  # seconds a hand must be still to rest


def hold_hands(
    joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, fps: float, size: float
) -> np.ndarray:
    """Joints (T, J, 3) metres, with scores (T, J), whose hands stay in one place while they rest.

    size: of the person, 1 for 1.70 m. Bones keep their lengths; only elbows and wrists move.
    """
    wrists = [skeleton.index(side + "Wrist") for side in "LR"]
    points = joints[:, wrists]
    rests = resting_hands(joints, score, skeleton, fps, size)
    if not rests.any():
        return joints
    missing = middles(points, rests) - points
    grip, hold = ease_off(rests, fps), grip_weight(rests, fps)
    chest = frame(
        joints[:, skeleton.index("Thorax")] - joints[:, skeleton.index("Spine")],
        joints[:, skeleton.index("LShoulder")] - joints[:, skeleton.index("RShoulder")],
    )

    def at(name: str) -> np.ndarray:
        return joints[:, skeleton.index(name)]

    moved = joints.copy()
    for hand, side in enumerate("LR"):
        shoulder, elbow, wrist = (at(side + name) for name in ("Shoulder", "Elbow", "Wrist"))
        length = np.linalg.norm(elbow - shoulder, axis=-1) + np.linalg.norm(wrist - elbow, axis=-1)
        way = wrist + offset(missing[:, hand], hold[:, hand], fps) - shoulder
        far = np.linalg.norm(way, axis=-1)
        # An arm that rests nowhere may be as straight as it was.
        far += grip[:, hand] * (reach(length, far) - far)
        end = shoulder + np.minimum(far, length)[:, None] * unit(way)
        hinge = arm_hinge(at, side, chest, fps)[2]
        moved[:, skeleton.index(side + "Elbow")] = bend(shoulder, elbow, wrist, end, hinge)
        moved[:, wrists[hand]] = end
    return moved


def resting_hands(
    joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, fps: float, size: float
) -> np.ndarray:
    """(T, 2) bool: when the left and the right hand are still for a while, and seen.

    joints: (T, J, 3) metres. score: (T, J). size: of the person, 1 for 1.70 m.
    """
    wrists = [skeleton.index(side + "Wrist") for side in "LR"]
    points, score = joints[:, wrists], score[:, wrists]
    if len(points) < 2:
        return np.zeros(points.shape[:-1], dtype=bool)
    settled = gaussian_filter1d(points, _SETTLE * fps, axis=0, mode="nearest")
    speed = np.linalg.norm(np.gradient(settled, axis=0), axis=-1) * fps
    say = np.clip(1.0 - (speed / (_STILL * size)) ** 2, -1.0, 1.0)
    say = np.where(score >= SEEN, say, -0.5)
    # What comes for a rest must pay for the change into it and the change out of it.
    return most_probable(say / fps, _REST / 2)
