"""What somebody looks like, as colour histograms of torso, legs, lower arms and head: tells people apart.

A few hundred pixels at places given by the pose are read, never the whole box, so the background stays out
and the cost does not grow with the picture.
"""

from __future__ import annotations

import cv2
import numpy as np

from blender_pose3d.skeleton import Skeleton

_BINS = (6, 10, 10)  # lightness, a, b
# lightness changes with the light, so its histogram spans all of it in few bins; a and b rarely leave +-60
_RANGES = ((0.0, 256.0), (68.0, 188.0), (68.0, 188.0))
PARTS = 4  # torso, legs, lower arms, head
# few pixels make up arms and head, and which side of the head is seen changes
_WEIGHTS = np.array([1.0, 1.0, 0.6, 0.6])
LENGTH = sum(_BINS)
_LEAST_PIXELS = 12
UNKNOWN = 0.3  # the distance where nothing can be compared: neither for nor against


def describe(image: np.ndarray, joints: np.ndarray, score: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Histograms (4, 26) float32 of the parts of one pose; NaN for a part that is not in view.

    image: (H, W, 3) uint8 RGB. joints: (K, 2) px. score: (K,). Each of lightness, a and b of CIELAB sums to
    a third.
    """
    at = {name: joints[skeleton.index(name)] for name in _PLACES}
    seen = {name: score[skeleton.index(name)] >= 0.15 for name in _PLACES}
    parts = np.full((PARTS, LENGTH), np.nan, dtype=np.float32)
    for part, points in enumerate(
        (_torso_points(at), _limb_points(at, seen, _LEGS), _limb_points(at, seen, _ARMS), _head_points(at))
    ):
        pixels = _read(image, points)
        if len(pixels) >= _LEAST_PIXELS:
            parts[part] = _histogram(pixels)
    return parts


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


_LEGS = (("hip", "knee"), ("knee", "ankle"))
_ARMS = (("elbow", "wrist"),)
_PLACES = tuple(
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "ear")
)


def _grid(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([g.ravel() for g in np.meshgrid(x, y)], axis=1)


_ACROSS, _DOWN = np.hsplit(_grid(np.linspace(0.15, 0.85, 12), np.linspace(0.1, 0.95, 14)), 2)
_ALONG = np.linspace(0.1, 0.9, 20)[:, None]
_DISC = _grid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 11))
_HEAD = _DISC[(_DISC**2).sum(axis=1) <= 1] * [0.11, 0.16]


def _torso_points(at: dict[str, np.ndarray]) -> np.ndarray:
    top = at["left_shoulder"] + _ACROSS * (at["right_shoulder"] - at["left_shoulder"])
    bottom = at["left_hip"] + _ACROSS * (at["right_hip"] - at["left_hip"])
    return top + _DOWN * (bottom - top)


def _limb_points(
    at: dict[str, np.ndarray], seen: dict[str, bool], bones: tuple[tuple[str, str], ...]
) -> np.ndarray:
    rows = [np.empty((0, 2))]
    for side in ("left", "right"):
        for upper, lower in bones:
            start, end = f"{side}_{upper}", f"{side}_{lower}"
            if seen[start] and seen[end]:
                bone = at[end] - at[start]
                # three lines side by side: the middle of the limb and a little to either side of it
                aside = np.array([-bone[1], bone[0]]) * 0.06
                rows += [at[start] + _ALONG * bone + shift * aside for shift in (-1, 0, 1)]
    return np.concatenate(rows)


def _head_points(at: dict[str, np.ndarray]) -> np.ndarray:
    ears = (at["left_ear"] + at["right_ear"]) / 2
    torso = (at["left_shoulder"] + at["right_shoulder"] - at["left_hip"] - at["right_hip"]) / 2
    # a head is about a third of shoulder to hip wide; the inner two thirds of it are surely head or hair
    return ears + np.linalg.norm(torso) * _HEAD


def _read(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    where = np.rint(points).astype(np.int64)
    inside = ((where >= 0) & (where < (image.shape[1], image.shape[0]))).all(axis=-1)
    where = where[inside]
    return image[where[:, 1], where[:, 0]]


def _histogram(pixels: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(np.ascontiguousarray(pixels[None]), cv2.COLOR_RGB2LAB)[0].astype(np.float64)
    parts = []
    for channel, (count, (low, high)) in enumerate(zip(_BINS, _RANGES, strict=True)):
        # each pixel is shared between its two nearest bins, so a small change of light moves little
        place = np.clip((lab[:, channel] - low) / (high - low) * count - 0.5, 0, count - 1)
        left = np.minimum(place.astype(np.int64), count - 2)
        weight = place - left
        parts.append(
            np.bincount(left, 1 - weight, minlength=count) + np.bincount(left + 1, weight, minlength=count)
        )
    return np.concatenate(parts) / (len(pixels) * len(_BINS))
