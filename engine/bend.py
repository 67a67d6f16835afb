"""Joints in frames that nobody looked at: on a curve through those that were looked at."""

from __future__ import annotations

import numpy as np


def curved(time: np.ndarray, joints: np.ndarray, looked: np.ndarray) -> np.ndarray:
    """Joints (T, K, 2) of which those not looked at, (T,) bool, are put on cubic Hermite curves.

    A curve's slope at a look is that of the parabola through it and the looks before and after, whatever
    their distances in time (Catmull-Rom for unequal steps). time: (T,) seconds. The first and the last are
    looks.
    """
    keys = np.flatnonzero(looked)
    between = np.flatnonzero(~looked)
    if not len(between) or len(keys) < 2:
        return joints
    at, place = time[keys], joints[keys].astype(np.float64)
    step = np.diff(at)[:, None, None]
    speed = np.diff(place, axis=0) / step
    inner = (step[1:] * speed[:-1] + step[:-1] * speed[1:]) / (step[1:] + step[:-1])
    slope = np.concatenate([speed[:1], inner, speed[-1:]])
    after = np.clip(np.searchsorted(keys, between), 1, len(keys) - 1)
    before = after - 1
    width = step[before]
    share = (time[between] - at[before])[:, None, None] / width
    one, two = share**2 * (3 - 2 * share), share * (1 - share)
    bent = joints.astype(np.float64)
    bent[between] = (
        place[before] * (1 - one)
        + place[after] * one
        + width * two * ((1 - share) * slope[before] - share * slope[after])
    )
    return bent
