"""Collar bones that follow the arms: what is seen of the shoulders' line, and the lift of raised arms.

A person's joints show how the line of the shoulders tilts, and hide that both shoulders rise as both arms do.
The girdle gives about a third of an arm's elevation (Inman, Saunders and Abbott, Journal of Bone and Joint
Surgery 26, 1944), but most of that is the scapula's turning on the spot; the collar bone itself rises by 10°
to 15° over the full range, after an onset in which only the arm moves (Ludewig et al., Journal of Bone and
Joint Surgery 91, 2009).
"""

from __future__ import annotations

import numpy as np

from .quaternions import about, multiply
from .rotations import cross, dot, smoothstep

# Degrees of collar bone for a degree of arm, beyond the onset.
FOLLOW = 0.12
ONSET = np.deg2rad(30.0)
_TOP = np.deg2rad(170.0)  # the highest arm that still lifts the shoulder


def elevation(arm: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(...) radians by which upper arms (..., 3) are raised from hanging along the chest; unit vectors."""
    return np.arccos(np.clip(-dot(arm, up), -1.0, 1.0))


def lift(
    arms: dict[str, np.ndarray], rest: dict[str, np.ndarray], up: np.ndarray, rest_up: np.ndarray
) -> np.ndarray:
    """(T,) radians by which both collar bones rise together.

    arms: "L", "R" → (T, 3) unit directions of the upper arms; rest: (3,) the same at rest. up, rest_up: of
    the chest. The shoulders of a rest pose suit its arms, so only what is above counts, and none ever sinks.
    What only one arm does is in the line of the shoulders already, so half of the sum serves both.
    """
    most = [np.maximum(elevation(rest[side], rest_up), ONSET) for side in arms]
    raised = [
        FOLLOW * _rising(elevation(arms[side], up) - start, _TOP - float(start))
        for side, start in zip(arms, most, strict=True)
    ]
    return np.mean(raised, axis=0)


def lifted(turn: np.ndarray, side: str, chest: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(4, T) rotation of a collar bone, lifted by an angle (T,). chest: (T, 3, 3) frame of up, left, back."""
    ahead = cross(chest[..., 1], chest[..., 0])
    return multiply(about(ahead if side == "L" else -ahead, angle), turn)


def _rising(value: np.ndarray, most: float) -> np.ndarray:
    """What of a value is above zero, with a soft start over the first fifth of ``most``."""
    soft = 0.2 * max(most, 1e-3)
    return np.clip(value, 0.0, most) * smoothstep(value, 0.0, soft)
