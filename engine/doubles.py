"""Joins two runs that took turns at one body.

Somebody half in view may be seen now with one guess of their legs, now with another, too unlike for one run:
then each of two runs has the frames that the other lacks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import appearance, body2d
from .tracklet import Tracklet

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
    if np.isin(short.rows, long.rows).mean() > _MOST_SHARED:
        return False
    nearest = _nearest(np.array(long.times), np.array(short.times))
    near = np.abs(np.array(long.times)[nearest] - short.times) <= _NEAR
    if near.mean() < _LEAST_NEAR or short.clothes is None or long.clothes is None:
        return False
    ours = body2d.boxes(np.stack(short.joints), np.stack(short.score))
    theirs = body2d.boxes(np.stack(long.joints), np.stack(long.score))[nearest]
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
    frames = {row: (short, i) for i, row in enumerate(short.rows)}
    frames |= {row: (long, i) for i, row in enumerate(long.rows)}
    source = [frames[row] for row in sorted(frames)]
    return replace(
        long,
        rows=sorted(frames),
        times=[run.times[i] for run, i in source],
        joints=[run.joints[i] for run, i in source],
        score=[run.score[i] for run, i in source],
        presence=[run.presence[i] for run, i in source],
        _centres=max(a, b, key=lambda t: t.times[-1])._centres,
    )
