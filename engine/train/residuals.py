"""Footage whose truth is known, and what is left between it and what a detector saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from scipy.special import logit

from blender_pose3d.skeleton import H36M_19

from .detector_errors import BEHIND, KINDS, MADE, kind
from .occlusion import hidden, trunk_axes
from .swaps import find_swaps

_MIRROR = H36M_19.mirror
_LOWEST, _HIGHEST = -6.0, 9.0  # logits; scores of 0 and 1 mean no more than these
_STEADY = 0.1  # seconds over which scores are smoothed
KIND_OF = np.array([KINDS.index(kind(n)) if n not in MADE else -1 for n in H36M_19.joints])
"""(19,) index of each joint's kind, -1 for those that the bridge makes."""


@dataclass(frozen=True)
class Footage:
    """A clip whose truth is known, T frames of one person, bridged to H36M_19.

    truth, joints: (T, 19, 2) px as they should be and as detected. score: (T, 19), 0 where unseen. inside:
    (T, 19) whether the true place is in the picture. height: (T,) px of the person. body: (T, 19, 3) metres
    of somebody STATURE tall, camera axes. behind: (T, 19) whether another thing stands before the joint. fps:
    frames a second.
    """

    truth: np.ndarray
    joints: np.ndarray
    score: np.ndarray
    inside: np.ndarray
    height: np.ndarray
    body: np.ndarray
    behind: np.ndarray
    fps: float


@dataclass(frozen=True)
class Residuals:
    """Errors of a clip in heights, (T, 19, 2), NaN where nothing is measured; logits of scores and the same
    smoothed over time; each joint's SIGHT (T, 19); the trunk's axes (T, 3, 3) in the camera's; whether sides
    are swapped (T,) of each group."""

    error: np.ndarray
    logit: np.ndarray
    steady: np.ndarray
    sight: np.ndarray
    axes: np.ndarray
    swapped: dict[str, np.ndarray]
    fps: float


def residuals(footage: Footage) -> Residuals:
    """What is left of detected minus true places once swapped sides are put back."""
    swapped = find_swaps(footage.truth, footage.joints, footage.score, footage.height)
    joints, score = footage.joints.copy(), footage.score.copy()
    for group, now in swapped.values():
        where = now[:, None] & group
        joints = np.where(where[..., None], joints[:, _MIRROR], joints)
        score = np.where(where, score[:, _MIRROR], score)
    error = (joints - footage.truth) / footage.height[:, None, None]
    known = footage.inside & (score > 0) & (KIND_OF >= 0)
    body = torch.from_numpy(footage.body[None]).float()
    sure = np.clip(logit(np.clip(score, 1e-9, 1 - 1e-9)), _LOWEST, _HIGHEST)
    return Residuals(
        np.where(known[..., None], error, np.nan),
        sure,
        gaussian_filter1d(sure, _STEADY * footage.fps, axis=0, mode="nearest"),
        np.where(footage.behind, BEHIND, hidden(body)[0].numpy().astype(int)),
        trunk_axes(body)[0].numpy(),
        {name: now for name, (_, now) in swapped.items()},
        footage.fps,
    )
