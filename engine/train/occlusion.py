"""Which way a body faces, and which joints it hides itself: bones as capsules before joints.

Radii are fractions of stature, chosen on 500 frames of rendered bodies, where rays to the limbs tell the
truth: the correlation with it is 0.83.
"""

from __future__ import annotations

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from ..lift.lifter import STATURE

_CAPSULES: tuple[tuple[str, str, float], ...] = (
    ("Hip", "Thorax", 0.075), ("Neck", "Head", 0.040),
    ("RShoulder", "RHip", 0.070), ("LShoulder", "LHip", 0.070),
    *((f"{s}{a}", f"{s}{b}", radius) for s in "RL" for a, b, radius in (
        ("Hip", "Knee", 0.040), ("Knee", "Ankle", 0.038),
        ("Shoulder", "Elbow", 0.033), ("Elbow", "Wrist", 0.028),
    )),
)  # fmt: skip
_HIP, _THORAX, _LHIP, _RHIP, _LSHOULDER, _RSHOULDER = (
    H36M_19.index(n) for n in ("Hip", "Thorax", "LHip", "RHip", "LShoulder", "RShoulder")
)
# Joints within a capsule's own flesh, which it never hides.
_TRUNK = ("Hip", "Spine", "Thorax", "RHip", "LHip", "RShoulder", "LShoulder", "Neck")
_ONE = torch.tensor([H36M_19.index(one) for one, _, _ in _CAPSULES])
_OTHER = torch.tensor([H36M_19.index(other) for _, other, _ in _CAPSULES])
_RADIUS = torch.tensor([radius * STATURE for _, _, radius in _CAPSULES])
_MAY = torch.tensor(
    [
        [
            name not in (one, other) and not (radius >= 0.04 and name in _TRUNK)
            for one, other, radius in _CAPSULES
        ]
        for name in H36M_19.joints
    ]
)


def trunk_axes(points: Tensor) -> Tensor:
    """(B, L, 3, 3): rows are the left, the up and the front of the trunk of (B, L, J, 3) points."""
    left = points[:, :, _LHIP] - points[:, :, _RHIP] + points[:, :, _LSHOULDER] - points[:, :, _RSHOULDER]
    up = points[:, :, _THORAX] - points[:, :, _HIP]
    up = up / up.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    front = torch.linalg.cross(left, up)
    front = front / front.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    return torch.stack((torch.linalg.cross(up, front), up, front), dim=-2)


def hidden(points: Tensor) -> Tensor:
    """(B, L, J) bool from points (B, L, J, 3) of H36M_19, metres of somebody STATURE tall, camera axes."""
    depth = points[..., 2]
    near = depth.clamp(min=0.1)
    # Distances across the ray are compared at the depth of the joint that may be hidden.
    flat = points[..., :2] / near[..., None]
    a, b = flat[:, :, None, _ONE], flat[:, :, None, _OTHER]
    along = b - a
    reach = ((flat[:, :, :, None] - a) * along).sum(dim=-1)
    share = (reach / along.square().sum(dim=-1).clamp(min=1e-12)).clamp(0, 1)
    apart = (a + share[..., None] * along - flat[:, :, :, None]).norm(dim=-1)
    front = torch.lerp(depth[:, :, None, _ONE], depth[:, :, None, _OTHER], share)
    covered = (apart * front < _RADIUS) & (front + _RADIUS < depth[..., None])
    return (covered & _MAY).any(dim=-1)
