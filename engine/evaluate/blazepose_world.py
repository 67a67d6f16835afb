"""BlazePose's own 3D landmarks as joints of H36M_19, as far as it has them."""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import H36M_19

_LANDMARKS = {
    "Hip": (23, 24), "RHip": (24,), "RKnee": (26,), "RAnkle": (28,), "RToe": (32,),
    "LHip": (23,), "LKnee": (25,), "LAnkle": (27,), "LToe": (31,), "Thorax": (11, 12),
    "LShoulder": (11,), "LElbow": (13,), "LWrist": (15,),
    "RShoulder": (12,), "RElbow": (14,), "RWrist": (16,),
}  # fmt: skip

SHARED = tuple(H36M_19.index(name) for name in _LANDMARKS)
"""The joints of H36M_19 that BlazePose knows, hip first: no spine, neck or top of the head."""


def shared_joints(world: np.ndarray) -> np.ndarray:
    """(..., 16, 3) joints SHARED from landmarks (..., 33, 3), in the same units and axes."""
    return np.stack([world[..., list(pair), :].mean(axis=-2) for pair in _LANDMARKS.values()], axis=-2)


def towards(world: np.ndarray, hip: np.ndarray, intrinsics: tuple[float, float, float, float]) -> np.ndarray:
    """Landmarks (T, 33, 3) turned from a view straight at the hip to the camera's axes.

    hip: (T, 2) px. The network sees a square cut out round the person and cannot know where in the picture
    that was; without this turn somebody at the edge would be counted as wrongly oriented.
    """
    fx, fy, cx, cy = intrinsics
    ray = np.concatenate([(hip - [cx, cy]) / [fx, fy], np.ones((len(hip), 1))], axis=1)
    ahead = ray / np.linalg.norm(ray, axis=1, keepdims=True)
    across = np.cross(np.array([0.0, 1.0, 0.0]), ahead)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    axes = np.stack([across, np.cross(ahead, across), ahead], axis=1)
    return world @ axes
