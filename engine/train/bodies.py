"""Bodies of other proportions in the motion of a clip.

A clip gives the direction of every bone; the lengths are drawn, so that no actor's proportions and no mocap
skeleton's habits are learnt. Averages after Drillis and Contini (1966) and Winter (Biomechanics and Motor
Control of Human Movement, 2009).
"""

from __future__ import annotations

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from ..lift.lifter import STATURE

# Length of the bone that ends in a joint, as a fraction of stature; left as right.
_LENGTHS = {
    "Hip": 0.052, "Knee": 0.245, "Ankle": 0.246, "Toe": 0.122,
    "Spine": 0.135, "Thorax": 0.135, "Neck": 0.115, "Head": 0.090,
    "Shoulder": 0.101, "Elbow": 0.172, "Wrist": 0.148,
}  # fmt: skip
_ANKLE_HEIGHT = 0.039
_TALL = ("Knee", "Ankle", "Spine", "Thorax", "Neck", "Head")  # what adds up to stature, with the ankle

# How far, in metres, a detector's point lies from the joint centre: (outwards, up) on average and the spread
# between people, clothes and detectors. A guess until it is measured on rendered bodies.
_SURFACE = {
    "Hip": (0.012, 0.010, 0.020), "Knee": (0.0, 0.0, 0.015), "Ankle": (0.0, 0.0, 0.013),
    "Toe": (0.0, 0.0, 0.022), "Spine": (0.0, 0.0, 0.0), "Thorax": (0.0, 0.0, 0.0), "Neck": (0.0, 0.0, 0.02),
    "Head": (0.0, 0.0, 0.025), "Shoulder": (0.010, 0.0, 0.018), "Elbow": (0.0, 0.0, 0.014),
    "Wrist": (0.0, 0.0, 0.013),
}  # fmt: skip

HIP, THORAX, SPINE = (H36M_19.index(n) for n in ("Hip", "Thorax", "Spine"))
RHIP, LHIP, RSHOULDER, LSHOULDER = (H36M_19.index(n) for n in ("RHip", "LHip", "RShoulder", "LShoulder"))
CHILD, PARENT = torch.from_numpy(H36M_19.bones[:, 1].copy()), torch.from_numpy(H36M_19.bones[:, 0].copy())


def _kind(joint: str) -> str:
    return joint[1:] if joint[0] in "LR" else joint


_KINDS = list(_LENGTHS)
_BONE_KIND = torch.tensor([_KINDS.index(_kind(H36M_19.joints[j])) for j in CHILD])
_MEAN = torch.tensor([_LENGTHS[k] for k in _KINDS])
_STATURE_PART = torch.tensor([float(k in _TALL) for k in _KINDS])
_ABOVE_ANKLE = float((_MEAN * _STATURE_PART).sum())
_OUTWARD = torch.tensor([{"L": 1.0, "R": -1.0}.get(n[0], 0.0) for n in H36M_19.joints])
_SURFACE_TABLE = torch.tensor([_SURFACE.get(_kind(n), (0.0, 0.0, 0.0)) for n in H36M_19.joints])
_SURFACE_TABLE[HIP] = 0.0


def _reach() -> Tensor:
    """(J, B): 1 where a bone lies between the hip and a joint; times the bones' vectors it gives points."""
    reach = torch.zeros(len(H36M_19), len(CHILD))
    for joint in range(len(H36M_19)):
        at = joint
        while H36M_19.parents[at] >= 0:
            reach[joint, int((at == CHILD).nonzero())] = 1.0
            at = H36M_19.parents[at]
    return reach


REACH = _reach()


def draw_lengths(count: int, spread: float, generator: torch.Generator) -> Tensor:
    """(count, bones) lengths in metres of people exactly STATURE tall. spread: of each, as a fraction."""
    factor = torch.randn(count, len(_KINDS), generator=generator).mul(spread).exp()
    length = _MEAN * factor
    above = (length * _STATURE_PART).sum(dim=1, keepdim=True)
    length = length * (STATURE * _ABOVE_ANKLE / (_ABOVE_ANKLE + _ANKLE_HEIGHT)) / above
    return length[:, _BONE_KIND]


def pose_bodies(points: Tensor, lengths: Tensor) -> Tensor:
    """(B, L, J, 3) points: bones keep their directions and get lengths (B, bones); the hip stays."""
    bones = points[:, :, CHILD] - points[:, :, PARENT]
    bones = bones / bones.norm(dim=-1, keepdim=True).clamp(min=1e-6) * lengths[:, None, :, None]
    return points[:, :, :1] + REACH @ bones


def trunk_axes(points: Tensor) -> Tensor:
    """(B, L, 3, 3): rows are the left, the up and the front of the trunk of (B, L, J, 3) points."""
    left = points[:, :, LHIP] - points[:, :, RHIP] + points[:, :, LSHOULDER] - points[:, :, RSHOULDER]
    up = points[:, :, THORAX] - points[:, :, HIP]
    up = up / up.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    front = torch.linalg.cross(left, up)
    front = front / front.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    return torch.stack((torch.linalg.cross(up, front), up, front), dim=-2)


def surface_points(points: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """(B, L, J, 3): where a detector sees the joints, constant for a window in the axes of the trunk."""
    axes = trunk_axes(points)
    shift = torch.randn(len(points), len(H36M_19), 3, generator=generator) * _SURFACE_TABLE[:, 2:]
    shift[..., 0] += _SURFACE_TABLE[:, 0] * _OUTWARD
    shift[..., 1] += _SURFACE_TABLE[:, 1]
    return points + amount * (shift[:, None] @ axes)
