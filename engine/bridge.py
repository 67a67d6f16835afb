"""From the joints a 2D network sees to the joints the lifter reads (H36M_19), still in pixels.

What a score means to the lifter, and how it comes about:

==============  ====================================================================================
above ``dim``   seen: the network's place and score
low, not 0      occluded: inside the picture but hidden; the network's guess stays, with its low score
halved          missing for at most ``max_gap`` frames and seen before and after: interpolated over time
0               unseen: outside the picture, or no score at all, for longer; placed by the chain
==============  ====================================================================================

The chain (bridge_chain.py) hangs an unseen joint on its seen neighbours, so that it has a plausible place
and never falls onto another joint or into the picture's corner. A frame without the person is NaN, unless
the absence is short enough to interpolate.
"""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import COCO_17, H36M_19, HALPE_26, Skeleton

from .bridge_chain import place_unseen
from .monotone import monotone

# Heights as fractions of stature, from the proportions in bridge_chain: the ear hole stands 0.130 above the
# midpoint of the shoulder joints, the lobe 0.015 below it, the vertex 0.075 above it.
_LOBE_BELOW_EAR = 0.015 / 0.130
_VERTEX_ABOVE_EAR = 0.075 / 0.130
_NECK_UP_TO_HEAD = 0.115 / 0.205

_AT_ONCE = 2048  # frames, for the sake of memory

_LIMBS = {
    "RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle", "RToe": "right_big_toe",
    "LHip": "left_hip", "LKnee": "left_knee", "LAnkle": "left_ankle", "LToe": "left_big_toe",
    "LShoulder": "left_shoulder", "LElbow": "left_elbow", "LWrist": "left_wrist",
    "RShoulder": "right_shoulder", "RElbow": "right_elbow", "RWrist": "right_wrist",
}  # fmt: skip

_Point = tuple[np.ndarray, np.ndarray]


