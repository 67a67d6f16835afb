"""Limbs bent further than anybody had them, within what joints allow.

The mutation of Li et al. (CVPR 2020), for whole windows: an extra rotation, constant or slowly changing, of
the trunk's bend, the head, whole arms and legs, and more flexion of elbows and knees, never less.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .segments import from_vector, inverse, limb, multiply, rotate, segment

_PELVIS, _CHEST, _NECK = segment("pelvis"), segment("chest"), segment("neck")
_ABOVE = [_CHEST, _NECK, segment("head")] + [
    i for side in ("left", "right") for i in limb(side, ("clavicle", "upper_arm", "forearm", "hand"))
]
_MOST = {"arm": math.radians(148.0), "leg": math.radians(140.0)}  # flexion of elbow and knee
# Spread of the extra rotations, as a part of the size asked for: about the axes x (left), y (up), z (front).
_TRUNK, _HEAD = torch.tensor([0.6, 0.4, 0.4]), torch.tensor([0.5, 0.7, 0.3])
_LIMB = {"arm": torch.tensor([1.0, 1.0, 1.0]), "leg": torch.tensor([0.9, 0.5, 0.5])}
_PARTS = {"arm": ("upper_arm", "forearm", "hand"), "leg": ("thigh", "shin", "foot", "toes")}


def mutate(rotations: Tensor, share: float, size: float, generator: torch.Generator) -> Tensor:
    """(B, L, segments, 4), a share of the windows in other poses. size: radians, the usual extra."""
    chosen = (torch.rand(len(rotations), generator=generator) < share).nonzero()[:, 0]
    if not len(chosen):
        return rotations
    result = rotations.clone()
    pose = result[chosen]
    pose = _bend_trunk(pose, size, generator)
    for side in ("left", "right"):
        for kind in ("leg", "arm"):
            pose = _swing_limb(pose, kind, side, size, generator)
            pose = _flex(pose, kind, side, size, generator)
    result[chosen] = pose
    return result


def _extra(pose: Tensor, spread: Tensor, odds: float, generator: torch.Generator) -> Tensor:
    """(B, L, 3) rotation vectors that drift from one value to another; zero for those not concerned."""
    count, frames = pose.shape[:2]
    ends = torch.randn(2, count, 1, 3, generator=generator) * spread
    along = torch.linspace(-0.3, 0.3, frames)[:, None]
    concerned = torch.rand(count, 1, 1, generator=generator) < odds
    return (ends[0] + along * ends[1]) * concerned


def _turned(pose: Tensor, parts: list[int], base: int, vector: Tensor) -> Tensor:
    """Segments turned by rotation vectors (B, L, 3) told in the axes of a base segment."""
    world = rotate(pose[:, :, base], vector)
    result = pose.clone()
    result[:, :, parts] = multiply(from_vector(world)[:, :, None], pose[:, :, parts])
    return result


def _bend_trunk(pose: Tensor, size: float, generator: torch.Generator) -> Tensor:
    bend = _extra(pose, size * _TRUNK, 0.4, generator)
    # The spine shares the bend, from nothing at the pelvis to all of it at the chest.
    for parts, part in (
        ([segment("lower_back")], 1 / 3),
        ([segment("upper_back")], 2 / 3),
        (_ABOVE, 1.0),
    ):
        pose = _turned(pose, parts, _PELVIS, part * bend)
    nod = _extra(pose, size * _HEAD, 0.4, generator)
    pose = _turned(pose, [_NECK], _CHEST, nod / 2)
    return _turned(pose, [segment("head")], _CHEST, nod)


def _swing_limb(pose: Tensor, kind: str, side: str, size: float, generator: torch.Generator) -> Tensor:
    parts = limb(side, _PARTS[kind])
    base = _CHEST if kind == "arm" else _PELVIS
    swung = _turned(pose, parts, base, _extra(pose, size * _LIMB[kind], 0.5, generator))
    outwards = 1.0 if side == "left" else -1.0
    rest = torch.tensor([outwards, 0.0, 0.0] if kind == "arm" else [0.0, -1.0, 0.0])
    local = multiply(inverse(swung[:, :, base]), swung[:, :, parts[0]])
    out, up, front = (rotate(local, rest) * torch.tensor([outwards, 1.0, 1.0])).unbind(-1)
    if kind == "arm":
        allowed = (front > -0.6) & (out > -0.55) & ((out > -0.1) | (front > 0.2))
    else:
        allowed = (front > -0.55) & (out > -0.35) & (up < 0.6) & (out < 0.85)
    return torch.where(allowed.all(dim=1)[:, None, None, None], swung, pose)


def flexion(pose: Tensor, kind: str, side: str) -> tuple[Tensor, Tensor]:
    """(B, L) signed angle of an elbow or knee, negative where it is overstretched, and its axis (B, L, 3)."""
    upper, lower = limb(side, _PARTS[kind][:2])
    outwards = 1.0 if side == "left" else -1.0
    rest = torch.tensor([outwards, 0.0, 0.0] if kind == "arm" else [0.0, -1.0, 0.0])
    hinge = torch.tensor([0.0, -outwards, 0.0] if kind == "arm" else [1.0, 0.0, 0.0])
    one, other = (rotate(pose[:, :, part], rest) for part in (upper, lower))
    hinge = rotate(pose[:, :, upper], hinge)
    across = torch.linalg.cross(one, other)
    side_of = (across * hinge).sum(dim=-1, keepdim=True)
    angle = torch.atan2(across.norm(dim=-1), (one * other).sum(dim=-1)) * side_of[..., 0].sign()
    # A nearly straight limb does not tell its axis; the joint's own takes over.
    axis = torch.nn.functional.normalize(across * (side_of > 0) + 0.15 * hinge, dim=-1)
    return angle, axis


def _flex(pose: Tensor, kind: str, side: str, size: float, generator: torch.Generator) -> Tensor:
    angle, axis = flexion(pose, kind, side)
    more = _extra(pose, size * torch.ones(3), 0.5, generator)[..., 0].abs()
    more = torch.minimum(1.3 * more, (_MOST[kind] - angle).clamp(min=0.0))
    parts = limb(side, _PARTS[kind][1:])
    result = pose.clone()
    turn = from_vector(axis * more[..., None])
    result[:, :, parts] = multiply(turn[:, :, None], pose[:, :, parts])
    return result
