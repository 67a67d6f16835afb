"""The root's path: the 3D pose must fall on the 2D joints in perspective, all frames together."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded

from .banded import difference_penalty

# How far the root strays from a steady pace (m/s^2), against the error of one joint of a lifted pose (m).
_ACCELERATION = 10.0
_POSE_ERROR = 0.04
_ROUNDS = 5
_NEAREST = 0.3  # metres in front of the camera


def root_path(
    pose: np.ndarray, rays: np.ndarray, weight: np.ndarray, fps: float, turns: np.ndarray | None = None
) -> np.ndarray | None:
    """Translations (T, 3) metres of a hip-relative pose in camera axes; None if the joints do not tell.

    pose: (T, N, 3) metres, axes of each frame's camera. rays: (T, N, 2), (u - cx) / fx and (v - cy) / fy of
    the same joints. weight: (T, N), 0 where the joint was not seen. turns: (T, 3, 3) from each frame's camera
    axes to those of the first, in which the path is smooth and comes out; None for a camera that is still.

    A joint X on its ray r with the root at t means X_xy + t_xy = r (X_z + t_z): linear in t. Normal equations
    of all frames plus a penalty on the root's acceleration make one banded system (7 bands); rounds of
    iterative reweighting (Cauchy) take the power from joints that do not fit.
    """
    weight = np.where(np.isfinite(rays).all(-1), weight, 0.0)
    rays = np.nan_to_num(rays)
    if not _tells_depth(pose, rays, weight):
        return None
    known = rays * pose[..., 2:] - pose[..., :2]
    robust = np.ones_like(weight)
    for _ in range(_ROUNDS):
        path = _solve(rays, known, weight * robust, fps, turns)
        local = path if turns is None else np.einsum("tji,tj->ti", turns, path)
        missed = np.linalg.norm(local[:, None, :2] - rays * local[:, None, 2:] - known, axis=-1)
        robust = 1.0 / (1.0 + (missed / (2.0 * _POSE_ERROR)) ** 2)
    if not np.isfinite(path).all() or np.median(local[:, 2]) < _NEAREST:
        return None
    local = np.concatenate([local[:, :2], np.maximum(local[:, 2:], _NEAREST)], axis=1)
    return local if turns is None else np.einsum("tij,tj->ti", turns, local)


def _tells_depth(pose: np.ndarray, rays: np.ndarray, weight: np.ndarray) -> bool:
    """Whether some frame has two seen joints apart in the picture and in the pose."""
    seen = (weight > 0)[..., None]
    # A column with no sight at all spans -inf, which is not more than anything.
    spans = [
        np.where(seen, v, -np.inf).max(axis=1) - np.where(seen, v, np.inf).min(axis=1)
        for v in (rays, pose[..., :2])
    ]
    return bool(((spans[0].max(-1) > 1e-4) & (spans[1].max(-1) > 0.05)).any())


def _solve(
    rays: np.ndarray, known: np.ndarray, weight: np.ndarray, fps: float, turns: np.ndarray | None
) -> np.ndarray:
    frames = len(rays)
    precision = weight / _POSE_ERROR**2
    total, slope = precision.sum(1), (precision[..., None] * rays).sum(1)
    square = np.zeros((frames, 3, 3))
    square[:, 0, 0] = square[:, 1, 1] = total
    square[:, 2, :2] = square[:, :2, 2] = -slope
    square[:, 2, 2] = (precision * (rays**2).sum(-1)).sum(1)
    right = np.empty((frames, 3))
    right[:, :2] = (precision[..., None] * known).sum(1)
    right[:, 2] = -(precision * (rays * known).sum(-1)).sum(1)
    if turns is not None:
        square = turns @ square @ turns.transpose(0, 2, 1)
        right = np.einsum("tij,tj->ti", turns, right)

    bands = np.zeros((7, frames, 3))  # lower bands of the interleaved unknowns x0 y0 z0 x1 ...
    for lag in range(3):
        for axis in range(3 - lag):
            bands[lag, :, axis] = square[:, axis + lag, axis]
    order = min(2, frames - 1)
    # Neighbours share their errors: a lifted pose is wrong in the same way for some tenths of a second.
    stiffness = (fps**order / _ACCELERATION) ** 2 * max(1.0, 0.3 * fps)
    for lag, band in enumerate(difference_penalty(frames, order)):
        bands[3 * lag] += band[:, None] * stiffness
    bands[0] += 1e-6 * max(float(bands[0].max()), 1.0) / 1e6
    return solveh_banded(bands.reshape(7, -1), right.reshape(-1), lower=True).reshape(frames, 3)
