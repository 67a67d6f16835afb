"""Runs of True along time, such as contacts: their middles, what they share, the gaps between them."""

from __future__ import annotations

import numpy as np

_MEDIAN_ROUNDS = 8
_NEAR = 0.005  # metres from the median within which all points count alike


def middles(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Values (T, F, D), metres, but in each run of True in mask (T, F) their geometric median over the run.

    Weiszfeld 1937, in rounds from the mean; unlike medians of each coordinate it turns with the world.
    """
    start = mask.copy()
    start[1:] &= ~mask[:-1]
    flat = np.flatnonzero(mask.T)
    run = np.cumsum(start.T.ravel()[flat]) - 1
    across = np.swapaxes(values, 0, 1)
    points = across.reshape(-1, values.shape[2])[flat]
    weight = np.ones(len(points))
    for _ in range(_MEDIAN_ROUNDS):
        sums = [np.bincount(run, weight * column) for column in points.T]
        middle = (np.stack(sums, axis=-1) / np.bincount(run, weight)[:, None])[run]
        weight = 1.0 / np.hypot(np.linalg.norm(points - middle, axis=-1), _NEAR)
    result = across.copy()
    if len(flat):
        result.reshape(-1, values.shape[2])[flat] = middle
    return np.swapaxes(result, 0, 1)


def spread(values: np.ndarray, mask: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Values (T, D), but in each run of True in mask (T,) the first that is finite, if there is one."""
    start = mask & ~np.concatenate([[False], mask[:-1]])
    run = np.cumsum(start) * mask
    known = np.isfinite(values).all(-1) & mask
    first = np.full(run.max(initial=0) + 1, -1)
    frames = np.flatnonzero(known)[::-1]
    first[run[frames]] = frames
    source = np.where(mask, first[run], -1)
    return np.where((source >= 0)[:, None], values[source], otherwise)


def gaps(mask: np.ndarray) -> np.ndarray:
    """(G, 2) first and last + 1 index of each run of False between two runs of True in a (T,) mask."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8)))
    edges = edges[1:] if len(edges) and not mask[0] else edges
    return edges[: len(edges) // 2 * 2].reshape(-1, 2) + 1


def trimmed(mask: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Mask (T, F), but each run of True only from its first to its last frame that is ``wanted`` (T, F)."""
    kept = mask.copy()
    frame = np.arange(len(mask))[:, None]
    for turn in (slice(None), slice(None, None, -1)):
        inside = mask[turn]
        start = inside.copy()
        start[1:] &= ~inside[:-1]
        begun = np.maximum.accumulate(np.where(start, frame, -1), axis=0)
        been = np.maximum.accumulate(np.where(inside & wanted[turn], frame, -1), axis=0)
        kept[turn] &= been >= begun
    return kept
