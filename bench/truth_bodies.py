"""A captured clip as a body of its own size that walks through a room on a floor at z = 0.

Everything that depends on what a body is stands in ``body_points``: the motion, the size and the legs are the
captured person's, the rest and the flesh are of one of the bodies that training poses.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import maximum_filter1d, median_filter
from scipy.signal import butter, sosfiltfilt

from blender_pose3d.skeleton import H36M_19, HALPE_26
from engine.errors import BadInput
from engine.lift.lifter import STATURE
from engine.train.mocap import FPS, read_clip

from . import feet
from .truth_clips import Shot
from .truth_flesh import BELOW, body_lengths, surface_offsets

# Metres in a file's unit: CMU's skeletons are in inches at a scale of 0.45, DAZ's in centimetres.
_CMU, _DAZ = 0.0254 / 0.45, 0.01
_LEG = 0.491  # of stature, thigh and shank
_STANDS = 0.2  # m/s
_STRAYS = 0.04  # metres from the median of the five frames around
_CAPTURED = 12.0  # Hz, what of the captured motion counts


def find_file(folder: Path, name: str) -> Path:
    """The BVH file of a clip below a folder. Raises BadInput where it is missing."""
    found = sorted(folder.rglob(f"{name}.bvh"))
    if not found:
        raise BadInput(
            f"{folder} holds no {name}.bvh.", "Unpack the motion capture archive and name its folder."
        )
    return found[0]


def body_points(path: Path, body: int) -> tuple[np.ndarray, float]:
    """Joints and surface of a captured person with the upper body and the flesh of one of training's bodies.

    (T, 19 + 26, 3) at 60 fps, metres, z up, floor at 0: H36M_19, then Halpe's points as a detector sees them;
    and the stature in metres.
    """
    clip = read_clip(path)
    points = clip.points.astype(np.float64)
    points = points * (_DAZ if _length(points, "LHip", "LKnee") > 25 else _CMU)
    leg = [_length(points, s + a, s + b) for s in "LR" for a, b in (("Hip", "Knee"), ("Knee", "Ankle"))]
    stature = sum(leg) / 2 / _LEG
    joints = _with_lengths(points, body_lengths(body) * (stature / STATURE))
    flesh = surface_offsets(clip, body) * (stature / STATURE)
    points = without_glitches(np.concatenate((joints, joints[:, BELOW] + flesh), axis=1))
    points = np.stack((points[..., 0], -points[..., 2], points[..., 1]), axis=-1)
    points = _with_level_feet(points)
    points[..., 2] -= _floor(points, stature)
    return points, stature


def without_glitches(points: np.ndarray) -> np.ndarray:
    """Points (T, J, 3) at 60 fps without the frames in which captured limbs fly off, and without noise.

    What strays from the median of its neighbours is interpolated; then all is low-passed as is usual for
    captured gait (Winter, Biomechanics, 2009).
    """
    strays = np.linalg.norm(points - median_filter(points, size=(5, 1, 1), mode="nearest"), axis=-1) > _STRAYS
    strays = maximum_filter1d(strays, 3, axis=0, mode="nearest")
    frames = np.arange(len(points))
    points = points.copy()
    for joint in np.flatnonzero(strays.any(axis=0)):
        good = ~strays[:, joint]
        points[~good, joint] = PchipInterpolator(frames[good], points[good, joint])(frames[~good])
    return sosfiltfilt(butter(2, _CAPTURED, fs=FPS, output="sos"), points, axis=0).copy()


def _length(points: np.ndarray, one: str, other: str) -> float:
    gap = points[:, H36M_19.index(one)] - points[:, H36M_19.index(other)]
    return float(np.median(np.linalg.norm(gap, axis=-1)))


def _with_lengths(points: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Joints (T, 19, 3) whose bones keep their directions and get lengths (19,), but for hips and legs.

    Those stay as captured, or feet that stood would slide.
    """
    result = points.copy()
    for joint, name in enumerate(H36M_19.joints):
        parent = H36M_19.parents[joint]
        if parent < 0:
            continue
        bone = points[:, joint] - points[:, parent]
        long = np.linalg.norm(bone, axis=-1, keepdims=True)
        wanted = np.median(long) if name[1:] in {"Hip", "Knee", "Ankle"} else lengths[joint]
        result[:, joint] = result[:, parent] + bone / np.maximum(long, 1e-9) * wanted
    return result


