"""How good a motion is, in numbers: on whole arrays, for the clip, raw and after."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from .feet import foot_points, standing
from .skeleton import Skeleton

if TYPE_CHECKING:
    from .motion import Motion

_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Quality:
    """jitter: mean norm of the third difference, m/s^3; jitter_frame: the same in mm/frame^3. missing_frames,
    missing_joints: shares 0 to 1. bone_spread: mean over bones of standard deviation over mean length.
    skate: mean speed of standing feet, m/s; penetration: mean depth of soles below the floor while below it
    and deepest: the deepest, metres. None where it cannot be told.
    """

    frames: int
    fps: float
    jitter: float | None
    jitter_frame: float | None
    missing_frames: float
    missing_joints: float
    bone_spread: float | None
    skate: float | None = None
    penetration: float | None = None
    deepest: float | None = None

    def to_dict(self) -> dict[str, float | int | None]:
        """Plain numbers, ready for JSON."""
        return asdict(self)


def jitter(joints: np.ndarray) -> float | None:
    """Mean norm of the third difference in time of joints (T, J, 3), metres per frame cubed; times fps cubed
    it is m/s^3. Differences over missing frames (NaN) do not count; None if there is none."""
    if len(joints) < 4:
        return None
    third = np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1)
    third = third[np.isfinite(third)]
    return float(third.mean()) if third.size else None


def bone_spread(joints: np.ndarray, skeleton: Skeleton) -> float | None:
    """Standard deviation of bone lengths over their mean, averaged over the bones. None without any bone."""
    parent, child = skeleton.bones.T
    lengths = np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)
    lengths = lengths[np.isfinite(lengths).all(axis=1)]
    if not len(lengths):
        return None
    mean = lengths.mean(axis=0)
    usable = mean > 1e-9
    return float((lengths.std(axis=0)[usable] / mean[usable]).mean()) if usable.any() else None


def foot_skate(joints: np.ndarray, skeleton: Skeleton, fps: float) -> float | None:
    """Mean horizontal speed (m/s) of feet while they stand, world joints (T, J, 3). None if none stands."""
    if len(joints) < 2:
        return None
    points, _ = foot_points(joints, skeleton)
    sure = standing(points, _UP, fps)
    sure = np.where(np.minimum(sure[1:], sure[:-1]) > 0.5, 1.0, 0.0)
    if not sure.any():
        return None
    speed = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1) * fps
    return float((sure * speed).sum() / sure.sum())


def floor_penetration(joints: np.ndarray, skeleton: Skeleton) -> tuple[float, float]:
    """Mean depth of soles below z = 0, where they are below, and the deepest; metres, joints (T, J, 3)."""
    points, height = foot_points(joints, skeleton)
    depth = np.maximum(height - points[..., 2], 0.0)
    below = depth > 0
    return (float(depth[below].mean()) if below.any() else 0.0), float(depth.max(initial=0.0))


def measure(
    joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, fps: float, *, world: bool = False
) -> Quality:
    """Quality of joints (T, J, 3) metres, NaN or score (T, J) 0 where missing. world: they stand on z = 0."""
    shake = jitter(joints)
    missing = ~np.isfinite(joints).all(-1) | (np.nan_to_num(score) <= 0)
    finite = world and np.isfinite(joints).all()
    depth = floor_penetration(joints, skeleton) if finite else (None, None)
    return Quality(
        frames=len(joints),
        fps=float(fps),
        jitter=None if shake is None else shake * fps**3,
        jitter_frame=None if shake is None else shake * 1000.0,
        missing_frames=float(missing.all(axis=1).mean()),
        missing_joints=float(missing.mean()),
        bone_spread=bone_spread(joints, skeleton),
        skate=foot_skate(joints, skeleton, fps) if finite else None,
        penetration=depth[0],
        deepest=depth[1],
    )


def compare(motion: Motion) -> dict[str, dict[str, float | int | None]]:
    """``raw`` (as captured) and ``after``, ready for JSON; jitter is of the hip-relative pose in both."""
    hip = motion.joints[:, :1]
    after = measure(motion.joints, motion.score, motion.skeleton, motion.fps, world=True).to_dict()
    relative = measure(motion.joints - hip, motion.score, motion.skeleton, motion.fps)
    after["jitter"], after["jitter_frame"] = relative.jitter, relative.jitter_frame
    return {
        "raw": measure(motion.raw, motion.score, motion.skeleton, motion.fps).to_dict(),
        "after": after,
    }
