"""Twist of a limb about itself, shared by the bones along it.

An upper arm turns about its length mostly near its lower end: at the shoulder the skin stays with the body.
Rigs have bones for that. Some have them in the chain (a bone that bends and one that twists, as Daz), some
beside it (as Unreal). A bone gets as much of the twist as it lies along the limb.
"""

from __future__ import annotations

import numpy as np

from .chains import Limb
from .quaternions import about, conjugate, multiply
from .rotations import dot


def twist_angle(free: np.ndarray, full: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(T,) radians about unit ``axis`` (T, 3) that lead from rotations ``free`` to ``full`` (4, T), without
    jumps of whole turns; the clip as a whole is nearest to none."""
    q = multiply(full, conjugate(free))
    angle = np.unwrap(2.0 * np.arctan2(dot(q[1:].T, axis), q[0]))
    return angle - 2 * np.pi * np.round(np.median(angle) / (2 * np.pi))


def shared(limb: Limb, free: np.ndarray, full: np.ndarray, axis: np.ndarray) -> dict[int, np.ndarray]:
    """Bone → (4, T) world rotation away from rest for all bones of a limb with a twist.

    free, full: (4, T) of the limb without its twist and with it. axis: (T, 3) along it. Of bones in a row
    the first gets none and the last all; a bone beside them gets its share by where it starts.
    """
    last = len(limb.serial) - 1
    places = [(bone, place / last if last else 1.0) for place, bone in enumerate(limb.serial)]
    places += list(limb.beside)
    if all(share == 1.0 for _, share in places):
        return {bone: full for bone, _ in places}
    angle = twist_angle(free, full, axis)
    return {
        bone: full if share == 1.0 else multiply(about(axis, share * angle), free) for bone, share in places
    }
