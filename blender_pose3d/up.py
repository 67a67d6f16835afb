"""Which way is up, seen from the camera: people stand on their feet, and on one floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bones import unit
from .camera import up_for_tilt
from .feet import soles
from .skeleton import Skeleton

# What is known before looking (degrees): a camera is seldom rolled, often tilted; bodies lean; a floor point
# misses by centimetres (metres).
_ROLL, _TILT, _LEAN = np.radians([2.5, 25.0, 4.0])
_FLOOR_ERROR = 0.04
_STEPS_COUNTED = 16  # more steps share the same errors of depth and add nothing
_UPRIGHT_NEEDED = 0.5  # seconds


@dataclass(frozen=True)
class Up:
    """direction: (3,) unit, camera axes. upright: seconds of upright posture it rests on. found: whether that
    was enough; otherwise the camera is taken to be level."""

    direction: np.ndarray
    upright: float
    found: bool


def find_up(joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, fps: float) -> Up:
    """Up direction from joints (T, J, 3) in camera axes, metres, with scores (T, J).

    The most probable direction given a level camera as a weak prior, the mean axis from feet to
    shoulders over upright frames, and a plane through the places where feet stand, with Cauchy weights.
    """
    body, upright = _body_axis(joints, score, skeleton)
    seconds = float(upright.sum() / fps)
    if seconds < _UPRIGHT_NEEDED:
        return Up(up_for_tilt(0.0), seconds, False)
    axis = unit(body[upright].mean(axis=0))
    for _ in range(8):
        off = np.linalg.norm(body[upright] - axis, axis=-1)
        axis = unit((body[upright] / (1.0 + (off / 0.1) ** 2)[:, None]).sum(axis=0))
    up = axis
    for _ in range(3):
        up = _most_probable(up, axis, *soles(joints, skeleton, up, fps), fps)
    return Up(up, seconds, True)


def _body_axis(joints: np.ndarray, score: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Unit axes (T, 3) from between the ankles to between the shoulders; which frames (T,) are upright."""
    at = skeleton.index
    ankles = (joints[:, at("LAnkle")] + joints[:, at("RAnkle")]) / 2
    axis = unit(joints[:, at("Thorax")] - ankles)
    trunk = unit(joints[:, at("Thorax")] - joints[:, at("Hip")])
    upright = (trunk * axis).sum(-1) > np.cos(np.radians(30))
    upright &= axis[:, 1] < -np.cos(np.radians(60))
    for side in "LR":
        thigh = unit(joints[:, at(side + "Knee")] - joints[:, at(side + "Hip")])
        shank = unit(joints[:, at(side + "Ankle")] - joints[:, at(side + "Knee")])
        upright &= (thigh * shank).sum(-1) > np.cos(np.radians(75))
        upright &= (thigh * -axis).sum(-1) > np.cos(np.radians(50))
        upright &= score[:, at(side + "Ankle")] > 0
    return axis, upright


def _most_probable(
    up: np.ndarray, axis: np.ndarray, points: np.ndarray, weight: np.ndarray, fps: float
) -> np.ndarray:
    """One Gauss-Newton step for the two small rotations of ``up``, with the floor's offset eliminated."""
    level = up_for_tilt(0.0)
    side = unit(np.cross(up, [0.0, 0.0, 1.0]))
    ahead = np.cross(side, up)
    ahead = ahead if ahead[2] > 0 else -ahead
    frame = np.stack([side, ahead])
    normal, right = np.zeros((2, 2)), np.zeros(2)
    for direction, deviation in ((axis, np.array([_LEAN, _LEAN])), (level, np.array([_ROLL, _TILT]))):
        normal += np.diag(deviation**-2.0)
        right += frame @ (direction - up) / deviation**2
    weight, points = weight.ravel(), points.reshape(-1, 3)
    steps = weight.sum() / (0.3 * fps)
    if steps >= 1:
        tilt = np.zeros(2)
        across, rise = points @ frame.T, points @ up
        robust = weight
        for _ in range(5):
            mean, middle = (
                np.average(across, axis=0, weights=robust),
                np.average(rise, weights=robust),
            )
            scale = min(steps, _STEPS_COUNTED) / weight.sum() / _FLOOR_ERROR**2
            spread = across - mean
            gathered = scale * (robust[:, None] * spread).T @ spread
            pulled = -scale * (robust[:, None] * spread).T @ (rise - middle)
            tilt = np.linalg.solve(normal + gathered, right + pulled)
            off = rise - middle + spread @ tilt
            robust = weight / (1.0 + (off / (2 * _FLOOR_ERROR)) ** 2) + 1e-9
        return unit(up + frame.T @ tilt)
    return unit(up + frame.T @ np.linalg.solve(normal, right))
