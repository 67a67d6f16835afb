"""Where the feet are and when they stand."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from .bones import unit
from .skeleton import Skeleton

_UP = np.array([0.0, 0.0, 1.0])
# Heights above the sole of somebody 1.70 m tall, and how far the heel reaches behind the ankle, metres.
ANKLE_HEIGHT, TOE_HEIGHT, HEEL = 0.08, 0.015, 0.05
# A foot slower than the first surely stands, faster than the second surely does not (m/s).
_STANDS, _MOVES = 0.25, 0.5
_LOW, _HIGH = 0.03, 0.12  # metres above its lowest nearby
_STEEP = 0.25, 0.5  # cosines of a foot's slope between which its sole stops being level


def foot_points(joints: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Points (T, F, 3) of the feet: ankles, and toes where there are; their (F,) heights over the sole."""
    names = [n for n in ("LAnkle", "LToe", "RAnkle", "RToe") if n in skeleton.joints]
    height = np.array([TOE_HEIGHT if "Toe" in n else ANKLE_HEIGHT for n in names])
    return joints[:, [skeleton.index(n) for n in names]], height


def standing(points: np.ndarray, up: np.ndarray, fps: float) -> np.ndarray:
    """How surely each point (T, F, 3) stands on the ground: (T, F) from 0 to 1, soft at both ends.

    A point stands while it is slow and near its lowest within a second. up: (3,) in the points' axes.
    A clip of one frame stands.
    """
    if len(points) < 2:
        return np.ones(points.shape[:-1])
    speed = np.linalg.norm(np.gradient(points, axis=0), axis=-1) * fps
    height = points @ up
    lowest = minimum_filter1d(height, 2 * round(0.5 * fps) + 1, axis=0, mode="nearest")
    sure = _fall(speed, _STANDS, _MOVES) * _fall(height - lowest, _LOW, _HIGH)
    return gaussian_filter1d(sure, 0.02 * fps, axis=0, mode="nearest")


def soles(
    joints: np.ndarray, skeleton: Skeleton, up: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where each foot is lowest, at its sole: points (T, 2, 3) and how surely they stand (T, 2).

    Of ankle and toe the lower one counts: on tiptoe the ankle stands still, but not on the floor.
    """
    points, height = foot_points(joints, skeleton)
    sure = standing(points, up, fps)
    sole = (points - height[:, None] * up).reshape(len(points), 2, -1, 3)
    lower = np.argmin(sole @ up, axis=2)[..., None]
    sure = np.take_along_axis(sure.reshape(sole.shape[:-1]), lower, axis=2)[..., 0]
    return np.take_along_axis(sole, lower[..., None], axis=2)[..., 0, :], sure


def _fall(value: np.ndarray, low: float, high: float) -> np.ndarray:
    part = np.clip((high - value) / (high - low), 0.0, 1.0)
    return part * part * (3 - 2 * part)


def rests(skeleton: Skeleton, size: float) -> np.ndarray:
    """(F,) heights above the floor of ``sole_points`` of a foot that stands, metres."""
    return np.tile([0.0, TOE_HEIGHT * size] if "LToe" in skeleton.joints else [0.0], 2)


def sole_points(joints: np.ndarray, skeleton: Skeleton, size: float) -> np.ndarray:
    """(T, F, 3) heel and, where there are toes, their tip, of the left foot and then of the right.

    joints: (T, J, 3) metres. size: of the person, 1 for 1.70 m. The heel is stiff with ankle and toe: under
    and behind the ankle of a foot that stands. Without toes it is the place right below the ankle.
    """
    found = []
    for side in "LR":
        ankle = joints[:, skeleton.index(side + "Ankle")]
        if "LToe" not in skeleton.joints:
            found.append(ankle - ANKLE_HEIGHT * size * _UP)
            continue
        toe = joints[:, skeleton.index(side + "Toe")]
        ahead = unit(toe - ankle)
        # Nothing tells how a foot rolls: its sole is level, unless it points straight up or down as a
        # sleeper's does, and then it faces where the shin points.
        level = _across(-_UP, ahead)
        shin = unit(_across(ankle - joints[:, skeleton.index(side + "Knee")], ahead))
        upright = _fall(np.linalg.norm(level, axis=-1, keepdims=True), *_STEEP)
        down = unit(level + upright * (shin - level))
        length = max(float(np.median(np.linalg.norm(toe - ankle, axis=-1))), 1e-6)
        sin = min((ANKLE_HEIGHT - TOE_HEIGHT) * size / length, 0.9)
        cos = np.sqrt(1.0 - sin**2)
        along, across = ANKLE_HEIGHT * sin - HEEL * cos, ANKLE_HEIGHT * cos + HEEL * sin
        found += [ankle + size * (along * ahead + across * down), toe]
    return np.stack(found, axis=1)


def _across(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return vectors - (vectors * axis).sum(-1, keepdims=True) * axis


def sole_scores(score: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(T, F) scores of ``sole_points`` from scores (T, J) of joints: a heel is seen with its ankle."""
    names = [n for n in ("LAnkle", "LToe", "RAnkle", "RToe") if n in skeleton.joints]
    return score[:, [skeleton.index(name) for name in names]]