def _with_level_feet(points: np.ndarray) -> np.ndarray:
    """Each foot turned about its ankle by one angle for the clip, so that where it stands it stands flat.

    points: (T, 19 + 26, 3). The captured skeletons end in toes of their makers' choice, centimetres above or
    below the floor.
    """
    points = points.copy()
    for side, word in (("L", "left_"), ("R", "right_")):
        ankle, toe = (points[:, H36M_19.index(side + name)].copy() for name in ("Ankle", "Toe"))
        ahead, down = feet.foot_axes(points, side)
        pitch = np.arcsin(np.clip(-ahead[:, 2], -1, 1))
        flat = _flat(ankle, toe)
        turn = feet.flat_pitch() - np.median(pitch[flat]) if flat.any() else 0.0
        for name in ("big_toe", "small_toe", "heel"):
            at = len(H36M_19) + HALPE_26.index(word + name)
            points[:, at] = ankle + _turned(points[:, at] - ankle, ahead, down, turn)
        points[:, H36M_19.index(side + "Toe")] = ankle + _turned(toe - ankle, ahead, down, turn)
    return points


def _turned(way: np.ndarray, ahead: np.ndarray, down: np.ndarray, angle: float) -> np.ndarray:
    """Vectors (T, 3) turned in the plane of two unit vectors (T, 3), from the first towards the second."""
    x, y = (way * ahead).sum(-1, keepdims=True), (way * down).sum(-1, keepdims=True)
    cos, sin = np.cos(angle), np.sin(angle)
    return way + (cos * x - sin * y - x) * ahead + (sin * x + cos * y - y) * down


def _flat(ankle: np.ndarray, toe: np.ndarray) -> np.ndarray:
    """(T,) bool: ankle and toe at rest, and the ankle among its lowest."""
    slow = feet.speeds(np.stack((ankle, toe), axis=1), FPS).max(axis=1) < _STANDS
    if not slow.any():
        slow = np.ones_like(slow)
    return slow & (ankle[:, 2] < np.percentile(ankle[slow, 2], 30) + 0.01)


def _floor(points: np.ndarray, stature: float) -> float:
    """Median height of the lower sole over the moments in which it rests near its lowest level."""
    soles = feet.soles(points, stature)
    speed = feet.speeds(soles, FPS)
    lowest = soles[..., 2].argmin(axis=1)[:, None]
    height = np.take_along_axis(soles[..., 2], lowest, axis=1)[:, 0]
    stands = np.take_along_axis(speed, lowest, axis=1)[:, 0] < _STANDS
    height = height[stands] if stands.any() else height
    return float(np.median(height[height < np.percentile(height, 10) + 0.05]))


def perform(shot: Shot, folder: Path, body: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Joints and surface (T, 19 + 26, 3) of a shot at 60 fps, contacts (T, 4), and the stature.

    A cycle is walked through several times, each from where the one before ended.
    """
    points, stature = body_points(find_file(folder, shot.file), body)
    points = points[round(shot.start * FPS) : round(shot.stop * FPS) + 1]
    if shot.loops > 1:
        points = _looped(points, shot.loops)
        points[..., 2] -= _floor(points, stature)
    return points, feet.contacts(feet.soles(points, stature), FPS), stature


def _looped(points: np.ndarray, times: int) -> np.ndarray:
    """A cycle repeated, its seam spread over all of it: every joint drifts back to where the cycle began."""
    step = points[-1, 0] - points[0, 0]
    step[2] = 0.0
    seam = points[-1] - points[0] - step
    share = np.linspace(0.0, 1.0, len(points))[:, None, None]
    cycle = (points - share * seam)[:-1]
    return np.concatenate([cycle + i * step for i in range(times)])
