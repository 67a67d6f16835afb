"""Poses nobody captured, made of those somebody did.

Limbs change owners (crossover, after Li et al., "Cascaded Deep Monocular 3D Human Pose Estimation With
Evolutionary Training Data", CVPR 2020), whole windows over time and relative to the trunk; some people are
turned in space as acrobats are, and some windows run backwards.
"""

from __future__ import annotations

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from .bodies import CHILD, HIP, PARENT, REACH, trunk_axes


def _bones(*names: str) -> Tensor:
    return torch.tensor([H36M_19.joints[j] in names for j in CHILD])


_LEFT_ARM, _RIGHT_ARM = _bones("LElbow", "LWrist"), _bones("RElbow", "RWrist")
_LEGS = _bones("RKnee", "RAnkle", "RToe", "LKnee", "LAnkle", "LToe")
_EXCHANGES = (
    (_LEFT_ARM | _RIGHT_ARM | _bones("Neck", "Head"), 1.0),
    (_LEFT_ARM, 0.3),
    (_RIGHT_ARM, 0.3),
    (_LEGS, 0.6),
)


def mix(points: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """World points (B, L, J, 3), some of the windows with limbs exchanged, turned or reversed in time."""
    points = _reverse(points, 0.5 * share, generator)
    points = _exchange(points, share, generator)
    return _turn(points, 0.3 * share, generator)


def _chosen(count: int, share: float, generator: torch.Generator) -> Tensor:
    return torch.rand(count, 1, 1, 1, generator=generator) < share


def _reverse(points: Tensor, share: float, generator: torch.Generator) -> Tensor:
    return torch.where(_chosen(len(points), share, generator), points.flip(1), points)


def _exchange(points: Tensor, share: float, generator: torch.Generator) -> Tensor:
    axes = trunk_axes(points)
    bones = points[:, :, CHILD] - points[:, :, PARENT]
    local = bones @ axes.mT
    for limbs, part in _EXCHANGES:
        donor = torch.randperm(len(points), generator=generator)
        taken = _chosen(len(points), part * share, generator) & limbs[:, None]
        local = torch.where(taken, local[donor], local)
    return points[:, :, HIP : HIP + 1] + REACH @ (local @ axes)


def _turn(points: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Rotate about the middle of the hip's path, by any rotation."""
    quaternion = torch.randn(len(points), 4, generator=generator)
    w, x, y, z = (quaternion / quaternion.norm(dim=1, keepdim=True)).unbind(dim=1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    rotation = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
    middle = points[:, :, HIP : HIP + 1].mean(dim=1, keepdim=True)
    turned = (points - middle) @ rotation.mT[:, None] + middle
    return torch.where(_chosen(len(points), share, generator), turned, points)
