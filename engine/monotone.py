"""Monotone cubic curves through points: no overshoot beyond neighbours, and no scipy, which takes most of a
second to import."""

from __future__ import annotations

import numpy as np


def monotone(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Values (N, D) at places (N,) of the curves through y (K, D) at x (K,), which grows; K at least 2.

    Fritsch and Carlson, "Monotone Piecewise Cubic Interpolation", 1980, with the slopes of Fritsch and
    Butland, 1984: weighted harmonic means of those to either side, 0 where these point to different ways. As
    scipy's PchipInterpolator.
    """
    step, y = np.diff(x.astype(np.float64)), y.astype(np.float64)
    slope = _slopes(step[:, None], np.diff(y, axis=0) / step[:, None])
    before = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    width = step[before, None]
    share = (at - x[before])[:, None] / width
    one, two = share**2 * (3 - 2 * share), share * (1 - share)
    start, end = slope[before], slope[before + 1]
    return y[before] * (1 - one) + y[before + 1] * one + width * two * ((1 - share) * start - share * end)


def _slopes(step: np.ndarray, rise: np.ndarray) -> np.ndarray:
    if len(step) == 1:
        return np.repeat(rise, 2, axis=0)
    left, right = step[:-1] + 2 * step[1:], 2 * step[:-1] + step[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (left + right) / (left / rise[:-1] + right / rise[1:])
    inner = np.where(rise[:-1] * rise[1:] > 0, mean, 0.0)
    first, last = _end(step[:2], rise[:2]), _end(step[:-3:-1], rise[:-3:-1])
    return np.concatenate([first[None], inner, last[None]])


def _end(step: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """The slope at an end, from the two steps next to it: the parabola's, held back from overshooting."""
    slope = ((2 * step[0] + step[1]) * rise[0] - step[0] * rise[1]) / (step[0] + step[1])
    slope = np.where(slope * rise[0] <= 0, 0.0, slope)
    wild = (rise[0] * rise[1] < 0) & (np.abs(slope) > 3 * np.abs(rise[0]))
    return np.where(wild, 3 * rise[0], slope)
