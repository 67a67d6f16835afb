"""From camera axes to Blender's world: the root's path, up, the floor at z = 0, the start at the origin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .camera import Camera, rotation_for_up
from .footing import settle
from .ground import floor_height
from .picture import Picture, look
from .root import root_path
from .settings import MotionSettings
from .skeleton import Skeleton
from .up import find_up

_UNDER = 0.3  # metres
_FAR_AWAY = 4.0  # metres, where nothing tells the distance
_NOT_ON_FEET = "The person is not on their feet, so the floor is put under the lowest part of the body."
LEVEL = rotation_for_up(np.array([0.0, -1.0, 0.0]))
"""(3, 3) world from the axes of a level camera that looks along +y."""


@dataclass(frozen=True)
class Seen:
    """joints: (T, J, 3) metres, axes of the first frame's camera. notes: what was assumed."""

    joints: np.ndarray
    notes: list[str]


@dataclass(frozen=True)
class Placed:
    """joints: (T, J, 3) metres, world. camera: where the footage was taken from. notes: what was assumed.
    stands: whether the floor is where feet are."""

    joints: np.ndarray
    camera: Camera
    notes: list[str]
    stands: bool


def find_path(
    pose: np.ndarray, score: np.ndarray, skeleton: Skeleton, picture: Picture, *, fps: float
) -> Seen:
    """A hip-relative pose (T, J, 3) metres, camera axes, finite, with scores (T, J), before the camera."""
    notes: list[str] = []
    sight = look(picture, score, skeleton)
    path = root_path(pose[:, sight.joints], sight.rays, sight.weight, fps, picture.turns)
    if path is None:
        path = np.tile([0.0, 0.0, _FAR_AWAY], (len(pose), 1))
        notes.append(
            "The 2D joints do not tell where the person is, so the motion stays in one place; "
            "film the whole body to get a path."
        )
    if picture.turns is not None:
        pose = np.einsum("tij,tkj->tki", picture.turns, pose)
    return Seen(pose + path[:, None], notes)


def place_in_world(
    seen: Seen,
    score: np.ndarray,
    skeleton: Skeleton,
    camera: dict[str, float],
    *,
    fps: float,
    settings: MotionSettings,
) -> Placed:
    """What was seen, upright on a floor at z = 0, the first hip above the origin.

    score: (T, J). camera: as in ``Picture``.
    """
    up, source = _up(seen.joints, score, skeleton, fps, settings)
    view = _camera(camera, rotation_for_up(up), np.zeros(3))
    notes = [*seen.notes, _say_tilt(view, source)]
    joints = seen.joints @ view.rotation.T
    height, stands = _floor(joints, skeleton, fps, settings.size)
    start = np.array([*joints[0, skeleton.index("Hip"), :2], height])
    if not stands:
        notes.append(_NOT_ON_FEET)
    return Placed(joints - start, replace(view, origin=-start), notes, stands)


def settled(
    placed: Placed, score: np.ndarray, skeleton: Skeleton, *, fps: float, settings: MotionSettings
) -> Placed:
    """What was placed, moved as a whole to rest on its feet, if it is on them. score: (T, J)."""
    if not placed.stands:
        return placed
    joints, origin = placed.joints, placed.camera.origin
    joints = joints + settle(joints, score, skeleton, fps, settings, seen_from=origin)[:, None]
    rest = np.array([*joints[0, skeleton.index("Hip"), :2], 0.0])
    return replace(placed, joints=joints - rest, camera=replace(placed.camera, origin=origin - rest))


def place_measured(
    pose: np.ndarray,
    path: np.ndarray,
    skeleton: Skeleton,
    camera: dict[str, float],
    *,
    fps: float,
    size: float,
) -> Placed:
    """Place a hip-relative pose (T, J, 3) whose hips (T, 3) were measured in the world: metres, finite.

    Only the floor is looked for, for where a file has its zero is anybody's guess. The camera stands level
    at the file's origin, so that people of one file keep their places beside each other.
    """
    joints = pose @ LEVEL.T + path[:, None]
    height, stands = _floor(joints, skeleton, fps, size)
    start = np.array([*path[0, :2], height])
    notes = [] if stands else [_NOT_ON_FEET]
    return Placed(joints - start, _camera(camera, LEVEL, -start), notes, stands)


def _camera(camera: dict[str, float], rotation: np.ndarray, origin: np.ndarray) -> Camera:
    fx, fy, cx, cy = (float(camera[key]) for key in ("fx", "fy", "cx", "cy"))
    return Camera(fx, fy, cx, cy, int(camera["width"]), int(camera["height"]), rotation, origin)


def _floor(joints: np.ndarray, skeleton: Skeleton, fps: float, size: float) -> tuple[float, bool]:
    """Metres, and whether feet stand there: not if the body is below them mostly, as in a handstand."""
    height = floor_height(joints, skeleton, fps)
    lowest = float(np.median(joints[..., 2].min(axis=1)))
    return (lowest, False) if lowest < height - _UNDER * size else (height, True)


def _up(
    seen: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    settings: MotionSettings,
) -> tuple[np.ndarray, str]:
    tilt, roll = (
        None if isinstance(angle, str) else float(angle)
        for angle in (settings.camera_tilt, settings.camera_roll)
    )
    up = find_up(seen, score, skeleton, fps, tilt=tilt, roll=roll)
    return up.direction, "given" if tilt is not None else "found" if up.found else "assumed"


def _say_tilt(view: Camera, source: str) -> str:
    if source == "given":
        return f"The camera is taken to look {'down' if view.tilt >= 0 else 'up'} by {abs(view.tilt):.0f}°."
    if source == "assumed":
        return (
            "The camera is assumed to be level: the person stands upright for too short a time to tell "
            "its tilt. Set the camera tilt if it is not."
        )
    if abs(view.tilt) < 1.0:
        return "The camera was found to be level, from the way the person stands."
    way = "down" if view.tilt > 0 else "up"
    return f"The camera was found to look {way} by {abs(view.tilt):.0f}°, from the way the person stands."
