"""Errors of 3D poses, as the field defines them. Poses are (T, J, 3) in metres; results are in metres."""

from __future__ import annotations

import numpy as np


def joint_errors(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(T, J) distances, the first joint (the hip) on the first joint; their mean is MPJPE (protocol 1)."""
    return np.linalg.norm(prediction - prediction[:, :1] - target + target[:, :1], axis=-1)


def scaled_errors(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(T, J) distances after the best scale of each frame about the hip; their mean is N-MPJPE.

    Rhodin et al., "Unsupervised Geometry-Aware Representation Learning for 3D Human Pose Estimation", 2018.
    """
    ours, theirs = prediction - prediction[:, :1], target - target[:, :1]
    scale = (ours * theirs).sum(axis=(1, 2)) / np.maximum((ours**2).sum(axis=(1, 2)), 1e-12)
    return np.linalg.norm(ours * scale[:, None, None] - theirs, axis=-1)


def aligned_errors(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(T, J) distances after the best similarity transform of each frame; their mean is P-MPJPE (protocol 2).

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991.
    """
    ours = prediction - prediction.mean(axis=1, keepdims=True)
    theirs = target - target.mean(axis=1, keepdims=True)
    U, values, Vt = np.linalg.svd(ours.transpose(0, 2, 1) @ theirs)
    # A mirror image is no rotation: the weakest direction pays.
    sign = np.ones_like(values)
    sign[:, -1] = np.sign(np.linalg.det(U @ Vt))
    rotation = (U * sign[:, None]) @ Vt
    scale = (values * sign).sum(axis=1) / np.maximum((ours**2).sum(axis=(1, 2)), 1e-12)
    return np.linalg.norm(scale[:, None, None] * (ours @ rotation) - theirs, axis=-1)


def velocity_errors(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(T - 1, J) distances between frame-to-frame motions, metres a frame; their mean is MPJVE.

    Pavllo et al., "3D human pose estimation in video with temporal convolutions", CVPR 2019.
    """
    return np.linalg.norm(np.diff(prediction - prediction[:, :1] - target + target[:, :1], axis=0), axis=-1)
