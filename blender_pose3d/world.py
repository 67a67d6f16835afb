"""From camera axes to Blender's world: the root's path, up, the floor at z = 0, the start at the origin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .camera import Camera, rotation_for_up, up_for_tilt
from .ground import floor_height, root_correction
from .root import root_path
from .settings import MotionSettings
from .skeleton import Skeleton
from .up import find_up

_SHARED = {
    "RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle", "RToe": "right_big_toe",
    "LHip": "left_hip", "LKnee": "left_knee", "LAnkle": "left_ankle", "LToe": "left_big_toe",
    "LShoulder": "left_shoulder", "LElbow": "left_elbow", "LWrist": "left_wrist",
    "RShoulder": "right_shoulder", "RElbow": "right_elbow", "RWrist": "right_wrist",
}  # fmt: skip
_FAR_AWAY = 4.0  # metres, where nothing tells the distance
_LEAST_SCORE = 0.1


@dataclass(frozen=True)
class Picture:
    """joints: (T, K, 2) px, NaN where there is none. score: (T, K). camera: fx ... cy, width, height, px."""

    joints: np.ndarray
    score: np.ndarray
    skeleton: Skeleton
    camera: dict[str, float]


@dataclass(frozen=True)
class Placed:
    """joints: (T, J, 3) metres, world. camera: where the footage was taken from. notes: what was assumed."""

    joints: np.ndarray
    camera: Camera
    notes: list[str]


def place_in_world(
    pose: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    picture: Picture,
    *,
    fps: float,
    settings: MotionSettings,
) -> Placed:
    """Place a hip-relative pose (T, J, 3) metres, camera axes, finite, with scores (T, J), in the world."""
    notes: list[str] = []
    path = _path_from_picture(pose, score, skeleton, picture, fps)
    if path is None:
        path = np.tile([0.0, 0.0, _FAR_AWAY], (len(pose), 1))
        notes.append(
            "The 2D joints do not tell where the person is, so the motion stays in one place; "
            "film the whole body to get a path."
        )
    seen = pose + path[:, None]
    up, source = _up(seen, score, skeleton, fps, settings)
    fx, fy, cx, cy = (float(picture.camera[key]) for key in ("fx", "fy", "cx", "cy"))
    view = Camera(
        fx=fx,
        fy=fy,
        cx=cx,
        cy=cy,
        width=int(picture.camera["width"]),
        height=int(picture.camera["height"]),
        rotation=rotation_for_up(up),
        origin=np.zeros(3),
    )
    notes.append(_say_tilt(view, source))
    joints = seen @ view.rotation.T
    start = np.array([*joints[0, skeleton.index("Hip"), :2], floor_height(joints, skeleton, fps)])
    joints = joints - start
    planted = root_correction(
        joints, skeleton, fps, settings.plant_feet, score=score, size=settings.size, seen_from=-start
    )
    joints = joints + planted[:, None]
    rest = np.array([*joints[0, skeleton.index("Hip"), :2], 0.0])
    return Placed(joints - rest, replace(view, origin=-start - rest), notes)


def _path_from_picture(
    pose: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    picture: Picture,
    fps: float,
) -> np.ndarray | None:
    pairs = [(skeleton.index(a), picture.skeleton.index(b)) for a, b in _SHARED.items()
             if a in skeleton.joints and b in picture.skeleton.joints]  # fmt: skip
    space, flat = np.array(pairs).T
    camera = picture.camera
    rays = (picture.joints[:, flat] - (camera["cx"], camera["cy"])) / (camera["fx"], camera["fy"])
    weight = np.nan_to_num(picture.score[:, flat])
    # Scores order joints of one frame; squared, a guess counts for little beside a sight.
    weight = np.where(weight >= _LEAST_SCORE, weight**2 * np.maximum(score[:, space], 0.1), 0.0)
    return root_path(pose[:, space], rays, weight, fps)


def _up(
    seen: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    settings: MotionSettings,
) -> tuple[np.ndarray, str]:
    if settings.camera_tilt != "auto":
        return up_for_tilt(float(settings.camera_tilt)), "given"
    up = find_up(seen, score, skeleton, fps)
    return up.direction, "found" if up.found else "assumed"


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
