"""Where the feet are and when they stand."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from .skeleton import Skeleton

# Heights above the sole of somebody 1.70 m tall, metres.
ANKLE_HEIGHT, TOE_HEIGHT = 0.08, 0.015
# A foot slower than the first surely stands, faster than the second surely does not (m/s).
_STANDS, _MOVES = 0.25, 0.5
_LOW, _HIGH = 0.03, 0.12  # metres above its lowest nearby


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
