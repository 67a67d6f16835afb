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
_ONE = torch.tensor([H36M_19.index(one) for one, _, _ in _CAPSULES])
_OTHER = torch.tensor([H36M_19.index(other) for _, other, _ in _CAPSULES])
_RADIUS = torch.tensor([radius * STATURE for _, _, radius in _CAPSULES])
_HIP, _THORAX, _LHIP, _RHIP, _LSHOULDER, _RSHOULDER = (
    H36M_19.index(n) for n in ("Hip", "Thorax", "LHip", "RHip", "LShoulder", "RShoulder")
)
# Of the trunk nothing is ever lost to a detector; a bone hides no end of its own.
_LIMBS = [i for i, n in enumerate(H36M_19.joints) if n[1:] in ("Knee", "Ankle", "Toe", "Elbow", "Wrist")]
_MAY = torch.tensor([[H36M_19.joints[j] not in (one, other) for one, other, _ in _CAPSULES] for j in _LIMBS])


def trunk_axes(points: Tensor) -> Tensor:
    """(B, L, 3, 3): rows are the left, the up and the front of the trunk of (B, L, J, 3) points."""
    left = points[:, :, _LHIP] - points[:, :, _RHIP] + points[:, :, _LSHOULDER] - points[:, :, _RSHOULDER]
    up = points[:, :, _THORAX] - points[:, :, _HIP]
    up = up / up.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    front = torch.linalg.cross(left, up)
    front = front / front.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    return torch.stack((torch.linalg.cross(up, front), up, front), dim=-2)


def hidden(points: Tensor, every: int = 1) -> Tensor:
    """(B, L, J) bool from points (B, L, J, 3) of H36M_19, metres of somebody STATURE tall, camera axes.

    Only joints of the limbs are ever hidden. every: frames that share one answer, to save time.
    """
    B, L, J, _ = points.shape
    x, y, depth = points[:, ::every].unbind(dim=-1)
    near = depth.clamp(min=0.1)
    # Distances across the ray are compared at the depth of the capsule.
    x, y = x / near, y / near
    (ax, bx), (ay, by), (az, bz) = ((v[:, :, None, _ONE], v[:, :, None, _OTHER]) for v in (x, y, depth))
    to_x, to_y, to_z = bx - ax, by - ay, bz - az
    px, py, pz = (v[:, :, _LIMBS, None] for v in (x, y, depth))
    reach = (px - ax) * to_x + (py - ay) * to_y
    share = (reach / (to_x.square() + to_y.square()).clamp(min=1e-12)).clamp(0, 1)
    apart = (ax + share * to_x - px).square() + (ay + share * to_y - py).square()
    front = az + share * to_z
    covered = (apart * front.square() < _RADIUS.square()) & (front + _RADIUS < pz) & _MAY
    result = torch.zeros(B, L, J, dtype=torch.bool)
    result[:, :, _LIMBS] = covered.any(dim=-1).repeat_interleave(every, dim=1)[:, :L]
    return result
