"""A lifted pose corrected by what the picture shows: each joint on its ray, each bone as long as it is.

A lifter sees a second of the picture and no more. Over a whole clip more is known: how long this person's
bones are and where, in perspective, each joint was seen. Joints move to where both agree best with the lifted
pose: every frame by itself, all frames at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .bones import outward, unit
from .picture import Sight
from .root import root_path
from .skeleton import Skeleton

# Degrees by which lifted figures lean back from the camera too far: over the standing moments of 38 clips
# (24 of bench/tuning_clips.py, 14 rendered) 2.0 in the median, 1.4 in the mean, standard deviation 4.5. Of
# values from 0 to 3 this one finds up best on the former.
LEAN = 1.5

# Errors in metres: of a lifted bone across the line of sight and along it, of a bone's length, of the path,
# and of a joint's place in the picture (at the person's distance) beyond what its shaking tells.
_ACROSS, _ALONG, _LENGTH = 0.03, 0.05, 0.04
_PATH = np.array([0.1, 0.1, 0.2])
_PLACE, _SHAKING_MEANS = 0.02, 2.0
_FITS = 0.08
_ROUNDS = 2
_BLOCK = 2048  # frames
# Bones near the hip are lifted better than those at the ends, in parts of the errors above.
_SURER = {"Hip": 3.0, "Spine": 2.5, "Thorax": 2.5, "Shoulder": 2.0}

_Vector = list[np.ndarray]
_Symmetric = list[np.ndarray]  # xx, xy, xz, yy, yz, zz


def upright(joints: np.ndarray, degrees: float = LEAN) -> np.ndarray:
    """Joints (T, J, 3) in camera axes without the lifter's habitual lean: turned about the picture's x."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return joints @ np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])


def onto_picture(
    pose: np.ndarray, sight: Sight, lengths: np.ndarray, skeleton: Skeleton, fps: float
) -> np.ndarray:
    """Hip-relative joints (T, J, 3) metres, camera axes, finite, as lifted, corrected; same shape.

    lengths: (J,) metres of the bone that ends in each joint. Maximum a posteriori with Gaussian errors and
    Cauchy weights for places in the picture; bone lengths are linearised about the current directions
    (Gauss-Newton, two rounds). The skeleton is a tree, so that eliminating joints from the ends inwards
    solves every frame exactly, on 3 x 3 blocks. Where the picture does not tell the distance, the pose stays.
    """
    path = root_path(pose[:, sight.joints], sight.rays, sight.weight, fps, sight.turns)
    if path is None:
        return pose
    path = np.einsum("tji,tj->ti", sight.turns, path)
    place = _place_error(sight, path[:, 2], fps)
    lifted = _Lifted(pose, path, unit(path).T, lengths, skeleton)
    joints = pose + path[:, None]
    for start in range(0, len(pose), _BLOCK):
        # frames know nothing of each other here: in blocks they stay in the processor's cache
        block = slice(start, start + _BLOCK)
        few, seen_there = lifted.part(block), sight.part(block)
        for _ in range(_ROUNDS):
            joints[block] = _solve(few, joints[block], _Seen(seen_there, joints[block], place))
    return joints - joints[:, :1]


@dataclass(frozen=True)
class _Lifted:
    """pose: (T, J, 3). path: (T, 3) of the hip. ahead: (3, T) unit, the line of sight. lengths: (J,)."""

    pose: np.ndarray
    path: np.ndarray
    ahead: np.ndarray
    lengths: np.ndarray
    skeleton: Skeleton

    def part(self, frames: slice) -> _Lifted:
        """The same of some frames."""
        return replace(self, pose=self.pose[frames], path=self.path[frames], ahead=self.ahead[:, frames])


def _place_error(sight: Sight, distance: np.ndarray, fps: float) -> np.ndarray:
    """(N,) metres: what a detector shakes from frame to frame tells how far it strays slowly.

    From the third difference, in which people's own motion is small; below 20 frames a second it is not.
    """
    if fps < 20 or len(distance) < 12:
        return np.full(len(sight.joints), 2 * _PLACE)
    third = np.diff(sight.rays * distance[:, None, None], n=3, axis=0) / np.sqrt(20.0)
    shaking = 1.4826 * np.median(np.abs(third), axis=(0, 2))
    return np.hypot(_PLACE, _SHAKING_MEANS * np.minimum(shaking, 0.1))


