"""A pinhole camera in the world: what Blender needs to look at the character as the footage did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Camera:
    """fx, fy, cx, cy, width, height: px. rotation: (3, 3), its columns the camera's x (right), y (down) and
    z (forward) axes in the world. origin: (3,) metres, world."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    rotation: np.ndarray
    origin: np.ndarray

    def project(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) metres to the picture (..., 2) px. NaN for a point behind the camera."""
        local = (points - self.origin) @ self.rotation
        depth = np.where(local[..., 2:] > 1e-6, local[..., 2:], np.nan)
        return local[..., :2] / depth * (self.fx, self.fy) + (self.cx, self.cy)

    @property
    def matrix(self) -> np.ndarray:
        """(4, 4) as ``Object.matrix_world`` of a Blender camera, which looks along its -z with y up."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation * (1.0, -1.0, -1.0)
        matrix[:3, 3] = self.origin
        return matrix

    @property
    def tilt(self) -> float:
        """Degrees by which the camera looks down from level; negative when it looks up."""
        return float(np.degrees(np.arcsin(np.clip(-self.rotation[2, 2], -1.0, 1.0))))

    @property
    def roll(self) -> float:
        """Degrees by which the picture's right side hangs below its left."""
        return float(np.degrees(np.arctan2(-self.rotation[2, 0], -self.rotation[2, 1])))


def rotation_for_up(up: np.ndarray) -> np.ndarray:
    """(3, 3) world from camera for up (3,) in camera axes; the camera looks along the world's +y."""
    up = up / np.linalg.norm(up)
    ahead = np.array([0.0, 0.0, 1.0])
    ahead = ahead - (ahead @ up) * up
    ahead /= np.linalg.norm(ahead)
    return np.stack([np.cross(ahead, up), ahead, up])


def up_for_tilt(degrees: float, roll: float = 0.0) -> np.ndarray:
    """(3,) up in the axes of a camera that looks down by this many degrees.

    roll: degrees by which the picture's right side hangs below its left.
    """
    tilt, turn = np.radians(degrees), np.radians(roll)
    return np.array([-np.sin(turn) * np.cos(tilt), -np.cos(turn) * np.cos(tilt), -np.sin(tilt)])
