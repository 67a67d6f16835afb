"""How good a motion is, in numbers: for the clip and along time, as captured (raw) and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .clean import fill_gaps
from .feet import rests, sole_points
from .quality_curves import (
    acceleration_along,
    at_rest,
    bones_along,
    farthest,
    jitter_along,
    largest,
    means,
    slides,
    strays,
)
from .quality_scale import MEASURES
from .reprojection import camera_axes, off_the_picture
from .settings import STATURE
from .skeleton import Skeleton
from .swaps import find_swaps

if TYPE_CHECKING:
    from .motion import Motion
    from .tracks import Tracks

_LEG = 0.491  # thigh and shank, of stature
_SEEN = 0.1  # score from which a joint counts as seen
_ENDS = ("Heel", "Toe")


@dataclass(frozen=True)
class Curve:
    """One number along time. total: of the clip, None where it cannot be told. values: (T,), NaN where it
    cannot be told. where: (T,) int, the worst place of each frame, an index of ``places``: joints, or ends of
    feet."""

    total: float | None
    values: np.ndarray
    where: np.ndarray
    places: tuple[str, ...]

    @property
    def worst(self) -> float | None:
        """The largest value."""
        known = self.values[np.isfinite(self.values)]
        return float(known.max()) if len(known) else None


@dataclass(frozen=True)
class Quality:
    """Numbers of one motion of T frames by the keys of ``quality_scale.MEASURES``, and in their units.

    time: (T,) seconds of the footage and frame: (T,) int, its frame numbers. raw: as captured, placed in the
    world as the motion is; after: as it came out. touching: (T, F) bool, when ends of the feet stood.
    """

    fps: float
    time: np.ndarray
    frame: np.ndarray
    raw: dict[str, Curve]
    after: dict[str, Curve]
    touching: np.ndarray

    def totals(self) -> dict[str, dict[str, float | None]]:
        """``raw`` and ``after``: the clip's numbers, ready for JSON."""
        return {side: {k: rounded(c.total) for k, c in curves.items()} for side, curves in self._sides()}

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON: totals, worst values, and each number along time with its worst place,
        an index of places."""
        result: dict[str, Any] = {
            "fps": self.fps,
            "time": [round(float(value), 4) for value in self.time],
            "frame": self.frame.tolist(),
            "units": {measure.key: measure.unit for measure in MEASURES},
        }
        for side, curves in self._sides():
            result[side] = {
                key: {
                    "total": rounded(curve.total),
                    "worst": rounded(curve.worst),
                    "along": [rounded(value) for value in curve.values],
                    "where": curve.where.tolist(),
                    "places": curve.places,
                }
                for key, curve in curves.items()
            }
        return result

    def _sides(self) -> tuple[tuple[str, dict[str, Curve]], ...]:
        return (("raw", self.raw), ("after", self.after))


def quality(motion: Motion, tracks: Tracks | None = None, person: int = 0) -> Quality:
    """Numbers of a motion. tracks, person (from 0): what it was made of, for the reprojection error."""
    placed = _raw_in_world(motion)
    touching = _touching(motion)
    seen = None if tracks is None else (tracks, person)
    guessed = (motion.score < _SEEN) & ~motion.filled
    return Quality(
        fps=float(motion.fps),
        time=np.asarray(motion.time, dtype=np.float64),
        frame=_frames(motion, tracks),
        raw=_numbers(motion, placed, ~np.isfinite(motion.raw).all(-1) | guessed, touching, seen),
        after=_numbers(motion, motion.joints, motion.filled | guessed, touching, seen),
        touching=touching,
    )


def _frames(motion: Motion, tracks: Tracks | None) -> np.ndarray:
    if tracks is None:
        return motion.start_frame + np.arange(motion.frames)
    return np.round(np.interp(motion.time, tracks.time, tracks.frame)).astype(np.int64)


def _raw_in_world(motion: Motion) -> np.ndarray:
    """(T, J, 3) the captured pose, turned and placed as the motion is; NaN where missing."""
    hip = motion.joints[:, [motion.skeleton.index("Hip")]]
    return np.einsum("tjc,txc->tjx", motion.raw, camera_axes(motion)) + hip


def _touching(motion: Motion) -> np.ndarray:
    """(T, F) bool: contacts as the motion knows them, else as its feet tell."""
    if motion.contacts is not None:
        return np.asarray(motion.contacts, dtype=bool)
    size = _size(motion.joints, motion.skeleton)
    points = sole_points(motion.joints, motion.skeleton, size)
    return at_rest(points, points[..., 2] - rests(motion.skeleton, size), motion.fps)


def _size(joints: np.ndarray, skeleton: Skeleton) -> float:
    """Of the person, 1 for 1.70 m, by the length of the legs."""
    legs = [
        np.linalg.norm(joints[:, skeleton.index(side + a)] - joints[:, skeleton.index(side + b)], axis=-1)
        for side in "LR"
        for a, b in (("Hip", "Knee"), ("Knee", "Ankle"))
    ]
    return float(np.median(np.sum(legs, axis=0))) / 2 / _LEG / STATURE


def _numbers(
    motion: Motion,
    joints: np.ndarray,
    missing: np.ndarray,
    touching: np.ndarray,
    seen: tuple[Tracks, int] | None,
) -> dict[str, Curve]:
    skeleton, fps, names = motion.skeleton, motion.fps, motion.skeleton.joints
    pose = joints - joints[:, [skeleton.index("Hip")]]
    shakes, hastes = jitter_along(pose, fps), acceleration_along(pose, fps)
    stretch = 100 * bones_along(joints, skeleton)
    swapped = 100.0 * _swapped(pose, skeleton, fps)
    curves = {
        "jitter": _curve(shakes, names, means(shakes, axis=1)),
        "acceleration": _curve(hastes, names, means(hastes, axis=1)),
        **_feet(motion, joints, touching),
        "bones": replace(_curve(stretch, names), total=_spread(joints, skeleton)),
        "missing": _curve(100.0 * missing, names, 100 * missing.mean(axis=1)),
        "swapped": _curve(swapped, names, swapped.mean(axis=1)),
    }
    if seen is not None:
        off = 100 * off_the_picture(motion, joints, *seen)
        curves["reprojection"] = _curve(off, names, means(off, axis=1))
    return {measure.key: curves[measure.key] for measure in MEASURES if measure.key in curves}


def _feet(motion: Motion, joints: np.ndarray, touching: np.ndarray) -> dict[str, Curve]:
    size = _size(motion.joints, motion.skeleton)
    points = sole_points(joints, motion.skeleton, size)
    height = 100 * (points[..., 2] - rests(motion.skeleton, size))
    ends = _ENDS if points.shape[1] == 4 else _ENDS[:1]
    names = tuple(side + end for side in "LR" for end in ends)
    touching = touching[:, : points.shape[1]] if touching.shape[1] >= points.shape[1] else touching
    stray = 100 * strays(points, touching)
    sunk = np.maximum(-height, 0.0)
    return {
        "skate": replace(_curve(stray, names), total=_finite(means(farthest(stray, touching)))),
        "slip": _curve(slides(points, touching, motion.fps), names),
        "penetration": _curve(np.where(np.isfinite(height), sunk, np.nan), names),
        "hover": _curve(np.where(touching, np.maximum(height, 0.0), np.nan), names),
    }


def _curve(values: np.ndarray, places: tuple[str, ...], along: np.ndarray | None = None) -> Curve:
    """values (T, P), for the worst place of each frame. along: (T,) of the frame, else its worst value."""
    top, where = largest(values)
    along = top if along is None else along
    return Curve(_finite(means(along)), along, where, places)


def _spread(joints: np.ndarray, skeleton: Skeleton) -> float | None:
    spread = bone_spread(joints, skeleton)
    return None if spread is None else 100 * spread


def _swapped(pose: np.ndarray, skeleton: Skeleton, fps: float) -> np.ndarray:
    """(T, J) bool; gaps are bridged first, and a joint that is nowhere swaps with nothing."""
    known = np.isfinite(pose).all(-1)
    if not len(pose) or not known.any(axis=0).all():
        return np.zeros(pose.shape[:2], dtype=bool)
    filled = fill_gaps(np.where(known[..., None], pose, 0.0), known, len(pose), fps)[0]
    return find_swaps(filled, skeleton, fps) & known


def jitter(joints: np.ndarray) -> float | None:
    """Mean norm of the third difference in time of joints (T, J, 3), metres per frame cubed; times fps cubed
    it is m/s^3. Differences over missing frames (NaN) do not count; None if there is none."""
    return _finite(means(jitter_along(joints, 1.0)))


def bone_spread(joints: np.ndarray, skeleton: Skeleton) -> float | None:
    """Standard deviation of bone lengths of joints (T, J, 3) over their mean, averaged over the bones. None
    without any bone."""
    parent, child = skeleton.bones.T
    lengths = np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)
    mean = means(lengths, axis=0)
    usable = np.isfinite(mean) & (mean > 1e-9)
    off = (lengths[:, usable] - mean[usable]) ** 2
    return _finite(means(np.sqrt(means(off, axis=0)) / mean[usable]))


def foot_skate(joints: np.ndarray, skeleton: Skeleton, fps: float) -> float | None:
    """Mean speed over the floor (m/s) of standing feet of world joints (T, J, 3). None if none stands."""
    size = _size(joints, skeleton)
    points = sole_points(joints, skeleton, size)
    height = points[..., 2] - rests(skeleton, size)
    touching = at_rest(points, height, fps)
    return _finite(means(slides(points, touching, fps)))


def _finite(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def rounded(value: float | None) -> float | None:
    """Four digits, for JSON; None for what is not a number."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.4g}")
