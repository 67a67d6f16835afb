"""Soles of the feet and when they stand: one definition for the truth and for what is measured against it.

A foot is a stiff triangle of heel, ankle and toe. Standing flat it has the ankle 0.047 and the tip of the
toes 0.009 of stature above the floor, and the heel on it, 0.03 behind the ankle.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import savgol_filter

from blender_pose3d.skeleton import H36M_19

POINTS = ("LHeel", "LToe", "RHeel", "RToe")
"""Order of every array of feet here."""

ANKLE, TOE, BEHIND, LENGTH = 0.08 / 1.7, 0.015 / 1.7, 0.05 / 1.7, 0.122  # of stature
# A point of the sole takes hold below the first and lets go above the second (m and m/s).
LOW, HIGH = 0.03, 0.05
SLOW, FAST = 0.6, 1.0
SHORTEST, LONGEST_BREAK = 0.10, 0.05  # seconds
# Heels roll and toes turn while they stand: still is a point this near to the middle of its contact (m).
STILL = 0.007


def flat_pitch() -> float:
    """Radians by which the line from ankle to toe points down in a foot that stands flat."""
    return float(np.arcsin((ANKLE - TOE) / LENGTH))


def foot_axes(joints: np.ndarray, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (T, 3) of a foot of joints (T, 19, 3): ankle to toe, and across it to the sole."""
    knee, ankle, toe = (joints[:, H36M_19.index(side + name)] for name in ("Knee", "Ankle", "Toe"))
    ahead = _unit(toe - ankle)
    shank = ankle - knee
    return ahead, _unit(shank - (shank * ahead).sum(-1, keepdims=True) * ahead)


def soles(joints: np.ndarray, stature: float) -> np.ndarray:
    """(T, 4, 3) points of the soles in the order of ``POINTS``, from joints (T, 19, 3) metres, z up.

    The toe's point lies below the joint, so that in a foot that stands flat both points have height 0.
    """
    cos, sin = np.cos(flat_pitch()), np.sin(flat_pitch())
    found = []
    for side in "LR":
        ahead, down = foot_axes(joints, side)
        ankle, toe = joints[:, H36M_19.index(side + "Ankle")], joints[:, H36M_19.index(side + "Toe")]
        along, across = ANKLE * sin - BEHIND * cos, ANKLE * cos + BEHIND * sin
        found += [ankle + stature * (along * ahead + across * down), toe - (0.0, 0.0, TOE * stature)]
    return np.stack(found, axis=1)


def contacts(points: np.ndarray, fps: float) -> np.ndarray:
    """(T, 4) bool: when points of soles (T, 4, 3), clean and with the floor at z = 0, stand on it.

    By height and speed with hysteresis; contacts shorter than 0.1 s are none, and breaks of up to 0.05 s are
    none either.
    """
    speed, height = speeds(points, fps), points[..., 2]
    holds = (height < LOW) & (speed < SLOW)
    lets_go = (height > HIGH) | (speed > FAST)
    stands = np.stack([_latch(h, go) for h, go in zip(holds.T, lets_go.T, strict=True)], axis=1)
    stands = ~_without_short(~stands, round(LONGEST_BREAK * fps), ends=True)
    return _without_short(stands, round(SHORTEST * fps) - 1, ends=False)


def speeds(points: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) m/s of points (T, F, 3): slope of a parabola through a twelfth of a second."""
    window = 2 * round(0.04 * fps) + 1
    if len(points) < max(window, 5):
        return np.zeros(points.shape[:-1])
    slope = savgol_filter(points, max(window, 3), 2, deriv=1, axis=0) * fps
    return np.linalg.norm(slope, axis=-1)


def still(points: np.ndarray, touching: np.ndarray, fps: float) -> list[tuple[int, int, int]]:
    """The part of each contact in which a true foot does not move: (point, first, last + 1 frame).

    points: (T, 4, 3) soles; touching: (T, 4) bool. The longest run of frames near the median place over the
    floor; contacts without a tenth of a second of it do not count.
    """
    found = []
    for point, column in enumerate(touching.T):
        for first, last in intervals(column):
            way = points[first:last, point, :2]
            near = np.linalg.norm(way - np.median(way, axis=0), axis=-1) < STILL
            runs = intervals(near)
            if len(runs):
                start, stop = first + runs[np.argmax(runs[:, 1] - runs[:, 0])]
                if stop - start > SHORTEST * fps:
                    found.append((point, int(start), int(stop)))
    return found


def intervals(mask: np.ndarray) -> np.ndarray:
    """(R, 2) first and last + 1 index of each run of True in a (T,) mask."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def _latch(on: np.ndarray, off: np.ndarray) -> np.ndarray:
    """(T,) bool: True from where ``on`` is to where ``off`` is; the last of the two that was said counts."""
    said = np.where(off, 0, np.where(on, 1, -1))
    when = np.maximum.accumulate(np.where(said >= 0, np.arange(len(said)), 0))
    return said[when] == 1


def _without_short(mask: np.ndarray, longest: int, *, ends: bool) -> np.ndarray:
    """Masks (T, F) without runs of True of at most ``longest`` frames. ends: keep those at the clip's end."""
    mask = mask.copy()
    for column in mask.T:
        for first, last in intervals(column):
            at_an_end = first == 0 or last == len(column)
            if last - first <= longest and not (ends and at_an_end):
                column[first:last] = False
    return mask


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)
