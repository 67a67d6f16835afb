"""Feet that stand, stand still and on the floor: a correction of the root, smooth over the whole clip."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from .banded import difference_penalty, stiffness_for, whittaker
from .bones import unit
from .contacts import SEEN, find_contacts
from .feet import rests, sole_points, sole_scores, soles
from .skeleton import Skeleton

_UP = np.array([0.0, 0.0, 1.0])
_SLIP = 0.008  # metres in 1/30 s by which a lifted foot that stands seems to move
_STRAY, _STRAY_UP = 0.08, 0.15  # metres by which the path from the picture may be wrong ...
_STRAY_TIME = 0.5  # ... for so many seconds in the same way
_SHAKE = 2.0  # m/s^2 of correction
_HEIGHT_ERROR = 0.015  # metres
_DEPTH = 2.0  # how much worse slip is known along the line of sight
_SLIDES = 0.7  # m/s over the floor at which a standing foot is half believed
_ROUNDS = 3
_SINKS = 0.03  # metres a sole may be below the floor
_GROUNDED = 5.0  # Hz up to which the body follows the soles where nobody jumps
_DOUBTS = (
    0.4,
    0.2,
    0.1,
    0.1,
)  # metres off the floor at which a standing foot is half believed, round by round
_ABOVE = 0.6  # metres; a foot that rests higher is not on the floor
_STEP = 0.25  # metres between two levels a person stands on
_MOMENT = 0.3  # seconds on a level that make it one
_RESTS = 0.5  # what a sole counts that keeps its height but slides, beside one that stands


def floor_height(joints: np.ndarray, skeleton: Skeleton, fps: float) -> float:
    """Height of the floor in metres: the weighted median of soles that stand on the lowest level.

    Somebody who jumps off a wall stands on two levels, and the floor is the one they land on: heights a step
    apart are levels of their own, if the person stands there for a moment. Where nobody stands, the lowest
    fiftieth of all soles.
    """
    points, weight = soles(joints, skeleton, _UP, fps)
    weight = np.maximum(weight, _RESTS * _resting(points[..., 2], fps))
    height, weight = points[..., 2].ravel(), weight.ravel()
    if weight.sum() < 0.1 * fps:
        return float(np.percentile(height, 2))
    stands = weight > 0.1
    order = np.argsort(height[stands])
    height, weight = height[stands][order], weight[stands][order]
    level = np.concatenate([[0], np.cumsum(np.diff(height) > _STEP)])
    stood = np.bincount(level, weight)
    # standing counts each foot, so half of this on both feet is enough
    lowest = int(np.argmax(stood >= min(_MOMENT * fps, stood.max())))
    height, weight = height[level == lowest], weight[level == lowest]
    share = np.cumsum(weight) / weight.sum()
    return float(height[np.searchsorted(share, 0.5)])


def _resting(height: np.ndarray, fps: float) -> np.ndarray:
    """(T, 2) 0 or 1: whether a sole is the lower one and keeps its height for a moment, however it slides."""
    lower = height.min(axis=1)
    size = 2 * round(_MOMENT / 2 * fps) + 1
    spread = maximum_filter1d(lower, size, mode="nearest") - minimum_filter1d(lower, size, mode="nearest")
    return np.where((height <= lower[:, None]) & (spread < _STEP)[:, None], 1.0, 0.0)


def root_correction(
    joints: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    firmness: float,
    *,
    contacts: np.ndarray | None = None,
    score: np.ndarray | None = None,
    size: float = 1.0,
    seen_from: np.ndarray | None = None,
    ground: bool = False,
) -> np.ndarray:
    """Translations (T, 3) metres that hold standing feet still and put them on the floor at z = 0.

    joints: (T, J, 3) metres, world, floor near 0, with scores (T, J). firmness: 0 to 1. contacts: (T, F) bool
    of ``feet.sole_points``, None to find them. size: of the person, 1 for 1.70 m. seen_from: (3,) the
    camera's place; along the line of sight steps are lifted too short, and feet say less. ground: nobody
    jumps. Least squares of the feet's slip while they stand, of the correction and of its acceleration: a
    foot takes hold and lets go without a pop. Feet that slide or rest on something higher than the floor lose
    their say (Geman and McClure's weights, in rounds).
    """
    frames = len(joints)
    if frames < 4 or (firmness <= 0 and not ground):
        return np.zeros((frames, 3))
    points = sole_points(joints, skeleton, size)
    score = np.ones(joints.shape[:2]) if score is None else score
    if contacts is None:
        contacts = find_contacts(joints, score, skeleton, fps, size=size, floor=False)
    sure = contacts.astype(np.float64)
    correction = np.zeros((frames, 3))
    bands = (fps**2 / _SHAKE) ** 2 / (0.1 * fps) * difference_penalty(frames, 2)
    stay, stay_up = (1.0 / (stray**2 * _STRAY_TIME * fps) for stray in (_STRAY, _STRAY_UP))
    axes = _across_and_along(joints[:, skeleton.index("Hip"), :2], seen_from)
    pair = firmness * np.minimum(sure[1:], sure[:-1]) / _SLIP**2 * (fps / 30.0)
    steps = np.diff(points[..., :2], axis=0) @ axes
    slid = np.zeros((frames, 2))
    for _ in range(_ROUNDS):
        left = steps + np.diff(slid[:, None], axis=0)
        hold = pair / (1.0 + (left**2).sum(-1) * (fps / (_SLIDES * size)) ** 2) ** 2
        for axis, doubt in enumerate((1.0, 1.0 if seen_from is None else _DEPTH)):
            slide = bands.copy()
            slide[:2] += difference_penalty(frames, 1, hold.sum(1) / doubt**2)
            slide[0] += stay
            slip = np.concatenate([[0.0], (hold * steps[..., axis]).sum(1) / doubt**2, [0.0]])
            slid[:, axis] = solveh_banded(slide, np.diff(slip), lower=True)
    correction[:, :2] = slid @ axes.T

    height = points[..., 2] - rests(skeleton, size)
    if ground:
        correction[:, 2] = _down(height, sole_scores(score, skeleton), fps)
        return correction
    trust = firmness / _HEIGHT_ERROR**2 / (0.1 * fps)
    # Small weights add up: feet on a wall would be drawn to the floor where a clip begins or ends.
    sure = sure * (height < _ABOVE * size)
    for doubt in _DOUBTS:
        risen = height + correction[:, None, 2]
        stands = trust * sure / (1.0 + (risen / (doubt * size)) ** 2) ** 2
        # Whoever is deep in the floor is lifted out of it, whether or not a foot is known to stand.
        sunk = trust * (risen.min(axis=1) < -_SINKS * size)
        level = bands.copy()
        level[0] += stands.sum(1) + sunk + stay_up
        pulled = -(stands * height).sum(1) - sunk * (height.min(axis=1) + _SINKS * size)
        correction[:, 2] = solveh_banded(level, pulled, lower=True)
    return correction


def _across_and_along(path: np.ndarray, seen_from: np.ndarray | None) -> np.ndarray:
    """(2, 2) directions over the floor, in columns: across the line of sight to a path (T, 2), and along."""
    if seen_from is None:
        return np.eye(2)
    along = unit(unit(path - seen_from[:2]).mean(axis=0))
    along = along if along.any() else np.array([0.0, 1.0])
    return np.stack([(along[1], -along[0]), along], axis=-1)


def _down(height: np.ndarray, seen: np.ndarray, fps: float) -> np.ndarray:
    """(T,) metres that bring the lowest of the soles seen, at heights (T, F), to the floor in every frame."""
    lowest = np.where(seen >= SEEN, height, np.inf).min(axis=1)
    known = np.isfinite(lowest)
    weight = np.where(known, 1.0, 1e-6)
    stiffness = stiffness_for(min(_GROUNDED, 0.4 * fps), fps, order=2)
    return -whittaker(np.where(known, lowest, 0.0)[:, None], weight, stiffness, order=2)[:, 0]
