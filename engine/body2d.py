"""Measures of 2D poses that do not depend on who is shown: stature, boxes, overlap, keypoint similarity.

Shapes: poses are (..., K, 2) px, scores (..., K) 0 to 1. Both known 2D skeletons hold COCO's joint names.
"""

from __future__ import annotations

import functools

import numpy as np

from blender_pose3d.skeleton import Skeleton

CORE = (
    "left_shoulder", "right_shoulder", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "nose",
)  # fmt: skip
TORSO = CORE[:4]

SEEN = 0.3  # from this score on a joint counts as seen
OUTSIDE_SCORE = 0.04  # the highest score of a joint outside the picture: tells it from an occluded one


@functools.cache  # asked for many times a frame
def indices(skeleton: Skeleton, names: tuple[str, ...] = CORE) -> np.ndarray:
    """Indices of joints by name, int64; not to be written to."""
    found = np.array([skeleton.index(name) for name in names], dtype=np.int64)
    found.setflags(write=False)
    return found


def stature(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Height in px the person would have standing, (...,), from the lengths of torso and legs.

    The longer leg counts, since a lifted one is often seen foreshortened. A person seen from above or lying
    towards the camera has short bones, so half of the pose's larger extent is the least.
    """
    core = joints[..., indices(skeleton), :]
    at = {name: core[..., number, :] for number, name in enumerate(CORE)}
    torso = _length((at["left_shoulder"] + at["right_shoulder"] - at["left_hip"] - at["right_hip"]) / 2)
    legs = [
        _length(at[f"{side}_hip"] - at[f"{side}_knee"]) + _length(at[f"{side}_knee"] - at[f"{side}_ankle"])
        for side in ("left", "right")
    ]
    # head and neck are about three fifths of shoulder to hip
    standing = 1.6 * torso + np.maximum(*legs)
    extent = np.ptp(core, axis=-2).max(axis=-1)
    return np.maximum(np.maximum(standing, 0.5 * extent), 1.0)


def boxes(joints: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Boxes (..., 4) x0 y0 x1 y1 px around the seen joints, around all where fewer than three are seen."""
    use = score >= SEEN
    use = np.where(use.sum(axis=-1, keepdims=True) >= 3, use, True)[..., None]
    low = np.where(use, joints, np.inf).min(axis=-2)
    high = np.where(use, joints, -np.inf).max(axis=-2)
    return np.concatenate([low, high], axis=-1)


def clipped_area(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Share of the picture (width, height) that each box (..., 4) covers, 0 to 1."""
    low = np.clip(box[..., :2], 0, size)
    high = np.clip(box[..., 2:], 0, size)
    return np.prod(high - low, axis=-1) / (size[0] * size[1])


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union (N, M) of boxes (N, 4) and (M, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    areas = [np.prod(np.clip(x[:, 2:] - x[:, :2], 0, None), axis=-1) for x in (a, b)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    return shared / np.maximum(union, 1e-9)


def similarity(a: np.ndarray, b: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Keypoint similarity (N, M), 0 to 1, of poses (N, K, 2) and (M, K, 2).

    As COCO's object keypoint similarity (a Gaussian of joint distance over size, mean over joints), with one
    width for all joints: eight hundredths of the smaller one's stature.
    """
    core = indices(skeleton)
    size = np.minimum(stature(a, skeleton)[:, None], stature(b, skeleton)[None, :])
    distance = _length(a[:, None, core] - b[None, :, core])
    return np.exp(-0.5 * (distance / (0.08 * size[..., None])) ** 2).mean(axis=-1)


def outside(joints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Which joints (..., K) lie clearly outside the picture (width, height): by 1 % of its larger side."""
    margin = 0.01 * max(size)
    limit = np.array([size[0] - 1, size[1] - 1])
    return np.any((joints < -margin) | (joints > limit + margin), axis=-1)


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1)
