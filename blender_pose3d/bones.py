"""Bones of one length each, the same left and right."""

from __future__ import annotations

import numpy as np

from .skeleton import Skeleton

# Points that are by definition the midpoint of a pair.
_MIDPOINTS = (("Hip", "LHip", "RHip"), ("Thorax", "LShoulder", "RShoulder"))


def bone_lengths(joints: np.ndarray, score: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(J,) metres from each joint's parent, 0 for the root: medians over the better half of the frames.

    joints: (T, J, 3); score: (T, J). Left and right share the mean of their medians.
    """
    lengths = np.zeros(len(skeleton))
    parent, child = skeleton.bones.T
    along = np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)
    trust = np.minimum(score[:, child], score[:, parent])
    trusted = trust >= np.median(trust, axis=0)
    lengths[child] = np.nanmedian(np.where(trusted, along, np.nan), axis=0)
    lengths = (lengths + lengths[skeleton.mirror]) / 2
    for _, left, right in _MIDPOINTS:
        if {left, right} <= set(skeleton.joints):
            pair = [skeleton.index(left), skeleton.index(right)]
            lengths[pair] = np.median(np.linalg.norm(joints[:, pair[0]] - joints[:, pair[1]], axis=-1)) / 2
    return lengths


def with_constant_bones(joints: np.ndarray, score: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Joints (T, J, 3) rebuilt from the root outward: their own directions, lengths of ``bone_lengths``."""
    lengths = bone_lengths(joints, score, skeleton)
    directions = {child: joints[:, child] - joints[:, parent] for parent, child in skeleton.bones}
    for _, left, right in _MIDPOINTS:
        if {left, right} <= set(skeleton.joints):
            across = joints[:, skeleton.index(left)] - joints[:, skeleton.index(right)]
            directions[skeleton.index(left)], directions[skeleton.index(right)] = across, -across
    rebuilt = joints.copy()
    for joint in _outward(skeleton):
        parent = skeleton.parents[joint]
        if parent >= 0:
            rebuilt[:, joint] = rebuilt[:, parent] + lengths[joint] * unit(directions[joint])
    return rebuilt


def unit(vector: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) of length one. One of no length keeps none, so that nothing becomes NaN."""
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.divide(vector, length, out=np.zeros_like(vector), where=length > 1e-12)


def _outward(skeleton: Skeleton) -> list[int]:
    depth = {-1: -1}
    order = list(range(len(skeleton)))
    while len(depth) <= len(order):
        depth.update({j: depth[skeleton.parents[j]] + 1 for j in order if skeleton.parents[j] in depth})
    return sorted(order, key=depth.__getitem__)
