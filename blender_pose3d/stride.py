"""The way of a character through the room: its own steps, not the person's, so that its legs keep the pose.

Feet that only follow rotations slide, as another body's proportions meet the person's way. What both feet
slide is the way's error and no leg's, so the whole body is moved against it first, smoothly in time.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded

from .banded import difference_penalty
from .holds import offset

_CALM = 0.08  # seconds over which the speed of the way is smoothed
_HOME = 30.0  # seconds in which the way would go back to the person's
_COASTS = 0.05  # weight of no change while nothing stands, beside 1 of an end that stands
_RISE = 30.0  # weight of a standing foot's height, beside 1 for the hips' own


def stride(points: np.ndarray, contacts: np.ndarray, heights: np.ndarray, fps: float) -> np.ndarray:
    """(T, 3) metres by which to move the body so that feet that stand slide and float as little as can be.

    points: (T, F, 3) ends of feet as rotations alone put them, floor at 0. contacts: (T, F) bool. heights:
    (F,) of ends that stand. Least squares over the whole clip, banded; the way starts where it started.
    """
    way = np.zeros((len(points), 3))
    if len(points) < 3 or not contacts.any():
        return way
    both = (contacts[1:] & contacts[:-1]).astype(float)
    slide = (both[..., None] * np.diff(points[..., :2], axis=0)).sum(axis=1)
    bands = (_CALM * fps) ** 2 * difference_penalty(len(points), 2)
    bands[:2] += difference_penalty(len(points), 1, both.sum(axis=1) + _COASTS)
    bands[0] += (_HOME * fps) ** -2.0
    pull = np.zeros((len(points), 2))
    pull[:-1] += slide
    pull[1:] -= slide
    flat = solveh_banded(bands, pull, lower=True)
    way[:, :2] = flat - flat[0]
    stands = contacts.sum(axis=1)
    float_ = (contacts * (heights - points[..., 2])).sum(axis=1) / np.maximum(stands, 1)
    way[:, 2:] = offset(float_[:, None], _RISE * stands, fps)
    return way
