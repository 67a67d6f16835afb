"""Bones of one length each, the same left and right."""

from __future__ import annotations

import numpy as np

from .skeleton import Skeleton

# Points that are by definition the midpoint of a pair.
_MIDPOINTS = (("Hip", "LHip", "RHip"), ("Thorax", "LShoulder", "RShoulder"))
# Length of the bone that ends in a joint, as a fraction of stature (Drillis and Contini 1966; Winter,
# Biomechanics and Motor Control of Human Movement, 2009), between points as skeleton.py means them.
_AVERAGE = {
    "Hip": 0.052, "Knee": 0.245, "Ankle": 0.246, "Toe": 0.122,
    "Spine": 0.135, "Thorax": 0.135, "Neck": 0.115, "Head": 0.090,
    "Shoulder": 0.101, "Elbow": 0.172, "Wrist": 0.148,
}  # fmt: skip
_UPRIGHT = ("LKnee", "LAnkle", "Spine", "Thorax", "Neck", "Head")  # what adds up to stature, with the ankle
# People differ from the average by 4 to 5 %; lifted lengths of the same person by 2 to 6 %, feet by more.
_SHARE_OF_AVERAGE = 0.25


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


def person_lengths(joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, stature: float) -> np.ndarray:
    """(J,) metres as ``bone_lengths``, of somebody this tall: between what was measured and an average body,
    and scaled so that the bones add up to the stature as an average body's do.

    Lifted bones come out too short where their direction is in doubt, by 2 to 4 % over a body. Joints that
    lie in one place have no lengths to measure, and the average stands.
    """
    average = np.array([stature * _AVERAGE.get(name.lstrip("LR"), 0.0) for name in skeleton.joints])
    measured = bone_lengths(joints, score, skeleton)
    # A body of half or twice the average is a mistake of the lifter's.
    measured = np.where(measured > 0, np.clip(measured, 0.6 * average, 1.6 * average), average)
    lengths = average**_SHARE_OF_AVERAGE * measured ** (1.0 - _SHARE_OF_AVERAGE)
    tall = [skeleton.index(name) for name in _UPRIGHT]
    lengths *= average[tall].sum() / lengths[tall].sum()
    return np.where(np.array(skeleton.parents) < 0, 0.0, lengths)


def stature(lengths: np.ndarray, skeleton: Skeleton) -> float:
    """Metres, of somebody with these bones (J,): as tall as the average body is over the same bones."""
    tall = [skeleton.index(name) for name in _UPRIGHT]
    return float(lengths[tall].sum() / sum(_AVERAGE[name.lstrip("LR")] for name in _UPRIGHT))


def with_lengths(joints: np.ndarray, lengths: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Joints (T, J, 3) rebuilt from the root outward: their own directions, lengths (J,)."""
    directions = {child: joints[:, child] - joints[:, parent] for parent, child in skeleton.bones}
    for _, left, right in _MIDPOINTS:
        if {left, right} <= set(skeleton.joints):
            across = joints[:, skeleton.index(left)] - joints[:, skeleton.index(right)]
            directions[skeleton.index(left)], directions[skeleton.index(right)] = across, -across
    rebuilt = joints.copy()
    for joint in outward(skeleton):
        parent = skeleton.parents[joint]
        if parent >= 0:
            rebuilt[:, joint] = rebuilt[:, parent] + lengths[joint] * unit(directions[joint])
    return rebuilt


def unit(vector: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) of length one. One of no length keeps none, so that nothing becomes NaN."""
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.divide(vector, length, out=np.zeros_like(vector), where=length > 1e-12)


def outward(skeleton: Skeleton) -> list[int]:
    """Joints in an order in which parents come before their children."""
    depth = {-1: -1}
    order = list(range(len(skeleton)))
    while len(depth) <= len(order):
        depth.update({j: depth[skeleton.parents[j]] + 1 for j in order if skeleton.parents[j] in depth})
    return sorted(order, key=depth.__getitem__)