def to_lifter(
    joints2d: np.ndarray,
    score2d: np.ndarray,
    skeleton2d: Skeleton,
    image_size: tuple[float, float],
    *,
    max_gap: int = 9,
    dim: float = 0.03,
) -> _Point:
    """Joints (..., T, K, 2) px and scores (..., T, K) of COCO-17 or Halpe-26 in the lifter's H36M_19.

    image_size: width and height in px. max_gap: the longest gap in frames that is filled over time (0.3 s at
    30 frames a second). dim: a score below this is no sight of the joint at all.

    Returns joints (..., T, 19, 2) px and scores (..., T, 19), float32. Where the person is present (any joint
    of the frame finite) every joint is finite. Raises ValueError for another skeleton or shapes that differ.
    """
    if skeleton2d not in (COCO_17, HALPE_26):
        raise ValueError(f"The bridge reads coco-17 and halpe-26, not {skeleton2d.name}.")
    joints2d, score2d = np.asarray(joints2d), np.asarray(score2d)
    if (
        joints2d.ndim < 3
        or joints2d.shape[-2:] != (len(skeleton2d), 2)
        or score2d.shape != joints2d.shape[:-1]
    ):
        raise ValueError(
            f"{skeleton2d.name} needs joints (..., T, {len(skeleton2d)}, 2) and as many scores, "
            f"not {joints2d.shape} and {score2d.shape}."
        )
    lead, frames = joints2d.shape[:-3], joints2d.shape[-3]
    points = np.empty((*lead, frames, len(H36M_19), 2))
    weights, face = np.empty(points.shape[:-1]), np.empty((*lead, frames))
    for first in range(0, frames, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        joints = joints2d[..., part, :, :].astype(np.float64)
        score = np.nan_to_num(score2d[..., part, :].astype(np.float64))
        joints, score = _unseen_to_nan(joints, score, image_size, dim)
        points[..., part, :, :], weights[..., part, :] = rename_joints(joints, score, skeleton2d)
        face[..., part] = _turn_of_face(joints, skeleton2d)
    points = points.reshape(-1, frames, len(H36M_19), 2)
    weights, face = weights.reshape(-1, frames, len(H36M_19)), face.reshape(-1, frames)
    placed = np.empty(points.shape, dtype=np.float32)
    for person in range(len(points)):
        _fill_short_gaps(points[person], weights[person], max_gap)
        there, usual = placed[person], image_size[1] / 2
        place_unseen(points[person], weights[person], face[person], usual, out=there)
    del points
    shape = (*lead, frames, len(H36M_19))
    return placed.reshape(*shape, 2), weights.reshape(shape).astype(np.float32)


def _unseen_to_nan(
    joints: np.ndarray, score: np.ndarray, image_size: tuple[float, float], dim: float
) -> _Point:
    size = np.asarray(image_size, dtype=np.float64)
    finite = np.isfinite(joints).all(-1)
    margin = 0.01 * size.max()  # a foot on the picture's edge is still a foot seen
    with np.errstate(invalid="ignore"):
        inside = ((joints >= -margin) & (joints <= size - 1 + margin)).all(-1)
    seen = finite & inside & (score >= dim)
    # Present but wholly out of sight: the network's guess is all there is to hold on to.
    guessed = finite & ~seen.any(-1, keepdims=True)
    joints = np.where((seen | guessed)[..., None], joints, np.nan)
    return joints, np.where(seen, np.clip(score, 0.0, 1.0), 0.0)


def rename_joints(joints: np.ndarray, score: np.ndarray, skeleton: Skeleton) -> _Point:
    """Joints (..., K, D) and scores (..., K), NaN and 0 where unseen, as H36M_19's, frame by frame."""
    missing = np.full_like(joints[..., 0, :], np.nan), np.zeros_like(score[..., 0])

    def source(name: str) -> _Point:
        if name not in skeleton.joints:
            return missing
        return joints[..., skeleton.index(name), :], score[..., skeleton.index(name)]

    made = {name: source(origin) for name, origin in _LIMBS.items()}
    made["Hip"] = _first(_between(made["LHip"], made["RHip"]), source("hip"))
    made["Thorax"] = _first(_between(made["LShoulder"], made["RShoulder"]), source("neck"))
    made["Spine"] = _between(made["Hip"], made["Thorax"])
    ears = _between(source("left_ear"), source("right_ear"))
    one_ear = _first(source("left_ear"), source("right_ear"))
    eyes = _between(source("left_eye"), source("right_eye"))
    one_eye = _first(source("left_eye"), source("right_eye"))
    # Eyes stand a little above the ear holes and the nose a little below them.
    face = _first(_between(_first(eyes, one_eye), source("nose")), eyes, source("nose"), one_eye)
    ear = _first(ears, one_ear, face)
    made["Head"] = _first(source("head"), _along(made["Thorax"], ear, 1 + _VERTEX_ABOVE_EAR))
    made["Neck"] = _first(
        _along(made["Thorax"], ear, 1 - _LOBE_BELOW_EAR),
        _along(made["Thorax"], made["Head"], _NECK_UP_TO_HEAD),
        ear,
    )
    # A heel alone in the picture, say, is no joint of the lifter's, but tells where the person is.
    places = np.stack([made[name][0][..., 0] for name in H36M_19.joints])
    lost = np.isnan(places).all(axis=0)
    finite = np.isfinite(joints[..., :1])
    centre = np.where(finite, joints, 0.0).sum(-2) / np.where(finite.any(-2), finite.sum(-2), np.nan)
    hip, weight = made["Hip"]
    made["Hip"] = np.where(lost[..., None], centre, hip), weight
    points = np.stack([made[name][0] for name in H36M_19.joints], axis=-2)
    return points, np.stack([made[name][1] for name in H36M_19.joints], axis=-1)


def _between(a: _Point, b: _Point) -> _Point:
    return _along(a, b, 0.5)


def _along(a: _Point, b: _Point, amount: float) -> _Point:
    point = a[0] + amount * (b[0] - a[0])
    return point, np.where(np.isfinite(point[..., 0]), (a[1] + b[1]) / 2, 0.0)


def _first(*choices: _Point) -> _Point:
    point, score = choices[0]
    for other, weight in choices[1:]:
        lacks = np.isnan(point[..., 0])
        point, score = np.where(lacks[..., None], other, point), np.where(lacks, weight, score)
    return point, score


def _turn_of_face(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(..., T) px by which the nose stands to the right of the ears: where the toes point, seen from here."""
    nose, left, right = (joints[..., skeleton.index(n), 0] for n in ("nose", "left_ear", "right_ear"))
    ears = np.where(np.isnan(left), right, np.where(np.isnan(right), left, (left + right) / 2))
    return nose - ears


def _fill_short_gaps(points: np.ndarray, score: np.ndarray, max_gap: int) -> None:
    """Interpolate, in place, gaps of at most max_gap frames with sight on both sides; halve the score there.

    points: (T, J, 2), NaN where unseen; score: (T, J). Monotone cubic (Fritsch and Carlson 1980).
    """
    frames = np.arange(len(points))
    for joint in range(points.shape[1]):
        seen = np.isfinite(points[:, joint, 0])
        before = np.maximum.accumulate(np.where(seen, frames, -1))
        after = np.minimum.accumulate(np.where(seen, frames, len(points))[::-1])[::-1]
        short = ~seen & (before >= 0) & (after < len(points)) & (after - before - 1 <= max_gap)
        if short.any():
            known, gap = np.flatnonzero(seen), np.flatnonzero(short)
            points[gap, joint] = monotone(known, points[known, joint], gap)
            score[gap, joint] = 0.5 * np.interp(gap, known, score[known, joint])
