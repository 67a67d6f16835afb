"""Unit quaternions wxyz with components first, (4, T): products run over whole rows of memory.

Elsewhere quaternions are (..., 4). Here thousands of frames times dozens of bones are multiplied, and rows
are several times as fast as columns of four.
"""

from __future__ import annotations

import numpy as np

from .rotations import any_normal, cross, dot

_TINY = 1e-12


def multiply(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(4, T) product: ``second`` is applied first. Either may be (4, 1)."""
    a, b, c, d = first
    e, f, g, h = second
    return np.stack(
        [
            a * e - b * f - c * g - d * h,
            a * f + b * e + c * h - d * g,
            a * g - b * h + c * e + d * f,
            a * h + b * g - c * f + d * e,
        ]
    )


def conjugate(quaternions: np.ndarray) -> np.ndarray:
    """(4, T) opposite rotations."""
    return quaternions * np.array([[1.0], [-1.0], [-1.0], [-1.0]])


def normalised(quaternions: np.ndarray) -> np.ndarray:
    """(4, T) at length one."""
    return quaternions / np.maximum(np.sqrt(np.einsum("it,it->t", quaternions, quaternions)), _TINY)


def in_axes(quaternions: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """The same rotations (4, T) told in other axes: columns of ``axes`` (3, 3) are these in the old ones."""
    return np.concatenate([quaternions[:1], axes.T @ quaternions[1:]])


def rotate(quaternions: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(T, 3) vectors turned; quaternions (4, T), vectors (3,) or (T, 3)."""
    w, axis = quaternions[0][:, None], quaternions[1:].T
    twice = 2.0 * cross(axis, vectors)
    return vectors + w * twice + cross(axis, twice)


def from_frames(frames: np.ndarray) -> np.ndarray:
    """(4, T) of rotation matrices (T, 3, 3), w or else the largest component positive.

    Shepperd 1978 (Journal of Guidance and Control 1): the largest component is found first.
    """
    m = np.ascontiguousarray(np.moveaxis(frames, 0, -1))
    diagonal = np.stack([m[0, 0], m[1, 1], m[2, 2]])
    trace = diagonal.sum(axis=0)
    squares = np.concatenate([(1.0 + trace)[None], 1.0 + 2.0 * diagonal - trace])  # 4 q_i²
    largest = squares.argmax(axis=0)
    turn = np.stack([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])  # 4 w (x, y, z)
    out = np.concatenate([squares[:1], turn])
    for axis in range(3):
        chosen = largest == axis + 1
        if chosen.any():
            part = m[..., chosen]
            out[0, chosen] = turn[axis, chosen]
            out[1:, chosen] = part[axis] + part[:, axis]  # 4 q_axis (x, y, z), but its own square
            out[axis + 1, chosen] = squares[axis + 1, chosen]
    return normalised(out)


def between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(4, T) smallest rotations from unit directions ``start`` to ``end``, (T, 3) or (3,).

    Of opposite directions: half a turn about any axis at right angles.
    """
    start, end = np.broadcast_arrays(start, end)
    cos = dot(start, end)
    axis = cross(start, end)
    opposite = cos < -1.0 + 1e-9
    if opposite.any():
        axis[opposite] = any_normal(start[opposite])
    return normalised(np.concatenate([np.where(opposite, 0.0, 1.0 + cos)[None], axis.T]))


def about(axis: np.ndarray, angle: np.ndarray | float) -> np.ndarray:
    """(4, T) rotations by angles (T,), radians, about unit axes (T, 3) or (3,)."""
    half = 0.5 * np.broadcast_to(angle, np.broadcast_shapes(np.shape(angle), np.shape(axis)[:-1]))
    half = np.atleast_1d(half)
    axes = np.broadcast_to(axis, (len(half), 3))
    return np.concatenate([np.cos(half)[None], np.sin(half) * axes.T])


def part_of(quaternions: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """(4, T) rotations by a share of the angle, about the same axes, the short way round."""
    q = np.where(quaternions[0] < 0, -quaternions, quaternions)
    sine = np.sqrt(np.einsum("it,it->t", q[1:], q[1:]))
    half = np.arctan2(sine, q[0]) * share
    # Beside zero sin(share a) / sin(a) is the share itself.
    ratio = np.where(sine > 1e-9, np.sin(half) / np.maximum(sine, 1e-9), share)
    return np.concatenate([np.cos(half)[None], q[1:] * ratio])


def blend(first: np.ndarray, second: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """(4, T) rotations part of the way from ``first`` to ``second`` (Shoemake, SIGGRAPH 1985)."""
    return multiply(first, part_of(multiply(conjugate(first), second), share))


def angle_of(quaternions: np.ndarray) -> np.ndarray:
    """(T,) angle of each rotation, 0 to pi."""
    q = quaternions
    return 2.0 * np.arctan2(np.sqrt(np.einsum("it,it->t", q[1:], q[1:])), np.abs(q[0]))


def signed_on(quaternions: np.ndarray) -> np.ndarray:
    """(4, T) the same rotations with signs such that neighbours are near each other; the first has w >= 0."""
    flips = np.empty(quaternions.shape[1])
    flips[0] = -1.0 if quaternions[0, 0] < 0 else 1.0
    near = np.einsum("it,it->t", quaternions[:, 1:], quaternions[:, :-1])
    flips[1:] = np.where(near < 0, -1.0, 1.0)
    return quaternions * np.cumprod(flips)
