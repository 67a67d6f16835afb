"""What somebody looks like, as colour histograms of torso, legs, lower arms and head: tells people apart.

A few hundred pixels at places given by the pose are read, never the whole box, so the background stays out
and the cost does not grow with the picture.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from blender_pose3d.skeleton import Skeleton

from .partly import Image

_BINS = (6, 10, 10)  # lightness, a, b
# lightness changes with the light, so its histogram spans all of it in few bins; a and b rarely leave +-60
_RANGES = ((0.0, 256.0), (68.0, 188.0), (68.0, 188.0))
PARTS = 4  # torso, legs, lower arms, head
# few pixels make up arms and head, and which side of the head is seen changes
_WEIGHTS = np.array([1.0, 1.0, 0.6, 0.6])
LENGTH = sum(_BINS)
_LOW = np.array([low for low, _ in _RANGES])
_TO_BINS = np.array([count / (high - low) for count, (low, high) in zip(_BINS, _RANGES, strict=True)])
_LAST = np.array(_BINS) - 1
_FIRST = np.cumsum((0, *_BINS[:-1]))
_SEEN = 0.15
_LEAST_PIXELS = 12
UNKNOWN = 0.3  # the distance where nothing can be compared: neither for nor against


def describe(image: Image, joints: np.ndarray, score: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Histograms (4, 26) float32 of the parts of one pose; NaN for a part that is not in view.

    image: (H, W, 3) uint8 RGB. joints: (K, 2) px. score: (K,). Each of lightness, a and b of CIELAB sums to
    a third.
    """
    named = list(_indices(skeleton))
    points, shown = _points(joints[named].astype(np.float64), score[named] >= _SEEN)
    pixels, inside = _read(image, points[shown])
    return _histograms(pixels, _PART[shown][inside])


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hellinger distance, 0 to 1, of descriptions (..., 4, 26), weighted mean over the parts both have.

    UNKNOWN where they share none.
    """
    each = part_distances(a, b)
    known = np.isfinite(each)
    weight = known * _WEIGHTS
    total = np.where(known, each, 0) * _WEIGHTS
    return np.where(known.any(axis=-1), total.sum(axis=-1) / np.maximum(weight.sum(axis=-1), 1e-9), UNKNOWN)


def part_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hellinger distances (..., 4) of each part, 0 to 1; NaN for a part that one of them lacks."""
    shared = np.sqrt(np.clip(a * b, 0, None)).sum(axis=-1)
    return np.sqrt(np.clip(1.0 - shared, 0, 1))


def blend(old: np.ndarray, new: np.ndarray, rate: float) -> np.ndarray:
    """Running mean of descriptions; a part that one of them lacks is taken from the other."""
    mixed = old + rate * (new - old)
    return np.where(np.isfinite(mixed), mixed, np.where(np.isfinite(old), old, new))


_LEFT = ("left_shoulder", "left_hip", "left_knee", "left_ankle", "left_elbow", "left_wrist", "left_ear")
_PLACES = _LEFT + tuple(name.replace("left", "right") for name in _LEFT)
_SHOULDER, _HIP, _KNEE, _ANKLE, _ELBOW, _WRIST, _EAR = np.arange(len(_PLACES)).reshape(2, -1).T
_STARTS = np.concatenate([_HIP, _KNEE, _ELBOW])  # of the bones of legs, then of lower arms
_ENDS = np.concatenate([_KNEE, _ANKLE, _WRIST])


@cache
def _indices(skeleton: Skeleton) -> tuple[int, ...]:
    return tuple(skeleton.index(name) for name in _PLACES)


def _grid(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([g.ravel() for g in np.meshgrid(x, y)], axis=1)


_ACROSS, _DOWN = np.hsplit(_grid(np.linspace(0.15, 0.85, 12), np.linspace(0.1, 0.95, 14)), 2)
_ALONG = np.tile(np.linspace(0.1, 0.9, 20), 3)[:, None]
# three lines side by side: the middle of the limb and a little to either side of it
_ASIDE = np.repeat([-0.06, 0.0, 0.06], 20)[:, None]
_DISC = _grid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 11))
_HEAD = _DISC[(_DISC**2).sum(axis=1) <= 1] * [0.11, 0.16]
_SIZES = len(_ACROSS), 4 * len(_ALONG), 2 * len(_ALONG), len(_HEAD)
_PART = np.repeat(np.arange(PARTS), _SIZES)  # of each point


def _points(at: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 2) px to read, in the order of _PART, and which of them belong to limbs that are seen.

    at: (14, 2) px, seen: (14,), of _PLACES.
    """
    shoulders, hips = at[_SHOULDER], at[_HIP]
    top = shoulders[0] + _ACROSS * (shoulders[1] - shoulders[0])
    bottom = hips[0] + _ACROSS * (hips[1] - hips[0])
    bone = (at[_ENDS] - at[_STARTS])[:, None]
    limbs = at[_STARTS][:, None] + _ALONG * bone + _ASIDE * (bone[..., ::-1] * [-1.0, 1.0])
    # a head is about a third of shoulder to hip wide; the inner two thirds of it are surely head or hair
    head = at[_EAR].mean(axis=0) + np.linalg.norm((shoulders - hips).mean(axis=0)) * _HEAD
    shown = np.ones(len(_PART), dtype=bool)
    limb = np.repeat(seen[_STARTS] & seen[_ENDS], len(_ALONG))
    shown[len(_ACROSS) : len(_ACROSS) + len(limb)] = limb
    return np.concatenate([top + _DOWN * (bottom - top), limbs.reshape(-1, 2), head]), shown


def _read(image: Image, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (M, 3) at those of places (N, 2) px that lie in the picture, and which do (N,)."""
    within = (points >= -0.5) & (points <= np.array([image.shape[1], image.shape[0]]) - 0.5)
    inside = within[:, 0] & within[:, 1]
    x, y = np.rint(points[inside]).astype(np.int64).T
    # the middle between the last pixel and the border rounds to the border
    x, y = np.minimum(x, image.shape[1] - 1), np.minimum(y, image.shape[0] - 1)
    if not len(x):
        return np.zeros((0, 3), dtype=np.uint8), inside
    left, top = int(x.min()), int(y.min())
    part = image[top : int(y.max()) + 1, left : int(x.max()) + 1]
    return part[y - top, x - left], inside


def _histograms(pixels: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(4, 26) float32 of pixels (N, 3), of which each belongs to a part (N,)."""
    count = np.bincount(part, minlength=PARTS)
    parts = np.full((PARTS, LENGTH), np.nan, dtype=np.float32)
    known = count >= _LEAST_PIXELS
    if not known.any():
        return parts
    lab = cv2.cvtColor(np.ascontiguousarray(pixels[None]), cv2.COLOR_RGB2LAB)[0].astype(np.float64)
    # each pixel is shared between its two nearest bins, so a small change of light moves little
    place = np.clip((lab - _LOW) * _TO_BINS - 0.5, 0, _LAST)
    left = np.minimum(place.astype(np.int64), _LAST - 1)
    weight = place - left
    left += _FIRST + LENGTH * part[:, None]
    filled = np.bincount(left.ravel(), (1 - weight).ravel(), PARTS * LENGTH)
    filled += np.bincount(left.ravel() + 1, weight.ravel(), PARTS * LENGTH)
    parts[known] = filled.reshape(PARTS, LENGTH)[known] / (count[known, None] * len(_BINS))
    return parts
