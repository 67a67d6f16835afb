"""Where the camera of a shot stands and how it turns."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import gaussian_filter1d

from engine.lift.camera import default_intrinsics

from .truth_clips import Shot

SIZE = (1920, 1080)
_EYE = 0.95  # metres, the middle of a person who stands
_PAN_DELAY, _PAN_CALM = 0.15, 0.35  # seconds by which somebody who pans is late, and smooths


def lens(shot: Shot) -> tuple[float, float, float, float]:
    """True fx, fy, cx, cy in px."""
    return default_intrinsics(*SIZE, shot.lens)


def place(shot: Shot, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (T, 3, 3), its columns the camera's axes in the world, and origin (T, 3)."""
    hip = joints[:, 0, :2]
    middle = (hip.min(axis=0) + hip.max(axis=0)) / 2
    away = _heading(hip) + math.radians(shot.turn)
    ahead = np.array([math.cos(away), math.sin(away)])
    tilt = math.radians(shot.tilt)
    origin = np.array([*(middle - shot.distance * ahead), _EYE + shot.distance * math.tan(tilt)])
    yaw = np.full(len(joints), away)
    if shot.pan:
        ray = hip - origin[:2]
        yaw = np.unwrap(np.arctan2(ray[:, 1], ray[:, 0]))
        late = np.interp(np.arange(len(yaw)) - _PAN_DELAY * shot.fps, np.arange(len(yaw)), yaw)
        yaw = gaussian_filter1d(late, _PAN_CALM * shot.fps, mode="nearest")
    return _axes(yaw, tilt, math.radians(shot.roll)), np.tile(origin, (len(joints), 1))


def _heading(hip: np.ndarray) -> float:
    """Radians: the way somebody goes, or along the longer side of where they are; x where they stay."""
    way = hip[-1] - hip[0]
    if np.linalg.norm(way) < 0.5:
        spread = np.cov((hip - hip.mean(axis=0)).T)
        way = np.linalg.eigh(spread)[1][:, 1]
    return float(np.arctan2(way[1], way[0]))


def _axes(yaw: np.ndarray, tilt: float, roll: float) -> np.ndarray:
    level = np.zeros_like(yaw)
    right = np.stack([np.sin(yaw), -np.cos(yaw), level], axis=-1)
    ahead = np.stack(
        [np.cos(yaw) * math.cos(tilt), np.sin(yaw) * math.cos(tilt), level - math.sin(tilt)], axis=-1
    )
    down = np.cross(ahead, right)
    turned = math.cos(roll) * right + math.sin(roll) * down
    return np.stack([turned, np.cross(ahead, turned), ahead], axis=-1)


def to_camera(points: np.ndarray, rotation: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """World points (T, J, 3) in camera axes."""
    return np.einsum("tjx,txc->tjc", points - origin[:, None], rotation)


def project(points: np.ndarray, intrinsics: tuple[float, float, float, float]) -> np.ndarray:
    """Points (T, J, 3) in camera axes to (T, J, 2) px."""
    return points[..., :2] / points[..., 2:] * intrinsics[:2] + intrinsics[2:]
