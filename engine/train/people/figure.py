"""People alone: colour, cover and depth of every pixel, lit and dressed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .assets import Bank
from .light import Lights, in_the_sun, shine
from .materials import Looks, Spots, albedo, bank_tone
from .raster import Fragments, rasterise
from .view import View


@dataclass(frozen=True)
class Figures:
    """colour: (N, 4, H, W), premultiplied sRGB and cover, 0 to 1. seen_at: (N, 26, 3), what of the body, by
    its place at rest, is seen where each keypoint is; infinite where nothing of it is."""

    colour: Tensor
    seen_at: Tensor


@dataclass(frozen=True)
class Cast:
    """Who is drawn. bank, who: (N,) rows of it; garments: (G, H, W, 3) uint8 or None."""

    bank: Bank
    who: Tensor
    view: View
    looks: Looks
    lights: Lights
    garments: Tensor | None


def draw_figures(cast: Cast, size: tuple[int, int], finer: int) -> Figures:
    """size: height, width px. finer: samples along a pixel's side."""
    bank, who, view = cast.bank, cast.who, cast.view
    height, width = size[0] * finer, size[1] * finer
    points = torch.cat(((view.points[..., :2] + 0.5) * finer - 0.5, view.points[..., 2:]), dim=-1)
    faces = bank.faces[who]
    seen = rasterise(points, faces, (height, width))
    colour = _shade(cast, seen)
    count = len(who)
    # fragments of a pixel are summed where they fall: the fine picture itself is never made
    row = torch.div(seen.pixel, width, rounding_mode="floor")
    column = seen.pixel - row * width
    row, column = (torch.div(at, finer, rounding_mode="floor") for at in (row, column))
    pixel = row * size[1] + column
    pixels = count * size[0] * size[1]
    canvas = colour.new_zeros(pixels, 4)
    canvas.index_add_(0, pixel, torch.cat((colour, colour.new_ones(len(colour), 1)), dim=1), alpha=finer**-2)
    canvas = canvas.view(count, *size, 4).permute(0, 3, 1, 2).contiguous()
    return Figures(canvas, _seen_at(cast, seen, (height, width), finer))


def _seen_at(cast: Cast, seen: Fragments, size: tuple[int, int], finer: int) -> Tensor:
    bank, who, view = cast.bank, cast.who, cast.view
    fine = ((view.keypoints[..., :2] + 0.5) * finer - 0.5).round().long()
    x, y = fine.unbind(-1)
    inside = (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])
    person = torch.arange(len(who), device=who.device)[:, None]
    pixel = ((person * size[0] + y) * size[1] + x).where(inside, torch.full_like(x, -1))
    if not len(seen.pixel):
        return torch.full((*x.shape, 3), torch.inf, device=who.device)
    # fragments are in the order of their pixels
    row = torch.searchsorted(seen.pixel, pixel).clamp(max=len(seen.pixel) - 1)
    hit = seen.pixel[row] == pixel
    corners = bank.rest[who].flatten(0, 1)[seen.corners[row]]
    rest = (corners * seen.weights[row][..., None]).sum(-2)
    return rest.where(hit[..., None], torch.full_like(rest, torch.inf))


def _shade(cast: Cast, seen: Fragments) -> Tensor:
    """sRGB (S, 3) of the fragments."""
    bank, who, view, looks, lights = cast.bank, cast.who, cast.view, cast.looks, cast.lights
    camera = _in_metres(view)
    table = torch.cat((bank.rest[who], bank.colours[who], view.normals, camera), dim=-1).flatten(0, 1)
    mixed = (table[seen.corners] * seen.weights[..., None]).sum(1)
    rest, colour, normal, place = mixed.split(3, dim=1)
    material = bank.material[who].flatten()[seen.face]
    base, slope = albedo(
        looks, Spots(seen.person, material, rest, colour), bank_tone(bank, who), cast.garments
    )
    normal = normalize(normal - slope, dim=1)
    sunlit = in_the_sun(camera, bank.faces[who], lights.sun, seen.person, place)
    gloss = looks.gloss.flatten()[seen.person * looks.gloss.shape[1] + material]
    light, mirrored = shine(lights, seen.person, normal, view.up, gloss=gloss, lit=sunlit)
    return to_srgb(base * light + mirrored)


def _in_metres(view: View) -> Tensor:
    """(N, V, 3) in camera axes, as far from the person's middle as it is on the picture; enough for light."""
    depth = view.points[..., 2:]
    return torch.cat(
        (view.points[..., :2] / view.metre[:, None, None] * depth / depth.mean(1, keepdim=True), depth), -1
    )


def to_srgb(linear: Tensor) -> Tensor:
    """Linear light to 0 to 1 as pictures store it, highlights rolled off."""
    rolled = torch.where(linear > 0.6, 1 - 0.16 / (linear - 0.2).clamp(min=0.1), linear)
    return rolled.clamp(1e-4, 1.0).pow(1 / 2.2)
