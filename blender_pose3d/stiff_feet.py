"""Feet are stiff: their two ends go to where they are wanted as nearly as one foot's length lets them."""

from __future__ import annotations

import numpy as np

from .rotations import carry, smoothstep, unit

_TURNS = 0.35, 0.7  # parts of a foot's length: its ends move so far apart freely, and never farther
_HEADING = 0.2, 0.5  # parts of a foot's length over the floor between which it gets a heading


def stiff_feet(
    ankles: np.ndarray, points: np.ndarray, wanted: np.ndarray, grip: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ankles (T, 2, 3) and ends (T, F, 3) of stiff feet whose ends go to where they are wanted, or near."""
    if points.shape[1] < 4:
        return ankles + wanted - points, wanted
    old, new = points.reshape(-1, 2, 2, 3), wanted.reshape(-1, 2, 2, 3)
    before, after = old[:, :, 1] - old[:, :, 0], new[:, :, 1] - new[:, :, 0]
    length = np.linalg.norm(before, axis=-1, keepdims=True)
    way = _long(before + _kept_small(after - before, length), length)
    excess = after - way
    holds = grip.reshape(-1, 2, 2, 1) + 1e-3
    heel = new[:, :, 0] + excess * holds[:, :, 1] / holds.sum(axis=2)
    ends = np.stack([heel, heel + way], axis=2).reshape(points.shape)
    return heel + carry(ankles - old[:, :, 0], unit(before), unit(way)), ends


def _kept_small(change: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Changes (..., 3) of the way from heel to toe, squeezed below a part of its length (..., 1): places that
    lie wrong would else turn a foot round."""
    size = np.linalg.norm(change, axis=-1, keepdims=True)
    free, room = _TURNS[0] * length, (_TURNS[1] - _TURNS[0]) * length
    most = np.minimum(size, free) + room * -np.expm1(-np.maximum(size - free, 0.0) / np.maximum(room, 1e-9))
    return change * most / np.maximum(size, 1e-9)


def _long(way: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Ways (..., 3) brought to their length (..., 1) over the floor, so that heel and toe keep their heights;
    those of a foot that stands on end, which has no heading, along themselves."""
    along = length * unit(way)
    flat = np.linalg.norm(way[..., :2], axis=-1, keepdims=True)
    left = np.sqrt(np.maximum(length**2 - way[..., 2:] ** 2, 0.0))
    over = np.concatenate([way[..., :2] * left / np.maximum(flat, 1e-9), way[..., 2:]], axis=-1)
    share = smoothstep(np.minimum(flat, left) / np.maximum(length, 1e-9), *_HEADING)
    return length * unit(along + share * (over - along))
