"""Where a phone would be held to film somebody who moves, and what its picture shows of the world."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from blender_pose3d.skeleton import H36M_19

from .plan import Scene

_PURPOSE = 1
_FOLLOW = 8.0  # frames


@dataclass(frozen=True)
class FilmCamera:
    """intrinsics: fx, fy, cx, cy in px from the picture's corner. origin: (3,) metres in the world, z up.

    rotation: (T, 3, 3), rows the camera's axes in the world: right, down, forward.
    """

    intrinsics: tuple[float, float, float, float]
    origin: np.ndarray
    rotation: np.ndarray

    def view(self, points: np.ndarray) -> np.ndarray:
        """(T, N, 3) world to camera axes, metres."""
        return (points - self.origin) @ self.rotation.transpose(0, 2, 1)

    def project(self, points: np.ndarray) -> np.ndarray:
        """(T, N, 3) world to (T, N, 2) px; NaN behind the camera."""
        seen = self.view(points)
        fx, fy, cx, cy = self.intrinsics
        depth = np.where(seen[..., 2:] > 0.01, seen[..., 2:], np.nan)
        return seen[..., :2] / depth * [fx, fy] + [cx, cy]


def place(scene: Scene, joints: np.ndarray, stature: float) -> FilmCamera:
    """A camera for a body with joints (T, 19, 3) on the floor z = 0."""
    rng = scene.rng(_PURPOSE)
    width, height = scene.size
    focal = max(width, height) / 2 / math.tan(math.radians(rng.uniform(50, 70)) / 2)
    share = {"whole": rng.uniform(0.4, 0.8), "waist": rng.uniform(1.2, 1.6), "side": rng.uniform(0.5, 0.9)}
    distance = float(np.clip(focal * stature / (share[scene.cut] * height), 1.8, 8.0))
    hip = joints[:, 0]
    middle = joints[:, H36M_19.index("Thorax" if scene.cut == "waist" else "Spine")].mean(axis=0)
    azimuth = rng.uniform(-math.pi, math.pi)
    lens_height = rng.uniform(0.9, 1.65)
    roll = rng.normal(0, math.radians(1.5))
    aside = rng.uniform(-0.12, 0.12, 2) * [width, height] / focal
    if scene.cut == "side":
        aside[0] = rng.choice([-1, 1]) * 0.46 * width / focal
    while True:
        back = np.array([math.sin(azimuth), math.cos(azimuth), 0.0])
        origin = np.array([middle[0], middle[1], lens_height]) - distance * back
        target = middle + _across(back, aside * distance)
        path = gaussian_filter1d(hip, _FOLLOW, axis=0, mode="nearest") - hip.mean(axis=0)
        aims = target + path * [1, 1, 0] * scene.pan
        camera = FilmCamera(
            (focal, focal, width / 2, height / 2), origin, np.stack([_look(a - origin, roll) for a in aims])
        )
        seen = camera.project(joints)
        out = ((seen < 0) | (seen > [width, height]) | np.isnan(seen)).any(axis=-1).mean()
        if scene.cut != "whole" or out < 0.02 or distance > 9:
            return camera
        distance *= 1.1


def _across(back: np.ndarray, amount: np.ndarray) -> np.ndarray:
    right = np.array([back[1], -back[0], 0.0])
    return right * amount[0] + np.array([0.0, 0.0, amount[1]])


def _look(forward: np.ndarray, roll: float) -> np.ndarray:
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = math.cos(roll), math.sin(roll)
    return np.stack([cos * right + sin * down, cos * down - sin * right, forward])
