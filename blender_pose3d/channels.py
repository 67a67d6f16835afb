"""Quaternions to the other rotation channels a pose bone may have, without jumps between frames."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

_LOCK = 1e-6  # radians from a right angle at which Euler angles lose their first and third axis


def euler_angles(quaternions: np.ndarray, order: str) -> np.ndarray:
    """(T, ..., 3) Euler angles in radians, in the order x, y, z, of (T, ..., 4) unit quaternions wxyz.

    order: as Blender names it, ``"XYZ"``: about x first, then y, then z, about fixed axes. Of the two
    triples that give a rotation, and of all full turns, each frame takes what is nearest to the frame
    before. Raises ValueError for an order that is not a permutation of XYZ.
    """
    if sorted(order) != ["X", "Y", "Z"]:
        raise ValueError(f"Euler order is a permutation of XYZ, not {order!r}.")
    shape = quaternions.shape[:-1]
    angles = _tait_bryan(np.roll(quaternions.reshape(-1, 4), -1, axis=-1), order.lower())
    angles = angles.reshape(shape[0], -1, 3)
    locked = np.abs(np.abs(angles[..., 1]) - np.pi / 2) < _LOCK
    smooth = _nearest_branch(angles)
    for curve in np.flatnonzero(locked.any(axis=0) & ~locked.all(axis=0)):
        smooth[:, curve] = _through_lock(angles[:, curve], locked[:, curve], order)
    axes = ["XYZ".index(axis) for axis in order]
    return smooth[..., np.argsort(axes)].reshape(*shape, 3)


def axis_angles(quaternions: np.ndarray) -> np.ndarray:
    """(T, ..., 4) angle in radians and unit axis of (T, ..., 4) unit quaternions wxyz, continuous in time.

    The axis keeps its direction through rest and the angle becomes negative; a bone at rest has the axis of
    the frame before, or, from the start, that of its first movement (y if it never moves).
    """
    w, v = quaternions[..., :1], quaternions[..., 1:]
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    moves = length[..., 0] > 1e-7
    axis = v / np.where(length > 1e-7, length, 1.0)
    time = np.arange(len(v)).reshape(-1, *[1] * (moves.ndim - 1))
    first = np.where(moves.any(axis=0), moves.argmax(axis=0), 0)
    latest = np.maximum(np.maximum.accumulate(np.where(moves, time, -1), axis=0), first)
    axis = np.take_along_axis(axis, latest[..., None], axis=0)
    never = ~moves.any(axis=0)
    axis[:, never] = (0.0, 1.0, 0.0)
    sign = np.ones(axis.shape[:-1])
    sign[1:] = np.where((axis[1:] * axis[:-1]).sum(-1) < 0, -1.0, 1.0)
    axis = axis * np.cumprod(sign, axis=0)[..., None]
    angle = 2 * np.arctan2((v * axis).sum(-1), w[..., 0])
    return np.concatenate([np.unwrap(angle, axis=0)[..., None], axis], axis=-1)


def quaternions_from_euler(angles: np.ndarray, order: str) -> np.ndarray:
    """(..., 4) quaternions wxyz of (..., 3) Euler angles x, y, z in radians, order as Blender names it."""
    axes = ["XYZ".index(axis) for axis in order]
    turns = Rotation.from_euler(order.lower(), angles.reshape(-1, 3)[:, axes])
    return np.roll(turns.as_quat(), 1, axis=-1).reshape(*angles.shape[:-1], 4)


def _tait_bryan(xyzw: np.ndarray, order: str) -> np.ndarray:
    """(N, 3) angles about fixed axes, first axis first; the middle one within ±90°.

    As SciPy's ``as_euler``, which warns at each frame in gimbal lock; that case is ours to solve here.
    """
    matrix = Rotation.from_quat(xyzw).as_matrix()
    i, j, k = ("xyz".index(axis) for axis in order)
    even = 1.0 if (i + 1) % 3 == j else -1.0
    cos = np.hypot(matrix[:, i, i], matrix[:, j, i])
    middle = np.arctan2(-even * matrix[:, k, i], cos)
    first = np.arctan2(even * matrix[:, k, j], matrix[:, k, k])
    third = np.arctan2(even * matrix[:, j, i], matrix[:, i, i])
    locked = cos < _LOCK
    # there the first and the third turn about one axis: give all of it to the first
    first = np.where(locked, np.arctan2(-even * matrix[:, j, k], matrix[:, j, j]), first)
    third = np.where(locked, 0.0, third)
    return np.stack([first, middle, third], axis=-1)


def _nearest_branch(angles: np.ndarray) -> np.ndarray:
    """Angles (T, N, 3) of the same rotations, each frame the triple nearest to the frame before."""
    other = np.stack([angles[..., 0] + np.pi, np.pi - angles[..., 1], angles[..., 2] + np.pi], axis=-1)
    # Both triples are equally far from their own successors and from the other's, so whether to change
    # over is known for each step by itself, and the sum of the changes tells which triple a frame takes.
    stay = np.abs(_wrap(np.diff(angles, axis=0))).sum(-1)
    change = np.abs(_wrap(other[1:] - angles[:-1])).sum(-1)
    changed = np.zeros(angles.shape[:-1], dtype=np.int64)
    changed[1:] = np.cumsum(change < stay, axis=0) % 2
    return np.unwrap(np.where(changed[..., None] == 1, other, angles), axis=0)


def _through_lock(angles: np.ndarray, locked: np.ndarray, order: str) -> np.ndarray:
    """Angles (T, 3) of one bone; frames in gimbal lock share out the turn as the free frames around them."""
    frames = np.arange(len(angles))
    free = frames[~locked]
    smooth = np.empty_like(angles)
    branch = _nearest_branch(angles[free][:, None])[:, 0]
    for axis in range(3):
        smooth[:, axis] = np.interp(frames, free, branch[:, axis])
    # in gimbal lock the middle angle is a quarter turn, whatever it is before and after
    smooth[:, 1] = np.where(locked, smooth[:, 1] + _wrap(angles[:, 1] - smooth[:, 1]), smooth[:, 1])
    even = 1.0 if order in ("XYZ", "YZX", "ZXY") else -1.0
    sense = even * np.sign(angles[:, 1])
    first = angles[:, 0] + sense * (smooth[:, 2] - angles[:, 2])
    smooth[:, 0] = np.where(locked, smooth[:, 0] + _wrap(first - smooth[:, 0]), smooth[:, 0])
    return smooth


def _wrap(angle: np.ndarray) -> np.ndarray:
    return (angle + np.pi) % (2 * np.pi) - np.pi
