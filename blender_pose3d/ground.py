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
# Metres by which the path from the picture may be wrong across the line of sight, along it and upwards, and
# where no camera is known; for so many seconds in the same way. Chosen on bench/tuning_clips.py, as the rest.
_STRAY, _STRAY_UNSEEN, _STRAY_TIME = (0.015, 0.13, 0.025), (0.1, 0.1, 0.15), 0.3
_SHAKE = 2.0  # m/s^2 of correction
_HEIGHT_ERROR = 0.025  # metres
_DEPTH = 2.2  # how much worse slip is known along the line of sight
_SLIDES = 0.7  # m/s over the floor at which a standing foot is half believed
_SINKS = 0.03  # metres a sole may be below the floor
_GROUNDED = 5.0  # Hz up to which the body follows the soles where nobody jumps
_DOUBTS = 0.1, 0.07, 0.07, 0.07  # metres off the floor at which a standing foot is half believed, by rounds
_ABOVE = 0.6  # metres; a foot that rests higher is not on the floor
_STEP = 0.25  # metres between two levels a person stands on
_MOMENT = 0.3  # seconds on a level that make it one
_RESTS = 0.5  # what a sole counts that keeps its height but slides, beside one that stands


def floor_height(joints: np.ndarray, skeleton: Skeleton, fps: float) -> float:
    """Height of the floor under joints (T, J, 3), metres: the weighted median of soles that stand on the
    lowest level.

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
    camera's place. ground: nobody jumps. Least squares of the feet's slip while they stand, of the correction
    and of its acceleration: a foot takes hold and lets go without a pop. The picture tells well where the
    body is across the line of sight, and badly how far away: there the correction is free to go, but steps
    are lifted too short there too, and feet say less. Feet that slide or rest on something higher than the
    floor lose their say (Geman and McClure's weights, in rounds).
    """
    frames = len(joints)
    if frames < 4 or (firmness <= 0 and not ground):
        return np.zeros((frames, 3))
    points = sole_points(joints, skeleton, size)
    score = np.ones(joints.shape[:2]) if score is None else score
    if contacts is None:
        contacts = find_contacts(joints, score, skeleton, fps, size=size, floor=False)
    sure = contacts.astype(np.float64)
    height = points[..., 2] - rests(skeleton, size)
    axes = _axes_of_sight(joints[:, skeleton.index("Hip")], seen_from)
    stray = np.array(_STRAY if seen_from is not None else _STRAY_UNSEEN)
    # Straight from above there is no level axis across the line of sight: something must hold there, too.
    stay = _tensor(axes, 1.0 / (stray**2 * _STRAY_TIME * fps)) + 1e-2 * np.eye(3)
    flat = np.array([1.0, 1.0 if seen_from is None else 1.0 / _DEPTH**2, 0.0])
    grip = _tensor(axes, flat)[:-1] * np.array([1.0, 1.0, 0.0]) * np.array([[1.0], [1.0], [0.0]])
    pair = firmness * np.minimum(sure[1:], sure[:-1]) / _SLIP**2 * (fps / 30.0)
    steps = np.diff(points[..., :2], axis=0)
    trust = firmness / _HEIGHT_ERROR**2 / (0.1 * fps)
    sure = sure * (height < _ABOVE * size)
    found = np.zeros((frames, 3))
    for doubt in _DOUBTS:
        left = steps + np.diff(found[:, None, :2], axis=0)
        hold = pair / (1.0 + (left**2).sum(-1) * (fps / (_SLIDES * size)) ** 2) ** 2
        risen = height + found[:, None, 2]
        stands = trust * sure / (1.0 + (risen / (doubt * size)) ** 2) ** 2
        # Whoever is deep in the floor is lifted out of it, whether or not a foot is known to stand.
        sunk = trust * (risen.min(axis=1) < -_SINKS * size)
        lift = -(stands * height).sum(1) - sunk * (height.min(axis=1) + _SINKS * size)
        slip = np.einsum("tij,tj->ti", grip[:, :, :2], (hold[..., None] * steps).sum(1))
        held = grip * hold.sum(1)[:, None, None]
        found = _solve(stay, stands.sum(1) + sunk, lift, fps, hold=held, slip=slip)
    if ground:
        found[:, 2] = _down(height, sole_scores(score, skeleton), fps)
    return found


def _axes_of_sight(hip: np.ndarray, seen_from: np.ndarray | None) -> np.ndarray:
    """(T, 3, 3) axes in rows: across the line of sight to a hip (T, 3), level; along it; and upwards."""
    if seen_from is None:
        return np.broadcast_to(np.eye(3), (len(hip), 3, 3))
    along = unit(hip - seen_from)
    across = unit(np.stack([along[:, 1], -along[:, 0], np.zeros(len(along))], axis=-1))
    return np.stack([across, along, np.cross(across, along)], axis=1)


def _tensor(axes: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """(T, 3, 3) of precisions (3,) along axes (T, 3, 3), in rows."""
    return np.einsum("tki,k,tkj->tij", axes, precision, axes)


def _solve(
    stay: np.ndarray, level: np.ndarray, lift: np.ndarray, fps: float, *, hold: np.ndarray, slip: np.ndarray
) -> np.ndarray:
    """(T, 3) the smooth correction c that minimises c stay c + level c_z^2 - 2 lift c_z over frames, and
    (c' - c) hold (c' - c) + 2 (c' - c) slip over pairs of them, as one banded system (7 bands)."""
    frames = len(stay)
    block = stay.copy()
    block[:, 2, 2] += level
    block[:-1] += hold
    block[1:] += hold
    right = np.zeros((frames, 3))
    right[:, 2] = lift
    right[:-1] += slip
    right[1:] -= slip
    bands = np.zeros((7, frames, 3))
    for axis in range(3):
        for lag in range(6):
            other = axis + lag
            if other < 3:
                bands[lag, :, axis] = block[:, other, axis]
            elif other < 6:
                bands[lag, :-1, axis] = -hold[:, other - 3, axis]
    for lag, band in enumerate((fps**2 / _SHAKE) ** 2 / (0.1 * fps) * difference_penalty(frames, 2)):
        bands[3 * lag] += band[:, None]
    return solveh_banded(bands.reshape(7, -1), right.reshape(-1), lower=True).reshape(frames, 3)


def _down(height: np.ndarray, seen: np.ndarray, fps: float) -> np.ndarray:
    """(T,) metres that bring the lowest of the soles seen, at heights (T, F), to the floor in every frame."""
    lowest = np.where(seen >= SEEN, height, np.inf).min(axis=1)
    known = np.isfinite(lowest)
    weight = np.where(known, 1.0, 1e-6)
    stiffness = stiffness_for(min(_GROUNDED, 0.4 * fps), fps, order=2)
    return -whittaker(np.where(known, lowest, 0.0)[:, None], weight, stiffness, order=2)[:, 0]
