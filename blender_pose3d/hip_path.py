"""Where the hips go: the person's way through the room at the character's size, feet on the floor."""

from __future__ import annotations

import numpy as np

from .rotations import norm
from .skeleton import H36M_19, Skeleton

# Height of an average adult's ankles over the length of the leg above them: ``proportions.Proportions``.
_ANKLE = 0.08


def leg_length(joints: np.ndarray, skeleton: Skeleton = H36M_19) -> float:
    """Thigh and shin of joints (T, J, 3); mean of sides, median over frames."""
    hip, knee, ankle = (
        joints[:, [skeleton.index(side + part) for side in "LR"]] for part in ("Hip", "Knee", "Ankle")
    )
    legs = norm(knee - hip) + norm(ankle - knee)
    return float(np.median(legs.mean(axis=1)))


def hip_path(
    joints: np.ndarray, rest: np.ndarray, origin: np.ndarray, contacts: np.ndarray | None = None
) -> np.ndarray:
    """(T, 3) places of the middle of the character's hips, world metres.

    joints: (T, 19, 3) person, floor at z = 0. rest: (19, 3) joints of the character at rest. origin: (3,) of
    its armature object: the motion starts from there, so that an animator places a character by its object.
    contacts: (T, 4) bool of left heel and toe, right heel and toe, if they are known.
    """
    leg = leg_length(joints)
    scale = leg_length(rest[None]) / leg
    ankles = [H36M_19.index("LAnkle"), H36M_19.index("RAnkle")]
    standing = _standing(joints[:, ankles, 2], contacts, leg)
    ground, sole = floors(rest, float(origin[2]))
    rest_ankle = float(rest[ankles, 2].min()) - sole
    path = scale * (joints[:, 0] - [0.0, 0.0, standing])
    return path + np.array([origin[0], origin[1], ground + rest_ankle])


def _standing(ankles: np.ndarray, contacts: np.ndarray | None, leg: float) -> float:
    """Height of a person's ankles over the floor while they stand, metres. ankles: (T, 2) their heights."""
    if contacts is not None:
        flat = contacts[:, ::2] & contacts[:, 1::2]
        if flat.any():
            return float(np.clip(np.median(ankles[flat]), 0.04 * leg, 0.16 * leg))
    # The lowest that the ankles come is where they stand; a clip that never stands tells nothing of it.
    low = float(np.percentile(ankles.min(axis=1), 5))
    return max(low, 0.04 * leg) if low < 0.16 * leg else _ANKLE * leg


def floors(rest: np.ndarray, origin: float) -> tuple[float, float]:
    """Height of the floor to stand on, and of the floor under the character at rest, metres.

    Both are the height of the object's origin, as nearly all characters are built. Where the feet are far
    from it (a BVH skeleton hangs from its hips) they stand where they are, but not below z = 0.
    """
    feet = [H36M_19.index(name) for name in ("LAnkle", "RAnkle", "LToe", "RToe")]
    lowest = float(rest[feet, 2].min())
    leg = leg_length(rest[None])
    if -0.05 * leg < lowest - origin < 0.12 * leg:
        return origin, origin
    return max(lowest, 0.0), lowest
