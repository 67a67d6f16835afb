"""Light on people: a sun or lamp with its shadow, a second lamp, the sky and the ground."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .draws import Draws
from .raster import rasterise

_SHADOW = 112  # px of the shadow map's side
_BIAS = 0.035  # metres that may lie before a point and still be the same cloth


@dataclass(frozen=True)
class Lights:
    """In camera axes. sun, lamp: (N, 3) towards them; sun_colour, lamp_colour, sky, ground: (N, 3) linear.
    wrap: (N, 1), how soft. shade: (N, 1), the share of the sun that a shadow takes."""

    sun: Tensor
    sun_colour: Tensor
    lamp: Tensor
    lamp_colour: Tensor
    sky: Tensor
    ground: Tensor
    wrap: Tensor
    shade: Tensor


def draw_lights(up: Tensor, backgrounds: Tensor, draws: Draws) -> Lights:
    """up: (N, 3) in camera axes. backgrounds: (N, 3, H, W) 0 to 1, which colour the light."""
    count, height = len(up), backgrounds.shape[2] // 2
    sky, ground = (
        half.mean((2, 3)) ** 2 for half in (backgrounds[:, :, :height], backgrounds[:, :, height:])
    )

    def tint(colour: Tensor) -> Tensor:
        share = draws.uniform(count, 1, high=0.8)
        return 1 + share * (colour / colour.mean(1, keepdim=True).clamp(min=0.02) - 1).clamp(-0.7, 0.7)

    bright = ((sky + ground).mean(1, keepdim=True) / 0.5).clamp(0.35, 1.6) ** draws.uniform(
        count, 1, high=0.8
    )
    ambient = draws.uniform(count, 1, low=0.3, high=0.95) * bright
    sun = draws.uniform(count, 1, low=0.0, high=1.3) * bright
    warm = 1 + draws.normal(count, 1, spread=0.1) * torch.tensor([1.0, 0.1, -1.0], device=up.device)
    direction = normalize(draws.normal(count, 3) + draws.uniform(count, 1, low=0.3, high=2.0) * up, dim=1)
    lamp = draws.uniform(count, 1, high=0.3) * draws.chance(0.5, count, 1) * bright
    return Lights(
        direction, sun * warm, normalize(draws.normal(count, 3), dim=1), lamp.expand(-1, 3),
        ambient * tint(sky), ambient * draws.uniform(count, 1, low=0.3, high=0.9) * tint(ground),
        draws.uniform(count, 1, high=0.5), draws.uniform(count, 1, low=0.3, high=1.0),
    )  # fmt: skip


def shine(
    lights: Lights, person: Tensor, normal: Tensor, up: Tensor, *, gloss: Tensor, lit: Tensor
) -> tuple[Tensor, Tensor]:
    """Light (S, 3) that meets fragments, and what mirrors of it (S, 3). normal: (S, 3) unit, camera axes;
    lit: (S,) 1 in the sun, 0 in the shade; gloss: (S,)."""
    upward = (normal * up[person]).sum(1, keepdim=True) / 2 + 0.5
    around = torch.lerp(lights.ground[person], lights.sky[person], upward)
    sun, wrap = lights.sun[person], lights.wrap[person]
    facing = (normal * sun).sum(1, keepdim=True)
    direct = ((facing + wrap) / (1 + wrap)).clamp(min=0) * (1 - lights.shade[person] * (1 - lit[:, None]))
    second = (normal * lights.lamp[person]).sum(1, keepdim=True).clamp(min=0)
    light = around + direct * lights.sun_colour[person] + second * lights.lamp_colour[person]
    half = normalize(sun + sun.new_tensor([0.0, 0.0, -1.0]), dim=1)
    mirrored = (normal * half).sum(1, keepdim=True).clamp(min=0) ** 24 * gloss[:, None]
    return light, mirrored * (direct > 0) * lights.sun_colour[person] * lit[:, None]


def in_the_sun(points: Tensor, faces: Tensor, sun: Tensor, person: Tensor, places: Tensor) -> Tensor:
    """(S,) 0 to 1: how much of the sun reaches places (S, 3), by a small shadow map.

    points: (N, V, 3) and places in one space, metres; faces: (N, F, 3); sun: (N, 3) towards it, same axes.
    """
    across = normalize(torch.linalg.cross(sun, sun.roll(1, 1) + 0.3), dim=1)
    axes = torch.stack((across, torch.linalg.cross(across, sun), -sun), dim=1)
    turned = points @ axes.mT
    low, high = turned.amin(1), turned.amax(1)
    scale = (_SHADOW - 3) / (high - low)[:, :2].amax(1, keepdim=True)
    # as if seen from far away: depth from 1 m on
    flat = torch.cat(
        ((turned[..., :2] - low[:, None, :2]) * scale[:, None] + 1, turned[..., 2:] - low[:, None, 2:] + 1),
        -1,
    )
    seen = rasterise(flat, faces, (_SHADOW, _SHADOW), flat_depth=True)
    depth = points.new_full((len(points) * _SHADOW * _SHADOW,), 1e9)
    depth[seen.pixel] = seen.depth
    place = (places[:, None] @ axes.mT[person])[:, 0]
    xy = (place[:, :2] - low[person, :2]) * scale[person] + 1
    far = place[:, 2] - low[person, 2] + 1 - _BIAS
    return _soft(depth, xy, far, person)


def _soft(depth: Tensor, xy: Tensor, far: Tensor, person: Tensor) -> Tensor:
    """The mean of four neighbours' verdicts, weighted by nearness."""
    corner = xy.floor().clamp(0, _SHADOW - 2)
    fx, fy = (xy - corner).clamp(0, 1).unbind(1)
    start = (person * _SHADOW + corner[:, 1].long()) * _SHADOW + corner[:, 0].long()
    lit = [(depth[start + step] > far).float() for step in (0, 1, _SHADOW, _SHADOW + 1)]
    upper, lower = torch.lerp(lit[0], lit[1], fx), torch.lerp(lit[2], lit[3], fx)
    return torch.lerp(upper, lower, fy)
