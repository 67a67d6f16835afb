"""Numbers of a motion along time: arrays of frames in and out, NaN where nothing can be told."""

from __future__ import annotations

import numpy as np

from .skeleton import Skeleton

_SLOW, _LOW = 0.4, 0.05  # m/s and metres, of feet that stand


def jitter_along(joints: np.ndarray, fps: float) -> np.ndarray:
    """(T, J) norm of the third difference of joints (T, J, 3), m/s^3."""
    return _difference(joints, 3) * fps**3


def acceleration_along(joints: np.ndarray, fps: float) -> np.ndarray:
    """(T, J) norm of the second difference of joints (T, J, 3), m/s^2."""
    return _difference(joints, 2) * fps**2


def _difference(joints: np.ndarray, order: int) -> np.ndarray:
    """At the middle of the frames that a difference spans."""
    result = np.full(joints.shape[:2], np.nan)
    if len(joints) > order:
        first = order // 2
        values = np.linalg.norm(np.diff(joints, n=order, axis=0), axis=-1)
        result[first : first + len(values)] = values
    return result


def bones_along(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(T, J) part by which the bone that ends in a joint is longer or shorter than usual; NaN for the root.

    joints: (T, J, 3), NaN where missing. Usual is the median of the clip.
    """
    result = np.full(joints.shape[:2], np.nan)
    parent, child = skeleton.bones.T
    lengths = np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)
    usual = medians(lengths)
    there = np.isfinite(lengths) & (usual > 1e-6)
    result[:, child] = np.where(there, np.abs(lengths / np.where(usual > 1e-6, usual, 1.0) - 1.0), np.nan)
    return result


def at_rest(points: np.ndarray, height: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) bool: points (T, F, 3) of feet that are slow and low, for where nobody found contacts.

    height: (T, F) metres of their soles over the floor. A clip of one frame is slow.
    """
    low = height < _LOW
    if len(points) < 2:
        return low
    return low & (np.linalg.norm(np.gradient(points, axis=0), axis=-1) * fps < _SLOW)


def strays(points: np.ndarray, touching: np.ndarray) -> np.ndarray:
    """(T, F) metres over the floor from where points (T, F, 3) of feet were set down, while they touch it.

    touching: (T, F) bool. NaN elsewhere.
    """
    start = starts(touching)
    frames = np.maximum.accumulate(np.where(start, np.arange(len(points))[:, None], 0), axis=0)
    down = np.take_along_axis(points[..., :2], frames[..., None], axis=0)
    return np.where(touching, np.linalg.norm(points[..., :2] - down, axis=-1), np.nan)


def starts(touching: np.ndarray) -> np.ndarray:
    """(T, F) bool: the first frame of each contact."""
    return touching & ~np.concatenate([np.zeros_like(touching[:1]), touching[:-1]])


def farthest(stray: np.ndarray, touching: np.ndarray) -> np.ndarray:
    """(C,) the largest of ``strays`` (T, F) of each contact."""
    values, first = stray.T[touching.T], starts(touching).T[touching.T]
    if not len(values):
        return np.zeros(0)
    return np.fmax.reduceat(values, np.flatnonzero(first))


def slides(points: np.ndarray, touching: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) m/s over the floor of points (T, F, 3) that touch it now and in the frame before, else NaN."""
    result = np.full(touching.shape, np.nan)
    speed = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1) * fps
    result[1:] = np.where(touching[1:] & touching[:-1], speed, np.nan)
    return result


def means(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean, along an axis or of all, of what is finite, NaN where nothing is; without numpy's warning."""
    there = np.isfinite(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def medians(values: np.ndarray) -> np.ndarray:
    """(J,) medians over frames of what is finite of values (T, J), NaN where nothing is."""
    values = np.where(np.isfinite(values), values, np.nan)
    result = np.full(values.shape[1], np.nan)
    there = np.isfinite(values).any(axis=0)
    result[there] = np.nanmedian(values[:, there], axis=0)
    return result


def largest(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of values (T, J) in each frame the largest (T,), NaN where none is finite, and where it is (T,) int."""
    known = np.where(np.isfinite(values), values, -np.inf)
    where = known.argmax(axis=1)
    top = np.take_along_axis(known, where[:, None], axis=1)[:, 0]
    return np.where(np.isfinite(top), top, np.nan), where
