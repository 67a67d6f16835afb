"""Cameras as people film people: lens, framing, tilt, roll, panning."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..lift.camera import default_intrinsics
from ..lift.lifter import STATURE

_SIZES = torch.tensor([[1920, 1080], [1080, 1920], [1440, 1080], [1080, 1080]], dtype=torch.float32)
_SIZE_SHARE = torch.tensor([0.55, 0.25, 0.1, 0.1])
_NEAR = 0.4  # metres before the camera that every joint keeps
_CLOSE = 0.06  # share of pictures of heads and shoulders, cut at the waist or the knees
_HEAD_OVER_HIP = 0.47  # of stature


def uniform(shape: tuple[int, ...], low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low


def _rotation(axis: int, angle: Tensor) -> Tensor:
    result = torch.eye(3).repeat(len(angle), 1, 1)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    result[:, i, i] = result[:, j, j] = angle.cos()
    result[:, i, j], result[:, j, i] = -angle.sin(), angle.sin()
    return result


def film(points: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Put a camera before each window of world points (B, L, J, 3), metres, y up.

    Returns points in camera axes (B, L, J, 3), true intrinsics (B, 4), intrinsics the lifter will assume
    (B, 4) and picture sizes (B, 2). Elevation is mostly near the horizon and up to 35 degrees either way,
    roll up to 10 degrees, lenses of 25 to 80 degrees, the person 0.2 to 1.2 pictures high and off centre, 1.5
    to 12 m away; half of the cameras follow the person. Some show the upper body alone.
    """
    count = len(points)
    size = _SIZES[torch.multinomial(_SIZE_SHARE, count, replacement=True, generator=generator)]
    longer = size.amax(dim=1)
    focal = torch.exp(uniform((count,), math.log(0.6), math.log(2.2), generator)) * longer
    share = torch.exp(uniform((count,), math.log(0.2), math.log(1.2), generator))
    close = torch.rand(count, generator=generator) < _CLOSE
    share = torch.where(close, uniform((count,), 1.2, 2.8, generator), share)
    distance = (focal * STATURE / (share * size[:, 1])).clamp(1.5, 12.0)

    level = torch.randn(count, generator=generator) * 8.0 - 4.0
    anywhere = uniform((count,), -35.0, 35.0, generator)
    tilt = torch.where(torch.rand(count, generator=generator) < 0.6, level, anywhere).clamp(-35.0, 35.0)
    roll = (torch.randn(count, generator=generator) * 3.0).clamp(-10.0, 10.0)
    turn = _rotation(1, uniform((count,), -math.pi, math.pi, generator))
    flip = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    axes = _rotation(2, torch.deg2rad(roll)) @ _rotation(0, torch.deg2rad(tilt)) @ flip @ turn

    hip = points[:, :, :1]
    follow = uniform((count, 1, 1, 1), 0.0, 1.0, generator).mul(2).clamp(max=1.0)
    middle = hip.mean(dim=1, keepdim=True)
    shown = (points - middle - follow * (hip - middle)) @ axes.mT[:, None]

    place = torch.randn(count, 2, generator=generator).mul(0.15).clamp(-0.4, 0.4)
    # The head near the upper edge, wherever that leaves the hip.
    below = focal * STATURE / (distance * size[:, 1]) * _HEAD_OVER_HIP
    head = uniform((count,), -0.42, -0.2, generator)
    place[:, 1] = torch.where(close, head + below, place[:, 1])
    place = place * size
    ray = torch.cat((place / focal[:, None], torch.ones(count, 1)), dim=1)
    shown = shown + (ray * distance[:, None])[:, None, None]
    nearest = shown[..., 2].amin(dim=(1, 2))
    shown = shown + (ray * (_NEAR - nearest).clamp(min=0.0)[:, None])[:, None, None]

    true = torch.cat((focal[:, None].expand(-1, 2), (size - 1) / 2), dim=1)
    assumed = torch.tensor([default_intrinsics(*map(float, s)) for s in _SIZES])
    assumed = assumed[(size[:, None] == _SIZES).all(dim=-1).int().argmax(dim=1)]
    known = torch.rand(count, 1, generator=generator) < 0.15
    return shown, true, torch.where(known, true, assumed), size


def project(points: Tensor, intrinsics: Tensor) -> Tensor:
    """(B, L, J, 3) camera axes to (B, L, J, 2) px with intrinsics (B, 4)."""
    flat = points[..., :2] / points[..., 2:].clamp(min=0.05)
    return flat * intrinsics[:, None, None, :2] + intrinsics[:, None, None, 2:]
