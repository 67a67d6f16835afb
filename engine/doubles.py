"""Joins two runs that took turns at one body.

Somebody half in view may be seen now with one guess of their legs, now with another, too unlike for one run:
then each of two runs has the frames that the other lacks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from . import appearance, body2d
from .columns import Column
from .tracklet import COLUMNS, Tracklet

_MOST_SHARED = 0.3  # share of the shorter run's frames in which both are seen: above it they are two people
_NEAR = 0.25  # seconds to the other run's next pose
_LEAST_NEAR = 0.8  # share of the shorter run's frames with such a pose
_LEAST_OVERLAP = 0.5  # median over those frames
_SAME_CLOTHES = 0.28


def join_doubles(tracklets: list[Tracklet]) -> list[Tracklet]:
    """The runs, in order of their first frame, with doubles joined to the longer run of each pair."""
    joined: list[Tracklet] = []
    for run in sorted(tracklets, key=lambda t: t.rows[0]):
        for i, earlier in enumerate(joined):
            if _double(earlier, run):
                joined[i] = _join(earlier, run)
                break
        else:
            joined.append(run)
    return joined


def _double(a: Tracklet, b: Tracklet) -> bool:
    short, long = sorted((a, b), key=lambda t: len(t.rows))
    if short.rows[0] > long.rows[-1] or long.rows[0] > short.rows[-1]:
        return False
    if np.isin(short.rows.array, long.rows.array).mean() > _MOST_SHARED:
        return False
    nearest = _nearest(long.times.array, short.times.array)
    near = np.abs(long.times.array[nearest] - short.times.array) <= _NEAR
    if near.mean() < _LEAST_NEAR or short.clothes is None or long.clothes is None:
        return False
    ours = body2d.boxes(short.joints.array, short.score.array)
    theirs = body2d.boxes(long.joints.array[nearest], long.score.array[nearest])
    same_place = np.median(_overlap_of_each(ours, theirs)[near]) >= _LEAST_OVERLAP
    return bool(same_place and appearance.distance(short.clothes, long.clothes) <= _SAME_CLOTHES)


def _overlap_of_each(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([body2d.overlap(x[None], y[None])[0, 0] for x, y in zip(a, b, strict=True)])


def _nearest(times: np.ndarray, asked: np.ndarray) -> np.ndarray:
    after = np.searchsorted(times, asked).clip(0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(times[before] - asked) < np.abs(times[after] - asked), before, after)


def _join(a: Tracklet, b: Tracklet) -> Tracklet:
    """The longer run, completed from the shorter one."""
    short, long = sorted((a, b), key=lambda t: len(t.rows))
    # of frames that both have the longer run's pose counts: it stands first, and unique() takes the first
    _, which = np.unique(np.concatenate([long.rows, short.rows]), return_index=True)
    joined: dict[str, Any] = {
        name: Column.of(np.concatenate([getattr(long, name), getattr(short, name)])[which])
        for name in COLUMNS
    }
    return replace(long, **joined, _centres=max(a, b, key=lambda t: float(t.times[-1]))._centres)
