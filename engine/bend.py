"""Joints in frames that nobody looked at: on a curve through those that were looked at."""

from __future__ import annotations

import numpy as np

_AT_ONCE = 256  # looks, for the sake of memory


def curved(time: np.ndarray, joints: np.ndarray, looked: np.ndarray) -> np.ndarray:
    """Joints (T, K, 2), of joints' type, of which those not looked at, (T,) bool, are put on cubic curves.

    Cubic Hermite curves: the slope at a look is that of the parabola through it and the looks before and
    after, whatever their distances in time (Catmull-Rom for unequal steps). time: (T,) seconds. The first and
    the last are looks.
    """
    keys = np.flatnonzero(looked)
    if len(keys) == len(looked) or len(keys) < 2:
        return joints
    bent = joints.copy()
    for first in range(0, len(keys) - 1, _AT_ONCE):
        last = min(first + _AT_ONCE, len(keys) - 1)
        between = np.arange(keys[first], keys[last])
        between = between[~looked[between]]
        # the slopes at either end come from one look more
        near = keys[max(first - 1, 0) : last + 2]
        bent[between] = _on_curves(time, near, joints[near].astype(np.float64), between)
    return bent


def _on_curves(time: np.ndarray, keys: np.ndarray, place: np.ndarray, between: np.ndarray) -> np.ndarray:
    """(N, K, 2) at the frames `between` (N,), none of them a look. place: (L, K, 2) at the looks, keys."""
    at = time[keys]
    step = np.diff(at)[:, None, None]
    speed = np.diff(place, axis=0) / step
    inner = (step[1:] * speed[:-1] + step[:-1] * speed[1:]) / (step[1:] + step[:-1])
    slope = np.concatenate([speed[:1], inner, speed[-1:]])
    after = np.clip(np.searchsorted(keys, between), 1, len(keys) - 1)
    before = after - 1
    width = step[before]
    share = (time[between] - at[before])[:, None, None] / width
    one, two = share**2 * (3 - 2 * share), share * (1 - share)
    curve = place[before] * (1 - one) + place[after] * one
    return np.asarray(curve + width * two * ((1 - share) * slope[before] - share * slope[after]))
