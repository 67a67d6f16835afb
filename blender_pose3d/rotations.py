"""Directions, frames and rotations on whole arrays. Frames are (..., 3, 3) matrices, axes in columns."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

_TINY = 1e-9


def dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(...) scalar products of (..., 3) vectors."""
    return np.einsum("...i,...i->...", first, second)


def norm(vectors: np.ndarray) -> np.ndarray:
    """(...) lengths of (..., 3) vectors; several times as fast as numpy's over so short an axis."""
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(..., 3) vector products."""
    (a, b, c), (d, e, f) = (np.moveaxis(v, -1, 0) for v in (np.asarray(first), np.asarray(second)))
    out = np.empty((*np.broadcast_shapes(np.shape(first), np.shape(second))[:-1], 3))
    out[..., 0] = b * f - c * e
    out[..., 1] = c * d - a * f
    out[..., 2] = a * e - b * d
    return out


def unit(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) vectors at length one; a zero vector stays zero."""
    return vectors / np.maximum(norm(vectors), _TINY)[..., None]


def any_normal(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) unit vectors at right angles to the given ones, whatever these are."""
    least = np.abs(vectors).argmin(axis=-1)
    return unit(cross(vectors, np.eye(3)[least]))


def reject(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The part of (..., 3) vectors at right angles to unit axes (..., 3)."""
    return vectors - dot(vectors, axis)[..., None] * axis


def frame(primary: np.ndarray, secondary: np.ndarray) -> np.ndarray:
    """(..., 3, 3) right-handed frames: column 0 along ``primary``, column 1 as near ``secondary`` as it goes.

    Where the two are parallel any perpendicular serves as the second axis.
    """
    x = unit(primary)
    y = reject(secondary, x)
    size = norm(y)
    y = y / np.maximum(size, _TINY)[..., None]
    parallel = size < 1e-6
    if parallel.any():
        y = np.where(parallel[..., None], any_normal(x), y)
    out = np.empty((*y.shape, 3))
    out[..., 0], out[..., 1], out[..., 2] = x, y, cross(x, y)
    return out


def carry(vectors: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) turned by the smallest rotation that takes unit ``start`` to unit ``end``.

    This is parallel transport along the great circle between the two. Opposite directions leave that
    rotation open: then the vectors are turned by half a turn about an arbitrary normal.
    """
    axis, cos = cross(start, end), dot(start, end)
    share = dot(axis, vectors) / np.maximum(1 + cos, _TINY)
    turned = cos[..., None] * vectors + cross(axis, vectors) + axis * share[..., None]
    opposite = cos < -1 + 1e-9
    if not opposite.any():
        return turned
    normal = any_normal(np.broadcast_to(start, turned.shape))
    flipped = 2 * dot(normal, vectors)[..., None] * normal - vectors
    return np.where(opposite[..., None], flipped, turned)


def angle_about(axis: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(...) signed angle in radians about unit ``axis`` from ``start`` to ``end``, both normal to it."""
    return np.arctan2(dot(cross(start, end), axis), dot(start, end))


def blend(first: np.ndarray, second: np.ndarray, weight: np.ndarray | float) -> np.ndarray:
    """Rotations (T, 3, 3) part of the way from ``first`` to ``second``; weight 0 to 1, () or (T,).

    Along the shortest arc (Shoemake, SIGGRAPH 1985).
    """
    start = Rotation.from_matrix(first)
    way = (start.inv() * Rotation.from_matrix(second)).as_rotvec()
    return (start * Rotation.from_rotvec(way * np.reshape(weight, (-1, 1)))).as_matrix()


def continuous(quaternions: np.ndarray) -> np.ndarray:
    """(T, ..., 4) quaternions wxyz with signs such that neighbours in time are near each other.

    The first frame gets w >= 0.
    """
    signs = np.ones(quaternions.shape[:-1])
    signs[0] = np.where(quaternions[0, ..., 0] < 0, -1.0, 1.0)
    signs[1:] = np.where((quaternions[1:] * quaternions[:-1]).sum(-1) < 0, -1.0, 1.0)
    return quaternions * np.cumprod(signs, axis=0)[..., None]


def quaternions_from(matrices: np.ndarray) -> np.ndarray:
    """(..., 4) unit quaternions wxyz of (..., 3, 3) rotation matrices."""
    xyzw = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat()
    return np.roll(xyzw, 1, axis=-1).reshape(*matrices.shape[:-2], 4)


def matrices_from(quaternions: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotation matrices of (..., 4) quaternions wxyz."""
    xyzw = np.roll(quaternions.reshape(-1, 4), -1, axis=-1)
    return Rotation.from_quat(xyzw).as_matrix().reshape(*quaternions.shape[:-1], 3, 3)


def smoothstep(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, a smooth cubic between; ``low`` may be the larger: then it falls."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)