class _Seen:
    """The normal equations of the joints' places in the picture, by joint."""

    def __init__(self, sight: Sight, joints: np.ndarray, place: np.ndarray) -> None:
        shown = joints[:, sight.joints]
        missed = np.linalg.norm(shown[..., :2] - sight.rays * shown[..., 2:], axis=-1)
        weight = sight.weight / place**2 / (1.0 + (missed / _FITS) ** 2)
        self.row = {int(joint): i for i, joint in enumerate(sight.joints)}
        self.weight, self.rays = weight.T, sight.rays.transpose(2, 1, 0)

    def of(self, joint: int) -> _Symmetric:
        if joint not in self.row:
            return [np.zeros(self.weight.shape[1])] * 6
        i = self.row[joint]
        w, x, y = self.weight[i], self.rays[0, i], self.rays[1, i]
        return [w, np.zeros_like(w), -w * x, w, -w * y, w * (x * x + y * y)]


def _solve(lifted: _Lifted, joints: np.ndarray, seen: _Seen) -> np.ndarray:
    """(T, J, 3) most probable joints, with directions of bones taken from ``joints``."""
    skeleton, frames = lifted.skeleton, len(joints)
    order = [joint for joint in outward(skeleton) if skeleton.parents[joint] >= 0]
    square = {joint: seen.of(joint) for joint in range(len(skeleton))}
    right: dict[int, _Vector] = {joint: [np.zeros(frames)] * 3 for joint in range(len(skeleton))}
    sure = 1.0 / _PATH**2
    square[0] = _add(square[0], [sure[0], 0.0, 0.0, sure[1], 0.0, sure[2]])
    right[0] = list(sure[:, None] * lifted.path.T)
    tied: dict[int, _Symmetric] = {}
    for joint in order:
        parent = skeleton.parents[joint]
        tie, pull = _bone(lifted, joints, joint)
        tied[joint] = tie
        square[joint], square[parent] = _add(square[joint], tie), _add(square[parent], tie)
        right[joint], right[parent] = _add(right[joint], pull), _add(right[parent], [-p for p in pull])
    inverse: dict[int, _Symmetric] = {}
    for joint in reversed(order):
        parent = skeleton.parents[joint]
        inverse[joint] = _invert(square[joint])
        carried = _times(tied[joint], _times(inverse[joint], right[joint]))
        right[parent] = _add(right[parent], carried)
        through = _through(tied[joint], inverse[joint])
        square[parent] = _add(square[parent], [-t for t in through])
    found = {0: _times(_invert(square[0]), right[0])}
    for joint in order:
        pulled = _add(right[joint], _times(tied[joint], found[skeleton.parents[joint]]))
        found[joint] = _times(inverse[joint], pulled)
    return np.stack([np.stack(found[joint], axis=-1) for joint in range(len(skeleton))], axis=1)


def _bone(lifted: _Lifted, joints: np.ndarray, joint: int) -> tuple[_Symmetric, _Vector]:
    """What ties a joint to its parent: precision and pull of the lifted bone and of its length."""
    skeleton, ahead = lifted.skeleton, lifted.ahead
    parent = skeleton.parents[joint]
    name = skeleton.joints[joint]
    surer = _SURER.get(name if name in _SURER else name[1:], 1.0) ** 2
    across, along = surer / _ACROSS**2, surer / _ALONG**2
    bone = (lifted.pose[:, joint] - lifted.pose[:, parent]).T
    direction = unit(joints[:, joint] - joints[:, parent]).T
    stiff = 1.0 / _LENGTH**2
    depth = (along - across) * (ahead * bone).sum(axis=0)
    length = stiff * lifted.lengths[joint]
    pull = [across * bone[i] + depth * ahead[i] + length * direction[i] for i in range(3)]
    tie = [
        (along - across) * ahead[i] * ahead[j]
        + stiff * direction[i] * direction[j]
        + (across if i == j else 0.0)
        for i in range(3)
        for j in range(i, 3)
    ]
    return tie, pull


def _add(one: list[np.ndarray], other: list) -> list[np.ndarray]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _times(m: _Symmetric, v: _Vector) -> _Vector:
    xx, xy, xz, yy, yz, zz = m
    x, y, z = v
    return [xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z]


def _invert(m: _Symmetric) -> _Symmetric:
    a, b, c, d, e, f = m
    p, q, r = d * f - e * e, c * e - b * f, b * e - c * d
    scale = 1.0 / (a * p + b * q + c * r)
    return [p * scale, q * scale, r * scale, (a * f - c * c) * scale, (b * c - a * e) * scale,
            (a * d - b * b) * scale]  # fmt: skip


def _through(tie: _Symmetric, inverse: _Symmetric) -> _Symmetric:
    """tie inverse tie."""
    xx, xy, xz, yy, yz, zz = tie
    columns = ([xx, xy, xz], [xy, yy, yz], [xz, yz, zz])
    passed = [_times(inverse, column) for column in columns]
    return [_dot(columns[i], passed[j]) for i in range(3) for j in range(i, 3)]


def _dot(one: _Vector, other: _Vector) -> np.ndarray:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
